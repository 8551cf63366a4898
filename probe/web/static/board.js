// What the page knows: the mirror, and the newest connections under the filter that is set. It tells who listens.

import { getJson } from "./api.js";
import { setServerTime } from "./clock.js";

export const LISTED = 200; // rows: more is not read but searched for, and the API searches all that it keeps
const HELD = 500; // connections that wait while the page is paused; the oldest go first

const EMPTY_FILTER = Object.freeze({ member: "", cause: "", outcome: "", relay: "", failed: false, q: "" });

export class Board extends EventTarget {
  mirror = null;
  connections = [];
  filter = EMPTY_FILTER;
  isPaused = false;
  waiting = [];
  /** Values that were seen, for the lists of the filters. */
  seen = { member: new Set(), cause: new Set(), outcome: new Set(), relay: new Set() };
  /** The newest connection that failed, of all that the page has heard of. */
  lastFailed = null;
  #asked = 0;
  #meanwhile = []; // came from the stream since the list was asked for, so the answer may lack it
  #soon = new Map();

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  async loadMirror() {
    this.mirror = await getJson("/api/mirror");
    setServerTime(this.mirror.now);
    for (const member of this.mirror.members) this.seen.member.add(member.name);
    for (const one of this.mirror.watched) this.seen.relay.add(one.name);
    this.#tell("mirror");
  }

  /** Load the list under the filter; an answer that a newer question has overtaken is dropped. */
  async loadConnections() {
    const asked = ++this.#asked;
    this.#meanwhile = [];
    const { connections } = await getJson(`/api/connections?${this.#query()}`);
    if (asked !== this.#asked) return;
    const known = new Set(connections.map((one) => one.id));
    const missed = this.#meanwhile.filter((one) => !known.has(one.id));
    this.connections = [...missed, ...connections].slice(0, LISTED);
    this.waiting = [];
    for (const summary of connections) this.#note(summary);
    this.#tell("connections");
  }

  #query() {
    const query = new URLSearchParams({ limit: String(LISTED) });
    for (const name of ["member", "cause", "outcome", "relay", "q"]) {
      if (this.filter[name]) query.set(name, this.filter[name]);
    }
    if (this.filter.failed) query.set("failed", "1");
    return query;
  }

  setFilter(changes) {
    this.filter = { ...this.filter, ...changes };
    this.#tell("filter"); // before the answer comes: the next choice must build on this one
    return this.loadConnections();
  }

  clearFilter() {
    return this.setFilter(EMPTY_FILTER);
  }

  get isFiltered() {
    return Object.keys(EMPTY_FILTER).some((name) => this.filter[name] !== EMPTY_FILTER[name]);
  }

  #note(summary) {
    for (const member of [summary.client_member, summary.server_member]) if (member) this.seen.member.add(member);
    if (summary.root_cause) this.seen.cause.add(summary.root_cause);
    this.seen.outcome.add(summary.outcome);
    this.seen.relay.add(summary.relay);
    if (summary.failed && !(summary.started < this.lastFailed?.started)) this.lastFailed = summary;
  }

  /** Take a connection from the stream. */
  take(summary) {
    this.#note(summary);
    this.soon("mirror", () => this.loadMirror());
    if (this.isPaused) {
      this.waiting = [summary, ...this.waiting].slice(0, HELD);
      this.#tell("waiting");
      return;
    }
    // Only the API searches in everything: the summary lacks the names in the certificates.
    if (this.filter.q) this.soon("connections", () => this.loadConnections());
    else if (this.#fits(summary)) this.#insert([summary]);
  }

  #fits(summary) {
    const { member, cause, outcome, relay, failed } = this.filter;
    return (
      (!member || summary.client_member === member || summary.server_member === member) &&
      (!cause || summary.root_cause === cause) &&
      (!outcome || summary.outcome === outcome) &&
      (!relay || summary.relay === relay) &&
      (!failed || summary.failed)
    );
  }

  #insert(summaries) {
    const known = new Set(this.connections.map((one) => one.id));
    const added = summaries.filter((one) => !known.has(one.id));
    if (added.length === 0) return;
    this.#meanwhile = [...added, ...this.#meanwhile].slice(0, LISTED);
    this.connections = [...added, ...this.connections].slice(0, LISTED);
    this.#tell("added", added);
  }

  pause(isPaused) {
    this.isPaused = isPaused;
    const waiting = this.waiting;
    this.waiting = [];
    if (!isPaused && this.filter.q) this.soon("connections", () => this.loadConnections());
    else if (!isPaused) this.#insert(waiting.filter((one) => this.#fits(one)));
    this.#tell("waiting");
  }

  /** Do something once in a moment, however often it is asked for until then. */
  soon(name, what) {
    if (this.#soon.has(name)) return;
    const timer = setTimeout(() => {
      this.#soon.delete(name);
      what().catch((error) => this.#tell("failed", error));
    }, 300);
    this.#soon.set(name, timer);
  }
}
