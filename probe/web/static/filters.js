// The filters above the list of connections. Their choices are the values that were seen.

import { element, plural, visibleText } from "./dom.js";
import { LISTED } from "./board.js";
import { outcomeWord } from "./links.js";

const NAMES = ["member", "cause", "outcome", "relay"];

export class Filters {
  #form;
  #shown;
  #board;

  constructor(form, shown, board, failed) {
    this.#form = form;
    this.#shown = shown;
    this.#board = board;
    const apply = () => board.setFilter(this.#chosen()).catch(failed);
    form.addEventListener("change", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", (event) => {
      event.preventDefault();
      board.clearFilter().catch(failed);
    });
  }

  #chosen() {
    const field = this.#form.elements;
    return { ...Object.fromEntries(NAMES.map((name) => [name, field[name].value])), failed: field.failed.checked };
  }

  /** Put what is chosen into the fields, and offer what was seen since. */
  show() {
    for (const name of NAMES) {
      const field = this.#form.elements[name];
      const offered = new Set([...field.options].map((option) => option.value));
      const fresh = [...this.#board.seen[name], this.#board.filter[name]]
        .filter((one) => one && !offered.has(one))
        .sort();
      field.append(
        ...fresh.map((one) =>
          element("option", { value: one }, visibleText(name === "outcome" ? outcomeWord(one) : one)),
        ),
      );
      field.value = this.#board.filter[name];
    }
    this.#form.elements.failed.checked = this.#board.filter.failed;
    const count = this.#board.connections.length;
    const bound = count >= LISTED ? "the newest " : "";
    this.#shown.textContent = `${bound}${plural(count, "connection")} shown${this.#board.isFiltered ? ", filtered" : ""}`;
  }
}
