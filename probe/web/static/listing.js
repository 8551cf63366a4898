// Every certificate that a member showed last, those that end first on top.

import { day, exactly, timeElement } from "./clock.js";
import { drawing, element, mark, plural, value } from "./dom.js";
import { daysText, lifeText, shareLeft, standingOfCertificate } from "./lifetime.js";

const BAR = 120;

const WORDS = { good: "✓", warn: "!", bad: "✕" };

/** How much of the lifetime is left, as a bar; the text beside it says the same. */
function bar(certificate, standing) {
  const filled = Math.round(BAR * Math.min(1, Math.max(0, shareLeft(certificate))));
  return drawing(
    "svg",
    { class: `life ${standing}`, width: BAR, height: 6, viewBox: `0 0 ${BAR} 6`, "aria-hidden": "true" },
    drawing("rect", { width: BAR, height: 6, rx: 3, class: "all" }),
    drawing("rect", { width: filled, height: 6, rx: 3, class: "left" }),
  );
}

function row(certificate) {
  const standing = standingOfCertificate(certificate);
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, value(certificate.member), element("small", {}, ` as ${certificate.role}`)),
    element(
      "td",
      {},
      mark(standing, `${WORDS[standing]} ${daysText(certificate)}`),
      " ",
      element("small", {}, lifeText(certificate)),
      bar(certificate, standing),
    ),
    element("td", {}, timeElement(certificate.not_after, day(certificate.not_after))),
    element(
      "td",
      {},
      value(certificate.subject),
      element("small", { class: "why" }, "issued by ", value(certificate.issuer)),
    ),
    element(
      "td",
      { class: "wide" },
      value(certificate.key),
      element("small", { class: "why" }, value(certificate.signature)),
    ),
    element(
      "td",
      { class: "wide" },
      element("code", {}, certificate.sha256.slice(0, 16)),
      element("small", { class: "why" }, "seen ", timeElement(certificate.seen)),
    ),
  );
}

const words = (one) =>
  [one.member, one.role, one.subject, one.issuer, one.sha256, one.key, one.signature, exactly(one.not_after)]
    .join(" ")
    .toLowerCase();

/** Show those that fit the search: each of its words must be in one of the fields. */
export function showCertificates(container, certificates, search) {
  const wanted = search.toLowerCase().split(/\s+/).filter(Boolean);
  const fitting = certificates
    .filter((one) => wanted.every((word) => words(one).includes(word)))
    .sort((left, right) => left.days_left - right.days_left);
  if (fitting.length === 0) {
    const text =
      certificates.length === 0
        ? "No member has shown a certificate yet."
        : `None of the ${plural(certificates.length, "certificate")} fits the search.`;
    container.replaceChildren(element("p", { class: "empty" }, text));
    return;
  }
  const head = [
    ["Member"],
    ["Time left"],
    ["Valid to"],
    ["Subject, issuer"],
    ["Key, signature", "wide"],
    ["SHA-256", "wide"],
  ].map(([name, kind]) => element("th", { scope: "col", class: kind }, name));
  container.replaceChildren(
    element(
      "table",
      { class: "expiry", "aria-labelledby": "certificates-title" },
      element("thead", {}, element("tr", {}, head)),
      element("tbody", {}, fitting.map(row)),
    ),
  );
}
