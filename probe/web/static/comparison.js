// The certificates of both ends side by side. What a finding accuses is marked in its cell; what only differs
// between the two, where members should agree, is marked in its row.

import { exactly } from "./clock.js";
import { element, mark, value } from "./dom.js";

const listed = (values) => (values === null ? "absent" : values.join(", ") || "empty");

const FACTS = [
  ["Subject", (one) => one.subject],
  ["Issuer", (one) => one.issuer],
  ["Serial", (one) => one.serial],
  ["Valid from", (one) => exactly(one.not_before)],
  ["Valid to", (one) => exactly(one.not_after)],
  ["Key", (one) => one.key],
  ["Signature", (one) => one.signature],
  ["Key Usage", (one) => listed(one.key_usage)],
  ["Extended Key Usage", (one) => listed(one.extended_key_usage)],
  ["Is a CA", (one) => (one.is_ca ? "yes" : "no")],
  ["Alternative names", (one) => one.san.join(", ") || "none"],
  ["SHA-256", (one) => one.sha256],
];

/** Where members of one mirror normally agree. */
const COMPARED = new Set(["Issuer", "Key Usage", "Extended Key Usage"]);

const CHAIN = "Chain";

/** The rows that a cause is about. */
const ACCUSED = {
  "client-certificate-purpose": ["Extended Key Usage", "Key Usage"],
  "server-certificate-purpose": ["Extended Key Usage", "Key Usage"],
  "renewal-loses-client-auth": ["Issuer"],
  "vendor-key-usage": ["Key Usage"],
  "vendor-extended-key-usage": ["Extended Key Usage"],
  "certificate-expired": ["Valid to"],
  "certificate-expires-soon": ["Valid to"],
  "certificate-not-yet-valid": ["Valid from"],
  "certificate-revoked": ["Serial"],
  "unknown-ca": ["Issuer"],
  "incomplete-chain": ["Issuer"],
  "ca-rekeyed": ["Issuer"],
  "self-signed-certificate": ["Issuer"],
  "signature-invalid": ["Signature"],
  "weak-key": ["Key"],
  "weak-signature": ["Signature"],
  "unsupported-key-type": ["Key"],
  "dn-not-allowed": ["Subject"],
  "dn-near-miss": ["Subject"],
  "dn-duplicate": ["Subject"],
  "dn-refused-by-peer": ["Subject"],
  "common-name-not-unique": ["Subject"],
  "server-name-mismatch": ["Alternative names"],
  "issuer-purpose": [CHAIN],
  "issuer-expired": [CHAIN],
  "issuer-not-a-ca": [CHAIN],
  "path-length-exceeded": [CHAIN],
  "name-constraint-violated": [CHAIN],
  "unhandled-critical-extension": [CHAIN],
  "chain-out-of-order": [CHAIN],
  "private-key-mismatch": [CHAIN],
  "revocation-unknown": [CHAIN],
  "client-certificate-missing": [CHAIN],
  "client-certificate-refused": [CHAIN],
};

function chainText(chain) {
  if (chain === undefined) return "none: no TLS was spoken";
  if (chain === null) return "not observable: encrypted, or not seen";
  if (chain.length === 0) return "sent an empty certificate list";
  return chain.length === 1 ? "1 certificate" : `${chain.length} certificates`;
}

/** Whether a purpose is not what this field forbids: then the field is not to be accused. */
function isFit(certificate, field, needed) {
  if (field === "Key Usage")
    return certificate.key_usage === null || certificate.key_usage.includes("digitalSignature");
  return certificate.extended_key_usage === null || certificate.extended_key_usage.includes(needed);
}

/** The rows that a finding accuses; what no field of the leaf shows is told in the row of the chain. */
function fieldsOf(finding, leaf) {
  const fields = ACCUSED[finding.id] ?? [];
  const purpose = /^(client|server)-certificate-purpose$/.exec(finding.id);
  if (!purpose || !leaf) return fields;
  const unfit = fields.filter((field) => !isFit(leaf, field, `${purpose[1]}Auth`));
  return unfit.length > 0 ? unfit : [CHAIN];
}

/** What a finding says of a field: it is at fault, may be, or only departs from a rule. */
function accusation(finding) {
  if (finding.state === "inferred") return element("div", {}, mark("warn", `? ${finding.id}, inferred`));
  return element(
    "div",
    {},
    mark(finding.severity === "low" || finding.severity === "info" ? "unknown" : "bad", `✕ ${finding.id}`),
  );
}

/** A cell; a certificate that was not seen is accused of nothing. */
function cell(chain, field, shown, findings) {
  const accusing = chain ? findings.filter((finding) => fieldsOf(finding, chain[0]).includes(field)) : [];
  const isProven = accusing.some((finding) => finding.state !== "inferred");
  const standing = isProven ? "accused" : accusing.length > 0 ? "suspected" : null;
  return element("td", { class: standing }, shown === null ? null : value(shown), accusing.map(accusation));
}

/** The chain that an end sent, below the leaf that the table shows. */
function restOf(chain, name) {
  if (!chain || chain.length < 2) return null;
  const items = chain
    .slice(1)
    .map((one) =>
      element(
        "li",
        {},
        value(one.subject),
        element("small", {}, " issued by ", value(one.issuer), `, valid to ${exactly(one.not_after)}`),
      ),
    );
  return element(
    "details",
    {},
    element("summary", {}, `The rest of the chain that the ${name} sent`),
    element("ol", { start: 2 }, items),
  );
}

/** Give the table, and below it the rest of both chains; a chain is undefined where there was no TLS. */
export function comparisonOf(clientChain, serverChain, titles, findings) {
  const chains = [clientChain, serverChain];
  const leaves = chains.map((chain) => chain?.[0]);
  const concerning = ["client", "server"].map((party) =>
    findings.filter((finding) => finding.party === party || finding.party === "both"),
  );
  const row = (field, texts, differs) => {
    const name = differs ? [field, element("small", { class: "differs-note" }, "≠ differs")] : [field];
    const cells = texts.map((text, place) => cell(chains[place], field, text, concerning[place]));
    return element("tr", { class: differs ? "differs" : null }, element("th", { scope: "row" }, name), cells);
  };
  const rows = FACTS.map(([field, fact]) => {
    const texts = leaves.map((leaf) => (leaf ? fact(leaf) : null));
    return row(field, texts, COMPARED.has(field) && leaves.every(Boolean) && texts[0] !== texts[1]);
  });
  const head = element(
    "tr",
    {},
    element("td", {}),
    element("th", { scope: "col" }, "Client: ", value(titles.client)),
    element("th", { scope: "col" }, "Server: ", value(titles.server)),
  );
  const body = [row(CHAIN, chains.map(chainText), false), ...(leaves.some(Boolean) ? rows : [])];
  const table = element(
    "table",
    { class: "certificates pairwise" },
    element("thead", {}, head),
    element("tbody", {}, body),
  );
  const scroll = element(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": "Certificates side by side" },
    table,
  );
  return [scroll, restOf(clientChain, "client"), restOf(serverChain, "server")].filter(Boolean);
}
