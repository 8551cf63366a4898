// The geometry of the mirror's map: where members stand, and where the lines between them begin and end.

const ROW_GAP = 92;
const SPREAD = 24; // between two parallel links
const STAGGER = 0.06; // of a link's length, between the knots of two parallel links: side by side they would touch
const NARROW = 560; // pixels below which the boxes shrink, and links go without their names

export const isNarrow = (width) => width < NARROW;

export const boxSize = (width) => (isNarrow(width) ? { width: 118, height: 92 } : { width: 168, height: 92 });

/**
 * Rows of members from top to bottom, each with the number of places that it has: arbiters, failover members, then
 * asyncs as many a row as fit. Every other row of asyncs has a place less, so that its members stand below gaps.
 */
function rowsOf(members, width, box) {
  const inRole = (role) => members.filter((member) => member.role === role);
  const rows = [inRole("arbiter"), inRole("failover")]
    .filter((row) => row.length > 0)
    .map((row) => ({ row, places: row.length }));
  const most = Math.max(1, Math.floor((width + 24) / (box.width + 24)));
  const asyncs = inRole("async");
  for (let from = 0, line = 0; from < asyncs.length; line += 1) {
    const places = line % 2 === 1 && most > 1 ? most - 1 : most;
    rows.push({ row: asyncs.slice(from, from + places), places: asyncs.length > most ? most : asyncs.length });
    from += places;
  }
  return rows;
}

/** Give the centre of each member by its name, and the height of the whole. */
export function placeMembers(members, width) {
  const box = boxSize(width);
  const places = new Map();
  const rows = rowsOf(members, width, box);
  for (const [line, { row, places: wide }] of rows.entries()) {
    const y = box.height / 2 + 1 + line * (box.height + ROW_GAP);
    const pitch = wide > 1 ? (width - box.width - 2) / (wide - 1) : 0;
    for (const [place, member] of row.entries()) {
      places.set(member.name, { x: width / 2 + (place - (row.length - 1) / 2) * pitch, y });
    }
  }
  return { places, box, height: rows.length * (box.height + ROW_GAP) - ROW_GAP + 2 };
}

/** How far along a direction from a point within a box its border is. */
function borderAt(point, direction, box) {
  const reach = (at, step, half) => (step === 0 ? Infinity : ((step > 0 ? half : -half) - at) / step);
  return Math.max(0, Math.min(reach(point.x, direction.x, box.width / 2), reach(point.y, direction.y, box.height / 2)));
}

/** Where the knot of a line is that passes a row: in the gap above the lower end, for the rows between hide it. */
function beyondRows(from, to, side, step, box) {
  if (Math.abs(to.y - from.y) < 2 * box.height + ROW_GAP) return null;
  const gap = Math.max(from.y, to.y) - box.height / 2 - ROW_GAP / 2;
  return (gap - from.y - side.y) / step.y;
}

/**
 * Give the line of a link that is moved sideways by `offset`; it ends at the borders of both boxes. Its knot is moved
 * from the middle by `along`, a part of its length.
 */
function lineBetween(from, to, offset, along, box) {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const step = { x: (to.x - from.x) / length, y: (to.y - from.y) / length };
  const side = { x: -step.y * offset, y: step.x * offset };
  const out = borderAt(side, step, box) + 3;
  const back = borderAt(side, { x: -step.x, y: -step.y }, box) + 3;
  const at = (distance) => ({ x: from.x + side.x + step.x * distance, y: from.y + side.y + step.y * distance });
  const middle = beyondRows(from, to, side, step, box) ?? (out + length - back) / 2 + along * (length - back - out);
  return {
    start: at(out),
    end: at(length - back),
    middle: at(middle),
    angle: (Math.atan2(step.y, step.x) * 180) / Math.PI,
  };
}

/** Give each pair with its line; those between the same two members lie side by side. */
export function placeLinks(pairs, { places, box }) {
  const between = new Map();
  for (const pair of pairs) {
    if (!places.has(pair.from) || !places.has(pair.to)) continue;
    const name = [pair.from, pair.to].sort().join("\n");
    between.set(name, [...(between.get(name) ?? []), pair]);
  }
  return [...between.values()].flatMap((links) => {
    const spread = Math.min(SPREAD, (box.height - 16) / Math.max(1, links.length - 1));
    const ordered = links.toSorted((left, right) =>
      (left.channel + left.from).localeCompare(right.channel + right.from),
    );
    return ordered.map((pair, place) => {
      // The side is counted from the same end for both directions, or they would lie on one another.
      const sign = pair.from < pair.to ? 1 : -1;
      const rank = place - (links.length - 1) / 2;
      const line = lineBetween(
        places.get(pair.from),
        places.get(pair.to),
        sign * rank * spread,
        sign * rank * STAGGER,
        box,
      );
      return { pair, line };
    });
  });
}
