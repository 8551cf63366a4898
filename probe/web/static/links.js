// What the mirror's links are called and how they stand: shared by headline, map, matrix and rows.

export const ARROW = "→";

export const standingOf = (pair) => (pair === undefined ? "unknown" : pair.up ? "good" : "bad");

export const stateOf = (pair) => (pair === undefined ? "not seen" : pair.up ? "up" : "down");

const OUTCOME_WORDS = {
  no_data: "no data",
};

export const outcomeWord = (outcome) => OUTCOME_WORDS[outcome] ?? String(outcome).replaceAll("_", " ");

/** How a connection stands, as the HTML report has it: what failed is bad, what was not seen to its end unknown. */
export function standingOfConnection(summary) {
  if (summary.failed) return "bad";
  if (summary.outcome === "incomplete" || summary.outcome === "no_data") return "unknown";
  return summary.root_cause ? "warn" : "good";
}

/** The service of a member that has an address, or the port as it stands. */
export function serviceAt(address, members) {
  for (const member of members) {
    if (member.agent === address) return "agent";
    if (member.superserver === address) return "superserver";
  }
  const colon = address.lastIndexOf(":");
  return colon < 0 ? "" : address.slice(colon);
}

const host = (address) => address.replace(/:\d+$/, "");

/** Both ends of a connection by name: members where they are known, else addresses. */
export function endsOf(summary, members) {
  const service = serviceAt(summary.upstream, members);
  const to = summary.server_member ?? (service.startsWith(":") ? host(summary.upstream) : summary.upstream);
  return { from: summary.client_member ?? host(summary.client), to, service };
}

export const keyOf = (pair) => `${pair.from} ${pair.to} ${pair.channel}`;
