// The live stream: reads it, and comes back when it ends, after longer and longer pauses, from where it was.

import { ApiError, request } from "./api.js";
import { EventReader } from "./sse.js";

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 15_000; // an outage of the probe is over for the page 15 s after it is over
const HIDDEN = 20_000; // a page that nobody sees gives its line back: a browser opens six to one server, over all tabs
const SILENCE = 40_000; // two heartbeats and a half: what is silent for longer is dead, whatever TCP believes

export class Stream {
  #lastId = "";
  #pause = FIRST_PAUSE;
  #timer = null;
  #abort = null;
  #sleep = null;
  #isAsleep = false;
  #on;

  /** `on` has connection(summary), lost(count or null), opened(), and closed(secondsUntilRetry). */
  constructor(on) {
    this.#on = on;
    addEventListener("online", () => this.#hurry());
    document.addEventListener("visibilitychange", () => this.#seen(document.visibilityState === "visible"));
  }

  async open() {
    this.#abort = new AbortController();
    try {
      await this.#read(this.#abort.signal);
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof ApiError || error.name === "AbortError")) throw error;
    } finally {
      this.#retry();
    }
  }

  #seen(isVisible) {
    clearTimeout(this.#sleep);
    if (!isVisible) {
      this.#sleep = setTimeout(() => {
        this.#isAsleep = true;
        this.#abort.abort();
      }, HIDDEN);
    } else if (this.#isAsleep) {
      this.#isAsleep = false;
      this.#again();
    } else this.#hurry();
  }

  #retry() {
    if (this.#isAsleep) return;
    // A little by chance, so that the pages of a whole team do not come back in the same moment.
    const pause = this.#pause * (0.75 + Math.random() / 2);
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
    this.#on.closed(pause / 1_000);
    this.#timer = setTimeout(() => this.#again(), pause);
  }

  #again() {
    if (this.#isAsleep) return;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.open();
  }

  #hurry() {
    if (this.#timer !== null) this.#again();
  }

  async #read(signal) {
    const headers = { Accept: "text/event-stream", ...(this.#lastId ? { "Last-Event-ID": this.#lastId } : {}) };
    const response = await request("/api/stream", { headers, signal });
    this.#pause = FIRST_PAUSE;
    this.#on.opened();
    const chunks = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const reader = new EventReader();
    let watchdog = this.#watch();
    try {
      for (;;) {
        const { done, value } = await chunks.read();
        if (done) return;
        clearTimeout(watchdog);
        watchdog = this.#watch();
        for (const event of reader.feed(value)) this.#take(event);
      }
    } finally {
      clearTimeout(watchdog);
    }
  }

  #watch() {
    return setTimeout(() => this.#abort.abort(), SILENCE);
  }

  #take(event) {
    if (event.id) this.#lastId = event.id;
    if (event.type === "connection") this.#on.connection(JSON.parse(event.data));
    else if (event.type === "lost") this.#on.lost(JSON.parse(event.data).count);
  }
}
