// One connection: who refused whom, why, what to do; then messages, certificates and checks.

import { ApiError, getJson } from "./api.js";
import { duration, exactly, timeElement } from "./clock.js";
import { comparisonOf } from "./comparison.js";
import { copy, download } from "./copying.js";
import { element, mark, plural, value, visibleText } from "./dom.js";
import { checksOf, findingsOf } from "./findings.js";
import { ARROW, endsOf, outcomeWord, standingOfConnection } from "./links.js";
import { sequenceOf } from "./sequence.js";

/** End what the record tells as a sentence. */
const sentence = (text) => (text === "" || /[.!?]$/.test(text) ? text : `${text}.`);

const apiPath = (id) => `/api/connections/${encodeURIComponent(id)}`;

/** The leg whose verdict is the connection's. */
const leadOf = (record) => record.legs[record.leg] ?? Object.values(record.legs)[0];

/** Say who refused whom, in one sentence, with what shows it. */
function refusal(record, titles, lead) {
  if (record.enforcement?.done) {
    const alert =
      record.enforcement.alert === null ? "by a close after the handshake" : `with alert ${record.enforcement.alert}`;
    return [
      "The relay refused.",
      `Enforcing the mirror's rules, it turned the ${record.enforcement.leg} leg away ${alert}: ${record.enforcement.cause}.`,
      "observed",
    ];
  }
  const evidence = lead.findings[0]?.evidence[0]?.text ?? "";
  if (record.refused_by === "client" || record.refused_by === "server") {
    const other = record.refused_by === "client" ? "server" : "client";
    const who = `${titles[record.refused_by]} (${record.refused_by}) refused ${titles[other]} (${other}).`;
    return [who, evidence, lead.findings[0]?.state ?? null];
  }
  if (record.refused_by === "relay")
    return [
      "The relay ended it.",
      record.trouble ?? "It met one of its limits, or its engine could not go on.",
      "observed",
    ];
  if (!record.failed) return null;
  return ["It failed, and neither end is known to have refused the other.", evidence, lead.findings[0]?.state ?? null];
}

function refusalBox(record, titles, lead) {
  const told = refusal(record, titles, lead);
  if (told === null) return null;
  const [who, how, state] = told;
  const carried = record.carried ? ` The relay carried it to the other leg as ${record.carried}.` : "";
  const wouldBe =
    record.enforcement && !record.enforcement.done
      ? ` Enforcement would have refused it: ${record.enforcement.cause}.`
      : "";
  return element(
    "p",
    { class: "refusal" },
    element("b", {}, value(who)),
    " ",
    value(sentence(how)),
    carried,
    wouldBe,
    state ? element("small", {}, ` (${state})`) : null,
  );
}

function facts(record, lead) {
  const tls = lead.tls;
  const legs = Object.values(record.legs);
  const sent = (party) => legs.at(party === "client" ? 0 : -1).application_bytes[party];
  const list = [
    ["Began", timeElement(record.started, exactly(record.started))],
    ["Lasted", duration(record.ended - record.started)],
    [
      "Handshake",
      record.handshake_seconds === null ? "not completed" : `${(record.handshake_seconds * 1000).toFixed(1)} ms`,
    ],
    ["From, to", value(`${record.client} ${ARROW} ${record.upstream}`)],
    ["Seen by", value(`${record.relay} (${record.road}, ${record.action})`)],
    [
      "TLS",
      tls
        ? value([tls.version, tls.cipher_suite, tls.group].filter(Boolean).join(", ") || "nothing was agreed on")
        : "none",
    ],
    ["Closed by", `${lead.closed_by} (${lead.close_kind.replaceAll("_", " ")})`],
    ["Application data", `${plural(sent("client"), "byte")} from the client, ${plural(sent("server"), "byte")} from the server`],
    ["History", element("code", {}, tls?.history ?? "none")],
    ["Identifier", element("code", {}, record.id)],
  ];
  return element(
    "dl",
    { class: "facts-list" },
    list.map(([name, shown]) => element("div", {}, element("dt", {}, name), element("dd", {}, shown))),
  );
}

function notes(record) {
  const texts = [];
  if (record.stand_in)
    texts.push(
      "The relay had to show another identity than the one that the real peer showed: the other end judged that one.",
    );
  if (record.untouched) texts.push("The relay passed the bytes on as they were.");
  if (record.trouble && record.refused_by !== "relay") texts.push(`The relay's own engine gave up: ${record.trouble}`);
  return texts.map((text) => element("p", { class: "problem" }, value(text)));
}

function button(text, act, key) {
  return element("button", { type: "button", click: act, "data-key": key }, text);
}

function actions(record, say) {
  const doing = async (what, done) => {
    try {
      say((await what()) === false ? "The browser does not let this page copy." : done);
    } catch (error) {
      say(`That did not work: ${error.message}`);
    }
  };
  return element(
    "div",
    { class: "actions" },
    button("Copy as JSON", () => doing(() => copy(JSON.stringify(record, null, 2)), "The record was copied."), "copy"),
    button("Copy link", () => doing(() => copy(location.href), "The link was copied."), "link"),
    button(
      "Download HTML report",
      () =>
        doing(
          () => download(`${apiPath(record.id)}/report.html`, `mirrorprobe-${record.id}.html`),
          "The report is being saved.",
        ),
      "report",
    ),
    button("Print", () => print(), "print"),
  );
}

function panel(title, ...children) {
  return element("section", {}, element("h3", { class: "panel" }, title), ...children);
}

function legFindings(record, lead) {
  const others = Object.entries(record.legs).filter(([, leg]) => leg !== lead);
  return others.flatMap(([name, leg]) => {
    const fresh = leg.findings.filter(
      (finding) => !lead.findings.some((one) => one.id === finding.id && one.party === finding.party),
    );
    return fresh.length > 0
      ? [
          element(
            "details",
            {},
            element("summary", {}, `What the ${name} leg shows besides (${fresh.length})`),
            ...findingsOf(fresh, null, false),
          ),
        ]
      : [];
  });
}

/** Findings of both legs, each once, for the marks at the certificates. */
function allFindings(record) {
  const found = new Map();
  for (const leg of Object.values(record.legs))
    for (const finding of leg.findings) found.set(`${finding.id} ${finding.party}`, finding);
  return [...found.values()];
}

function page(record, members, say) {
  const lead = leadOf(record);
  const { from, to, service } = endsOf(record, members);
  const titles = { client: from, server: to, relay: record.relay };
  const clientLeg = record.legs.client ?? record.legs.direct;
  const serverLeg = record.legs.upstream ?? record.legs.direct;
  const certificates = comparisonOf(
    clientLeg.tls?.client_certificates,
    serverLeg.tls?.server_certificates,
    titles,
    allFindings(record),
  );
  const where = service.startsWith(":") ? `${to}${service}` : `${to} ${service}`;
  return [
    element(
      "h1",
      { tabindex: -1 },
      mark(standingOfConnection(record), outcomeWord(record.outcome)),
      " ",
      value(`${from} ${ARROW} ${where}`),
    ),
    refusalBox(record, titles, lead),
    ...notes(record),
    actions(record, say),
    facts(record, lead),
    element("h2", {}, "Findings"),
    ...findingsOf(lead.findings, record.root_cause, record.failed),
    ...legFindings(record, lead),
    element(
      "div",
      { class: "halves" },
      panel("On the wire", ...sequenceOf(record, titles)),
      element(
        "div",
        {},
        panel("Certificates", ...certificates),
        panel(
          "Checks",
          element(
            "div",
            { class: "scroll", tabindex: 0, role: "region", "aria-label": "Checks" },
            checksOf(record.checks, lead),
          ),
        ),
      ),
    ),
    element(
      "details",
      { class: "raw" },
      element("summary", {}, "The record as JSON"),
      element(
        "pre",
        { tabindex: 0, role: "region", "aria-label": "The record as JSON" },
        visibleText(JSON.stringify(record, null, 2)).replaceAll("U+000A", "\n"),
      ),
    ),
  ];
}

function gone(error) {
  const isGone = error instanceof ApiError && error.status === 404;
  const title = isGone ? "This connection is no longer kept" : "This connection could not be loaded";
  const why = isGone
    ? "The page keeps the last connections only, in memory: it may have been pushed out by newer ones, or the probe was restarted since. The history (mirrorprobe history) and the log of events keep records longer, under the same identifier."
    : error.message;
  return [element("h1", { tabindex: -1 }, title), element("p", {}, value(why))];
}

/** Load a connection; gives what is to be shown, the title for the window, and whether it could be loaded. */
export async function showDetail(id, members, say) {
  const back = element("p", { class: "back" }, element("a", { href: "#/" }, "← Overview"));
  let shown;
  let isWhole = true;
  try {
    shown = page(await getJson(apiPath(id)), members, say);
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof TypeError)) throw error;
    shown = gone(error);
    isWhole = false;
  }
  return { content: [back, ...shown.filter(Boolean)], title: visibleText(shown[0].textContent), isWhole };
}
