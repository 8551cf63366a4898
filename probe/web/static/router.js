// What is shown: #/ is the overview, #/connection/ID one connection. Whatever else stands after # is the browser's own.

import { showDetail } from "./detail.js";
import { byId } from "./dom.js";

const CONNECTION = /^#\/connection\/([^/]+)$/;

function identifierOf(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export class Router {
  #overview = byId("overview");
  #detail = byId("detail");
  #scrolled = 0;
  #isWhole = true;
  #on;

  /** `on` has members(), say(text), failed(error), shown(title or ""), and returned(): back in the overview. */
  constructor(on) {
    this.#on = on;
    addEventListener("hashchange", () => this.follow());
  }

  get isDetail() {
    return this.#overview.hidden;
  }

  /** Whether a connection is shown that could not be loaded. */
  get isBroken() {
    return this.isDetail && !this.#isWhole;
  }

  toOverview() {
    if (this.isDetail) location.hash = "#/";
  }

  /** Show what the address says. */
  follow() {
    if (location.hash !== "" && !location.hash.startsWith("#/")) return;
    const found = CONNECTION.exec(location.hash);
    if (found) this.#showConnection(found[1]).catch((error) => this.#on.failed(error));
    else this.#showOverview();
  }

  #showOverview() {
    const wasDetail = this.isDetail;
    this.#overview.hidden = false;
    this.#detail.hidden = true;
    this.#detail.replaceChildren();
    this.#on.shown("");
    if (!wasDetail) return;
    scrollTo(0, this.#scrolled);
    this.#on.returned();
  }

  async #showConnection(text) {
    if (!this.isDetail) this.#scrolled = scrollY;
    const { content, title, isWhole } = await showDetail(identifierOf(text), this.#on.members(), this.#on.say);
    if (CONNECTION.exec(location.hash)?.[1] !== text) return; // the reader has gone on meanwhile
    this.#detail.replaceChildren(...content);
    this.#isWhole = isWhole;
    this.#overview.hidden = true;
    this.#detail.hidden = false;
    this.#on.shown(title);
    scrollTo(0, 0);
    this.#detail.querySelector("h1").focus({ preventScroll: true });
  }
}
