// Findings with their evidence, state and remedy; and the seven checks.

import { getJson } from "./api.js";
import { element, mark, value } from "./dom.js";

const STATES = {
  observed: ["good", "observed", "the bytes prove it"],
  inferred: ["warn", "inferred", "the evidence points to it, and does not prove it"],
};

function place(evidence) {
  if (evidence.frame !== undefined && evidence.frame !== null) return `frame ${evidence.frame}`;
  if (evidence.offset !== undefined && evidence.offset !== null) return `offset ${evidence.offset}`;
  return evidence.source && evidence.source !== "connection" ? evidence.source : "";
}

/** The catalogue's page of a cause, fetched when it is opened. */
function documentation(id) {
  const text = element("pre", { class: "documentation" }, "loading");
  const load = async () => {
    try {
      text.textContent = (await getJson(`/api/causes/${encodeURIComponent(id)}`)).documentation;
    } catch (error) {
      text.textContent = `It could not be loaded: ${error.message}`;
    }
  };
  const details = element("details", {}, element("summary", {}, "About this cause"), text);
  details.addEventListener("toggle", load, { once: true });
  return details;
}

/** Only http and https become links; whatever else a reference is stays text. */
const reference = (text) =>
  /^https?:\/\//.test(text) ? element("a", { href: text, rel: "noreferrer" }, text) : value(text);

function findingSection(finding, isRoot) {
  const [standing, state, meaning] = STATES[finding.state] ?? ["unknown", finding.state, ""];
  return element(
    "section",
    { class: `finding ${finding.severity}` },
    element("h3", {}, element("code", {}, finding.id), " ", isRoot ? mark("bad", "root cause") : null),
    element(
      "p",
      { class: "facts" },
      mark(standing, state),
      " ",
      element(
        "small",
        {},
        `${meaning}${meaning ? " · " : ""}${finding.severity} · confidence ${Math.round(finding.confidence * 100)} % · concerns ${finding.party}`,
      ),
    ),
    element("p", {}, value(finding.summary)),
    element(
      "ul",
      { class: "evidence" },
      finding.evidence.map((one) => element("li", {}, value(one.text), " ", element("small", {}, place(one)))),
    ),
    finding.remedy.length > 0
      ? [
          element("h4", {}, "What to do"),
          element(
            "ol",
            { class: "remedy" },
            finding.remedy.map((step) => element("li", {}, value(step))),
          ),
        ]
      : null,
    finding.references.length > 0
      ? element(
          "p",
          {},
          element(
            "small",
            {},
            "See ",
            finding.references.map((one, at) => [at > 0 ? ", " : "", reference(one)]),
          ),
        )
      : null,
    documentation(finding.id),
  );
}

/** Give the findings, ranked as they came, or say what it means that there are none. */
export function findingsOf(findings, rootCause, hasFailed) {
  if (findings.length > 0) {
    const sections = findings.map((finding, rank) => findingSection(finding, rank === 0 && rootCause === finding.id));
    if (rootCause === null && hasFailed) {
      sections.unshift(
        element(
          "p",
          { class: "problem" },
          "The evidence does not decide the root cause. What it may be, the likeliest first:",
        ),
      );
    }
    return sections;
  }
  const text = hasFailed
    ? "The connection failed, and what was seen of it does not say why."
    : "Nothing was found to be wrong.";
  return [element("p", { class: hasFailed ? "problem" : "fine" }, text)];
}

const CHECK_STANDINGS = { pass: "good", fail: "bad" };
const CHECK_WORDS = {
  pass: "✓ pass",
  fail: "✕ fail",
  not_observable: "not observable",
  not_applicable: "not applicable",
};

/** The seven checks of a leg as a table; the worse status of both legs is shown where they differ. */
export function checksOf(statuses, leg) {
  const rows = Object.entries(leg.checks).map(([name, check]) => {
    const status = statuses[name] ?? check.status;
    const why = status === check.status ? check.why : `on the other leg; on this one: ${check.why}`;
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, name.replaceAll("_", " ")),
      element("td", {}, mark(CHECK_STANDINGS[status] ?? "unknown", CHECK_WORDS[status] ?? status)),
      element("td", {}, value(why)),
    );
  });
  return element(
    "table",
    { class: "checks" },
    element(
      "thead",
      { class: "hidden" },
      element(
        "tr",
        {},
        ["Check", "Status", "Why"].map((name) => element("th", { scope: "col" }, name)),
      ),
    ),
    element("tbody", {}, rows),
  );
}
