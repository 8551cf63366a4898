// Server-sent events (HTML standard, section 9.2.6), read from text as it comes. EventSource cannot send an
// Authorization header, so the page reads the stream by fetch.

const LONGEST = 1_000_000; // characters of one event: a summary has under two thousand

export class EventReader {
  #rest = "";
  #type = "";
  #data = [];
  #size = 0;
  lastId = "";

  /** Take the next piece of the stream; give the events that it completed. */
  feed(text) {
    const events = [];
    // A CR at the end may be the first half of CRLF: it waits for the next piece.
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop();
    if (this.#rest.length > LONGEST) throw new Error("a line of the stream is too long");
    for (const line of lines) {
      const event = this.#line(line);
      if (event) events.push(event);
    }
    return events;
  }

  #line(line) {
    if (line === "") return this.#dispatch();
    if (line.startsWith(":")) return null;
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const text = colon < 0 ? "" : line.slice(colon + (line[colon + 1] === " " ? 2 : 1));
    if (field === "event") this.#type = text;
    else if (field === "data") this.#add(text);
    else if (field === "id" && !text.includes("\0")) this.lastId = text;
    return null;
  }

  #add(text) {
    this.#size += text.length;
    if (this.#size > LONGEST) throw new Error("an event of the stream is too long");
    this.#data.push(text);
  }

  #dispatch() {
    const event = { type: this.#type || "message", data: this.#data.join("\n"), id: this.lastId };
    const isEmpty = this.#data.length === 0;
    this.#type = "";
    this.#data = [];
    this.#size = 0;
    return isEmpty ? null : event;
  }
}
