// The messages of a connection in the order of their times: of one leg, or of both legs of a relay in one sequence.

const LANES = { client: [0, 1], upstream: [1, 2], direct: [0, 1] };

const KINDS = {
  alert: "alert",
  encrypted_alert: "alert",
  rst: "reset",
  fin: "end",
  gap: "gap",
  application_data: "data",
  plaintext: "plain",
};

function bytes(length) {
  return `${length.toLocaleString("en")} ${length === 1 ? "byte" : "bytes"}`;
}

/** What an entry is called, without its size. */
function nameOf(entry) {
  if (entry.kind === "application_data") return "application data";
  if (entry.kind === "plaintext") return "before TLS";
  if (entry.kind === "gap") return "missing in the capture";
  if (entry.kind === "fin" || entry.kind === "rst") return entry.kind.toUpperCase();
  return entry.name;
}

function sizeOf(entry) {
  if (entry.kind === "fin" || entry.kind === "rst") return "";
  return entry.count > 1 ? `${bytes(entry.length)} in ${entry.count} records` : bytes(entry.length);
}

/** Give every message with its lanes; `names` are the ends from left to right. */
export function messagesOf(record) {
  const legs = Object.entries(record.legs);
  const names = legs.length > 1 ? ["client", "relay", "server"] : ["client", "server"];
  const start = Math.min(...legs.map(([, leg]) => leg.started));
  const messages = legs.flatMap(([leg, { timeline }]) =>
    (timeline ?? []).map((entry) => {
      const [left, right] = LANES[leg];
      const isFromClient = entry.sender === "client";
      return {
        leg,
        from: isFromClient ? left : right,
        to: isFromClient ? right : left,
        sender: names[isFromClient ? left : right],
        receiver: names[isFromClient ? right : left],
        after: entry.at - start,
        name: nameOf(entry),
        size: sizeOf(entry),
        kind: KINDS[entry.kind] ?? "message",
        isEncrypted: entry.encrypted,
        frame: entry.frame,
      };
    }),
  );
  // A stable sort: within one leg the order of the wire stays where times are equal.
  return { names, messages: messages.sort((one, other) => one.after - other.after) };
}
