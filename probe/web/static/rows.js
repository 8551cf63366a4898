// The list of connections, the newest first. One row is in the order of Tab; the arrow keys go from row to row.

import { timeElement, shortly } from "./clock.js";
import { element, mark, value, visibleText } from "./dom.js";
import { LISTED } from "./board.js";
import { ARROW, endsOf, outcomeWord, standingOfConnection } from "./links.js";

function row(summary, members, isNew) {
  const { from, to, service } = endsOf(summary, members);
  const where = service.startsWith(":") ? `${to}${service}` : `${to} ${service}`;
  const name = `${shortly(summary.started)} ${from} to ${where}, ${outcomeWord(summary.outcome)}${summary.root_cause ? `, ${summary.root_cause}` : ""}`;
  const link = element(
    "a",
    {
      href: `#/connection/${encodeURIComponent(summary.id)}`,
      tabindex: -1,
      "aria-label": visibleText(name),
      "data-key": summary.id,
    },
    timeElement(summary.started),
  );
  const outcome = summary.enforcement?.done ? "refused by the relay" : outcomeWord(summary.outcome);
  const undecided = summary.failed ? element("small", { class: "why" }, "the evidence does not decide why") : null;
  const cause = summary.root_cause
    ? [" ", element("b", {}, value(summary.root_cause)), element("small", { class: "why" }, value(summary.summary))]
    : undecided;
  return element(
    "tr",
    { class: isNew ? "new" : null },
    element("td", {}, link),
    element("td", {}, value(`${from} ${ARROW} ${where}`)),
    element("td", {}, mark(standingOfConnection(summary), outcome), cause),
    element("td", { class: "wide" }, versionText(summary.tls_version)),
    element("td", { class: "wide" }, value(summary.relay), element("small", {}, ` ${summary.road}`)),
  );
}

const VERSIONS = { 0x0300: "SSLv3", 0x0301: "TLSv1.0", 0x0302: "TLSv1.1", 0x0303: "TLSv1.2", 0x0304: "TLSv1.3" };

const versionText = (version) =>
  version === null ? "–" : (VERSIONS[version] ?? `unknown-0x${version.toString(16).padStart(4, "0")}`);

const FIRST = 30; // rows until the reader asks for more: the certificates below stay within reach

export class Rows {
  #body;
  #more;
  #current = null;
  #limit = FIRST;
  #showAgain = () => {};

  /** `more` is the button that asks for further rows. */
  constructor(body, more) {
    this.#body = body;
    this.#more = more;
    more.addEventListener("click", () => this.#showMore());
    body.addEventListener("keydown", (event) => this.#move(event));
    body.addEventListener("focusin", (event) => this.#choose(event.target.closest("a")));
    body.addEventListener("click", (event) => this.#open(event));
  }

  /** Show a list from its beginning. */
  show(summaries, members) {
    this.#remember(summaries, members);
    const focused = this.#body.contains(document.activeElement) ? this.#current?.dataset.key : undefined;
    this.#body.replaceChildren(...summaries.slice(0, this.#limit).map((summary) => row(summary, members, false)));
    const again = focused ? this.#links().find((link) => link.dataset.key === focused) : undefined;
    this.#choose(again ?? this.#links()[0] ?? null);
    again?.focus({ preventScroll: true });
  }

  /** Put new ones on top of the list, which `all` is now; those at the end go. */
  add(added, all, members) {
    this.#remember(all, members);
    this.#body.prepend(...added.slice(0, this.#limit).map((summary) => row(summary, members, true)));
    while (this.#body.rows.length > this.#limit) this.#body.lastElementChild.remove();
    if (this.#current === null || !this.#body.contains(this.#current)) this.#choose(this.#links()[0]);
  }

  #remember(summaries, members) {
    const hidden = summaries.length - this.#limit;
    this.#more.hidden = hidden <= 0;
    this.#more.textContent = `Show ${hidden} more`;
    this.#showAgain = () => this.show(summaries, members);
  }

  #showMore() {
    const first = this.#limit;
    this.#limit = LISTED;
    this.#showAgain();
    this.#links()[first]?.focus();
  }

  /** Move the focus by so many rows. */
  step(by) {
    const links = this.#links();
    const place = links.indexOf(document.activeElement);
    links[Math.min(links.length - 1, Math.max(0, place < 0 ? 0 : place + by))]?.focus();
  }

  /** Give the focus to the row that had it last. */
  focusCurrent() {
    this.#current?.focus({ preventScroll: true });
  }

  #links() {
    return [...this.#body.querySelectorAll("a")];
  }

  #choose(link) {
    if (this.#current) this.#current.tabIndex = -1;
    this.#current = link;
    if (link) link.tabIndex = 0;
  }

  #move(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -LISTED, End: LISTED };
    if (!(event.key in steps) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    this.step(steps[event.key]);
  }

  /** A click anywhere in a row opens it, unless it marks text or is on something that can be clicked itself. */
  #open(event) {
    if (event.target.closest("a, button") || String(getSelection())) return;
    event.target.closest("tr")?.querySelector("a").click();
  }
}
