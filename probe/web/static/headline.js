// The state in one sentence, and what else wants to be known before anything is clicked.

import { duration, now, shortly, zoneLabel } from "./clock.js";
import { element, plural, replaceKeepingFocus, value, visibleText } from "./dom.js";
import { daysLeft, daysText, standingOfCertificate } from "./lifetime.js";
import { ARROW, endsOf, keyOf } from "./links.js";

const NOTED = 5; // lines below the sentence; the matrix and the list of certificates have the rest

const SIGNS = { good: "✓", bad: "✕", warn: "!", unknown: "?" };

function state(pair) {
  if (pair.outcome === "refused") return "TCP refused";
  if (pair.outcome === "timeout") return "no answer";
  if (pair.refused_by === "relay") return "refused by the relay";
  if (pair.refused_by !== null) return `refused by ${pair.refused_by === "client" ? pair.from : pair.to}`;
  return pair.outcome === "established" ? "closed at once" : "failing";
}

const linkName = (pair) => `${pair.from} ${ARROW} ${pair.to} ${pair.channel}`;

function sentence(pair) {
  const why = pair.summary ?? "the evidence does not decide why";
  return `${linkName(pair)} ${state(pair)} since ${shortly(pair.since)} ${zoneLabel()}: ${why}`;
}

function downNote(pair) {
  const link = element(
    "a",
    { href: `#/connection/${encodeURIComponent(pair.connection)}`, "data-key": keyOf(pair) },
    "see why",
  );
  return element("li", {}, value(sentence(pair)), " ", link);
}

function certificateNotes(certificates) {
  return certificates
    .map((one) => ({ one, standing: standingOfCertificate(one) }))
    .filter(({ standing }) => standing !== "good")
    .sort((left, right) => left.one.days_left - right.one.days_left)
    .map(({ one }) => element("li", {}, value(`Certificate of ${one.member} (${one.role}): ${daysText(one)}`)));
}

function failureNote(failure, members) {
  if (failure === null) return [];
  const { from, to, service } = endsOf(failure, members);
  const text = `Last failure: ${shortly(failure.started)}, ${from} ${ARROW} ${to} ${service}, ${failure.root_cause ?? "cause undecided"}. `;
  return [
    element(
      "li",
      {},
      value(text),
      element("a", { href: `#/connection/${encodeURIComponent(failure.id)}`, "data-key": "failure" }, "See it"),
    ),
  ];
}

/** What is to be said: how it stands, the sentence, and the lines below it. */
function judge(mirror, lastFailure) {
  const down = mirror.pairs.filter((pair) => !pair.up).sort((left, right) => right.since - left.since);
  const up = mirror.pairs.length - down.length;
  const notes = certificateNotes(mirror.certificates);
  if (down.length > 0) {
    const [first, ...others] = down;
    const more = others.map(downNote);
    const why = element(
      "li",
      {},
      element(
        "a",
        { href: `#/connection/${encodeURIComponent(first.connection)}`, "data-key": "first" },
        "See the evidence and what to do",
      ),
      ` · down for ${duration(Math.max(1, Math.round(now() - first.since)))} · ${plural(up, "other link")} up`,
    );
    return { standing: "bad", text: sentence(first), notes: [why, ...more, ...notes] };
  }
  if (up > 0) {
    const last = Math.max(...mirror.pairs.map((pair) => pair.at));
    const lines = [
      element(
        "li",
        {},
        `The last connection between members began ${duration(Math.max(1, Math.round(now() - last)))} ago.`,
      ),
      ...failureNote(lastFailure, mirror.members),
      ...notes,
    ];
    const text = up === 1 ? "The one link that was seen is up." : `All ${up} links that were seen are up.`;
    return { standing: notes.length > 0 ? "warn" : "good", text, notes: lines };
  }
  const text = "No connection between two members has been seen yet.";
  const hint = element(
    "li",
    {},
    "Members connect when they start, join, or lose each other: nothing here is no proof of health.",
  );
  return { standing: "unknown", text, notes: [hint, ...failureNote(lastFailure, mirror.members), ...notes] };
}

function cut(notes) {
  const hidden = notes.length - NOTED;
  return hidden > 0 ? [...notes.slice(0, NOTED), element("li", {}, `and ${hidden} more below`)] : notes;
}

/** Write the sentence. Gives the state for the title. */
export function showHeadline(parts, mirror, lastFailure) {
  const { standing, text, notes } = judge(mirror, lastFailure);
  parts.section.className = `headline ${standing}`;
  parts.section.querySelector(".sign").textContent = SIGNS[standing];
  const shown = visibleText(text);
  if (parts.text.textContent !== shown) parts.text.textContent = shown; // a live region speaks when it is written
  replaceKeepingFocus(parts.notes, ...cut(notes));
  const count = mirror.pairs.filter((pair) => !pair.up).length;
  return count > 0 ? `✕ ${count} down` : SIGNS[standing];
}

/** The counts below the sentence. */
export function showTiles(container, mirror) {
  const up = mirror.pairs.filter((pair) => pair.up).length;
  const soonest = Math.min(...mirror.certificates.map(daysLeft));
  const tiles = [
    ["connections", mirror.counts.connections.toLocaleString("en")],
    ["failed", mirror.counts.failed.toLocaleString("en")],
    ["links up", mirror.pairs.length ? `${up} of ${mirror.pairs.length}` : "none seen"],
    [
      "first certificate ends",
      Number.isFinite(soonest) ? (soonest < 0 ? "ended" : `${Math.floor(soonest)} d`) : "none seen",
    ],
  ];
  if (mirror.counts.dropped_events > 0)
    tiles.push(["events dropped", mirror.counts.dropped_events.toLocaleString("en")]);
  container.replaceChildren(
    ...tiles.map(([name, text]) => element("div", {}, element("dt", {}, name), element("dd", {}, text))),
  );
}
