// The sequence of messages, drawn; and the same as a table, for who does not see the drawing.

import { drawing, element, plural, visibleText } from "./dom.js";
import { messagesOf } from "./timeline.js";

const ROW = 28;
const TOP = 52;
const DRAWN = 80; // two legs of a mutual handshake have some forty messages; what follows are runs of data
const NARROW = 640; // pixels below which sizes are left to the table

const milliseconds = (seconds) =>
  `+${(seconds * 1000).toLocaleString("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 })} ms`;

/** A padlock above the line, at the end of the sender: all of a lane stand in one column. */
function lock(x, y) {
  return drawing("path", {
    class: "lock",
    transform: `translate(${x} ${y - 10})`,
    d: "M-3.5 -1 h7 v6 h-7 z M-2 -1 v-2 a2 2 0 0 1 4 0 v2",
  });
}

function arrow(message, y, lanes, isNarrow) {
  const [start, end] = [lanes[message.from], lanes[message.to]];
  const direction = Math.sign(end - start);
  const middle = (start + end) / 2;
  const text = visibleText(isNarrow || !message.size ? message.name : `${message.name}, ${message.size}`);
  const label = drawing("text", { x: middle, y: y - 5, class: "label" }, text);
  const parts = [
    drawing("line", { x1: start, y1: y, x2: end - direction * 8, y2: y }),
    drawing("path", { d: `M${end} ${y} l${-direction * 9} -4 v8 z` }),
    label,
  ];
  if (message.isEncrypted) parts.push(lock(start + direction * 10, y));
  return drawing("g", { class: message.kind }, ...parts);
}

function draw(record, titles, width) {
  const { names, messages } = messagesOf(record);
  const shown = messages.slice(0, DRAWN);
  const isNarrow = width / names.length < NARROW / 2;
  const gutter = isNarrow ? 56 : 84;
  const edge = isNarrow ? 12 : 70;
  const lanes = names.map((_, place) => gutter + edge + (place * (width - gutter - 2 * edge)) / (names.length - 1));
  const height = TOP + shown.length * ROW;
  const heads = lanes.flatMap((x, place) => {
    const anchor = isNarrow && place === 0 ? "start" : isNarrow && place === lanes.length - 1 ? "end" : "middle";
    const at = anchor === "start" ? x - 12 : anchor === "end" ? x + 12 : x;
    return [
      drawing("text", { x: at, y: 13, class: `who ${anchor}` }, visibleText(titles[names[place]]).slice(0, 24)),
      drawing("text", { x: at, y: 27, class: `note ${anchor}` }, names[place]),
      drawing("line", { x1: x, y1: 34, x2: x, y2: height, class: "life" }),
    ];
  });
  const arrows = shown.flatMap((message, place) => {
    const y = TOP + 6 + place * ROW;
    return [
      drawing("text", { x: gutter - 8, y: y + 3, class: "note end" }, milliseconds(message.after)),
      arrow(message, y, lanes, isNarrow),
    ];
  });
  const label = `Sequence of ${plural(messages.length, "message")} between ${names.join(", ")}; the table below says the same`;
  const canvas = drawing(
    "svg",
    { class: "sequence", viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label },
    ...heads,
    ...arrows,
  );
  const hidden = messages.length - shown.length;
  return [
    canvas,
    hidden > 0 ? element("p", {}, element("small", {}, `${hidden} later messages are in the table only.`)) : null,
  ];
}

function table(record) {
  const columns = ["After", "From", "To", "Message", "Size", "Encrypted", "Frame"];
  const hasFrames = messagesOf(record).messages.some((message) => message.frame !== null);
  const shown = hasFrames ? columns : columns.slice(0, -1);
  const rows = messagesOf(record).messages.map((message) => {
    const cells = [
      milliseconds(message.after),
      message.sender,
      message.receiver,
      visibleText(message.name),
      message.size,
      message.isEncrypted ? "encrypted" : "cleartext",
      message.frame ?? "",
    ];
    return element(
      "tr",
      { class: message.kind },
      cells.slice(0, shown.length).map((text) => element("td", {}, text)),
    );
  });
  return element(
    "table",
    { class: "messages" },
    element(
      "thead",
      {},
      element(
        "tr",
        {},
        shown.map((name) => element("th", { scope: "col" }, name)),
      ),
    ),
    element("tbody", {}, rows),
  );
}

/** Draw the sequence as wide as its container is, anew whenever that changes. */
export function sequenceOf(record, titles) {
  const canvas = element("div", { class: "canvas" });
  let drawn = 0;
  const fit = new ResizeObserver(([entry]) => {
    const width = Math.floor(entry.contentRect.width);
    if (width < 1 || width === drawn) return;
    drawn = width;
    canvas.replaceChildren(...draw(record, titles, width).filter(Boolean));
  });
  fit.observe(canvas);
  const details = element(
    "details",
    {},
    element("summary", {}, "The same as a table"),
    element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Messages" }, table(record)),
  );
  const key = element(
    "p",
    { class: "legend" },
    "A lock marks what was encrypted on the wire. Times count from the first packet.",
  );
  return [canvas, key, details];
}
