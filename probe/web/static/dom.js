// The only place where elements are made. Text always becomes a text node: nothing that came from the network
// is ever parsed as markup.

const SVG = "http://www.w3.org/2000/svg";

// Control, format and private characters, unassigned ones, lone surrogates, and whatever else shows as nothing:
// a name that carries them must not look like one that does not, nor turn the text around it.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{DI}]/gu;

const LONG = 320; // characters shown before "show all": three lines of a wide table cell

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(name, value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export const element = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);

export const drawing = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

export const byId = (id) => document.getElementById(id);

const codePoint = (character) => `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;

/** Text as plain characters: what cannot be seen is written as U+202E. */
export const visibleText = (text) => String(text).replace(UNSEEN, codePoint);

function visibleNodes(text) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(UNSEEN)) {
    if (match.index > from) nodes.push(text.slice(from, match.index));
    nodes.push(element("span", { class: "unseen", title: "a character that cannot be seen" }, codePoint(match[0])));
    from = match.index + match[0].length;
  }
  if (from < text.length) nodes.push(text.slice(from));
  return nodes;
}

/** A value from the network: isolated from the direction of the text around it, and cut where it is very long. */
export function value(raw) {
  const text = String(raw);
  const shown = element("bdi", { class: "value" });
  if (text.length <= LONG) {
    shown.append(...visibleNodes(text));
    return shown;
  }
  const all = () => shown.replaceChildren(...visibleNodes(text));
  const button = element(
    "button",
    { type: "button", class: "more", click: all },
    `show all ${text.length.toLocaleString("en")} characters`,
  );
  shown.append(...visibleNodes(text.slice(0, LONG)), "… ", button);
  return shown;
}

export const mark = (standing, text) => element("span", { class: `mark ${standing}` }, text);

/** Put other children into a container; what had the focus there (by its data-key) has it again. */
export function replaceKeepingFocus(container, ...children) {
  const focused = container.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  container.replaceChildren(...children);
  if (focused !== undefined)
    container.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

export function plural(count, one, many = `${one}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}
