// Single-key shortcuts. They can be switched off (WCAG 2.1.4), and never act while something is typed.

import { byId, element } from "./dom.js";
import { keep, kept } from "./storage.js";

const isTyping = (target) =>
  target.closest?.("input:not([type=checkbox]), select, textarea, [contenteditable]") !== null;

/** Bind keys; `shortcuts` is a list of key, what it does in words, and the function. */
export function bindKeys(shortcuts) {
  const acts = new Map(shortcuts.map(([key, , act]) => [key, act]));
  const switchOn = byId("keys-on");
  switchOn.checked = kept("keys") !== "off";
  switchOn.addEventListener("change", () => keep("keys", switchOn.checked ? "on" : "off"));
  byId("keys").replaceChildren(
    ...shortcuts.map(([key, words]) =>
      element("div", {}, element("dt", {}, element("kbd", {}, key)), element("dd", {}, words)),
    ),
  );
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
    if (document.querySelector("dialog[open]") || isTyping(event.target)) return;
    // Escape and the arrow keys are no character keys: they work in any case.
    if (!switchOn.checked && event.key.length === 1) return;
    const act = acts.get(event.key);
    if (!act) return;
    event.preventDefault();
    act();
  });
}
