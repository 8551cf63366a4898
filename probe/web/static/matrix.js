// The pair matrix: from (rows), to and channel (columns).

import { briefly, timeElement } from "./clock.js";
import { element, mark, replaceKeepingFocus, value, visibleText } from "./dom.js";
import { ARROW, keyOf, standingOf, stateOf } from "./links.js";

const CHANNELS = ["agent", "superserver", "other"];

/** The channels of a member's columns: its services, and whatever else was seen to be reached. */
function channelsOf(member, pairs) {
  return CHANNELS.filter(
    (channel) => member[channel] || pairs.some((pair) => pair.to === member.name && pair.channel === channel),
  );
}

function cell(pair, from, to, channel) {
  if (from === to) return element("td", { class: "none" }, element("span", { "aria-label": "itself" }, "–"));
  if (pair === undefined) return element("td", { class: "none" }, "not seen");
  const standing = standingOf(pair);
  const name = `${from} ${ARROW} ${to} ${channel}: ${stateOf(pair)}`;
  const link = element(
    "a",
    {
      href: `#/connection/${encodeURIComponent(pair.connection)}`,
      "aria-label": visibleText(name),
      "data-key": keyOf(pair),
    },
    mark(standing, pair.up ? "✓ up" : "✕ down"),
  );
  const since = element("small", {}, "since ", timeElement(pair.since, briefly(pair.since)));
  const cause = pair.up ? null : element("span", { class: "cause" }, value(pair.root_cause ?? pair.outcome));
  return element("td", { class: standing }, link, element("br"), cause, cause && element("br"), since);
}

export function showMatrix(container, mirror) {
  const pairs = new Map(mirror.pairs.map((pair) => [keyOf(pair), pair]));
  const columns = mirror.members
    .map((member) => ({ member, channels: channelsOf(member, mirror.pairs) }))
    .filter(({ channels }) => channels.length > 0);
  if (columns.length === 0) {
    replaceKeepingFocus(container, element("p", { class: "empty" }, "The configuration lists no member."));
    return;
  }
  const rows = mirror.members.filter(
    (member) => member.role !== "arbiter" || mirror.pairs.some((pair) => pair.from === member.name),
  );
  const table = element(
    "table",
    { class: "matrix" },
    element("caption", { class: "hidden" }, "How the last connection between two members went, by channel"),
    columns.map(({ channels }) => element("colgroup", { span: channels.length })),
    element(
      "thead",
      {},
      element(
        "tr",
        {},
        element("td", { rowspan: 2 }, "from \\ to"),
        columns.map(({ member, channels }) =>
          element("th", { scope: "colgroup", colspan: channels.length }, value(member.name)),
        ),
      ),
      element(
        "tr",
        {},
        columns.flatMap(({ channels }) => channels.map((channel) => element("th", { scope: "col" }, channel))),
      ),
    ),
    element(
      "tbody",
      {},
      rows.map((from) =>
        element(
          "tr",
          {},
          element("th", { scope: "row" }, value(from.name)),
          columns.flatMap(({ member, channels }) =>
            channels.map((channel) =>
              cell(pairs.get(keyOf({ from: from.name, to: member.name, channel })), from.name, member.name, channel),
            ),
          ),
        ),
      ),
    ),
  );
  replaceKeepingFocus(container, table);
}

/** What the probe watches, as a table. */
export function showWatched(container, watched) {
  const columns = ["name", "road", "listen", "upstream", "mode", "action", "active"];
  const row = (one) =>
    element(
      "tr",
      {},
      columns.map((name, place) =>
        element(place === 0 ? "th" : "td", place === 0 ? { scope: "row" } : {}, value(one[name] ?? "–")),
      ),
    );
  container.replaceChildren(
    element(
      "table",
      {},
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          columns.map((name) => element("th", { scope: "col" }, name)),
        ),
      ),
      element("tbody", {}, watched.map(row)),
    ),
  );
}
