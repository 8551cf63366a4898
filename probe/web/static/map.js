// The map: members with their services, and the links between them. A link that is down is told by colour, by a
// broken line and by a cross; each link is a link of the page, too, that says its state when it has the focus.

import { drawing, element, replaceKeepingFocus, value, visibleText } from "./dom.js";
import { shortly } from "./clock.js";
import { boxSize, isNarrow, placeLinks, placeMembers } from "./layout.js";
import { ARROW, keyOf, standingOf, stateOf } from "./links.js";

const GLYPHS = { good: "✓", bad: "✕", unknown: "○" };

const LEGEND = [
  ["good", "✓ up: solid"],
  ["bad", "✕ down: broken line"],
  ["unknown", "○ not seen"],
];

function story(pair) {
  const state = `${pair.from} ${ARROW} ${pair.to} ${pair.channel}: ${stateOf(pair)} since ${shortly(pair.since)}, last seen ${shortly(pair.at)}`;
  return pair.up
    ? `${state}.`
    : `${state}. ${pair.root_cause ?? pair.outcome}: ${pair.summary ?? "the evidence does not decide why"}`;
}

function drawLink({ pair, line }, tell, hasNames) {
  const standing = standingOf(pair);
  // Along the line, so that the names of parallel links do not meet; never upside down. Knot and name together are
  // centred, a letter being some six pixels wide.
  const angle = Math.abs(line.angle) > 90 ? line.angle + 180 : line.angle;
  const shift = hasNames ? 6.5 + pair.channel.length * 3 : 0;
  const x = line.middle.x - Math.cos((angle * Math.PI) / 180) * shift;
  const y = line.middle.y - Math.sin((angle * Math.PI) / 180) * shift;
  const ends = { x1: line.start.x, y1: line.start.y, x2: line.end.x, y2: line.end.y };
  const text = story(pair);
  const parts = [
    drawing("title", {}, visibleText(text)),
    drawing("line", { ...ends, class: "reach" }),
    drawing("line", { ...ends, class: "wire" }),
    drawing("path", {
      d: "M0 0 l-10 -5 v10 z",
      class: "head",
      transform: `translate(${line.end.x} ${line.end.y}) rotate(${line.angle})`,
    }),
    drawing("circle", { cx: x, cy: y, r: 8, class: "knot" }),
    drawing("path", {
      d: standing === "good" ? "M-4 0 l3 3 l5 -6" : "M-3.5 -3.5 l7 7 M3.5 -3.5 l-7 7",
      class: "glyph",
      transform: `translate(${x} ${y})`,
    }),
  ];
  if (hasNames)
    parts.push(
      drawing("text", { x: 13, y: 4, class: "name", transform: `translate(${x} ${y}) rotate(${angle})` }, pair.channel),
    );
  const say = () => tell(text, standing);
  const attributes = {
    class: `link ${standing}`,
    href: `#/connection/${encodeURIComponent(pair.connection)}`,
    "aria-label": visibleText(text),
    "data-key": keyOf(pair),
    focus: say,
    mouseenter: say,
  };
  return drawing("a", attributes, ...parts);
}

/** The worst state of what was seen to reach a service. */
function serviceStanding(pairs, member, channel) {
  const reaching = pairs.filter((pair) => pair.to === member && pair.channel === channel);
  if (reaching.length === 0) return "unknown";
  return reaching.every((pair) => pair.up) ? "good" : "bad";
}

function drawMember(member, place, box, pairs, choose) {
  const left = place.x - box.width / 2;
  const top = place.y - box.height / 2;
  const services = ["agent", "superserver"].filter(
    (channel) => member[channel] !== null && member[channel] !== undefined,
  );
  const lines = services.map((channel, row) => {
    const standing = serviceStanding(pairs, member.name, channel);
    return drawing(
      "text",
      { x: left + 12, y: top + 60 + row * 19, class: `service ${standing}` },
      `${GLYPHS[standing]} ${channel}`,
    );
  });
  const attributes = {
    class: "member",
    role: "button",
    tabindex: "0",
    "aria-label": visibleText(`${member.name}, ${member.role}: show its connections`),
    "data-key": `member ${member.name}`,
    click: () => choose(member.name),
    keydown: (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      choose(member.name);
    },
  };
  return drawing(
    "g",
    attributes,
    drawing("title", {}, visibleText(`${member.dn ?? "no DN is configured"}\n${member.addresses.join(", ")}`)),
    drawing("rect", { x: left, y: top, width: box.width, height: box.height, rx: 8 }),
    drawing("text", { x: left + 12, y: top + 22, class: "who" }, visibleText(member.name).slice(0, 15)),
    drawing("text", { x: left + 12, y: top + 38, class: "role" }, member.role),
    ...lines,
  );
}

/** Draw the map as wide as its container. `choose` is told of a member that was clicked. */
export function showMap(container, note, mirror, choose) {
  const width = Math.max(280, container.clientWidth);
  const placed = placeMembers(mirror.members, width);
  const tell = (text, standing) => {
    note.className = `map-note ${standing}`;
    note.replaceChildren(value(text));
  };
  const links = placeLinks(mirror.pairs, placed).map((link) => drawLink(link, tell, !isNarrow(width)));
  const boxes = mirror.members.map((member) =>
    drawMember(member, placed.places.get(member.name), boxSize(width), mirror.pairs, choose),
  );
  const canvas = drawing(
    "svg",
    {
      class: "mirror-map",
      viewBox: `0 0 ${width} ${placed.height}`,
      width,
      height: placed.height,
      role: "group",
      "aria-label": "Map of the mirror",
    },
    ...links,
    ...boxes,
  );
  const legend = element(
    "p",
    { class: "legend" },
    LEGEND.map(([standing, text]) => element("span", { class: `tint ${standing}` }, text)),
  );
  replaceKeepingFocus(container, canvas, legend);
}
