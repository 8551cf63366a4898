// The theme: the system's, or the reader's choice.

import { byId } from "./dom.js";
import { keep, kept } from "./storage.js";

const THEMES = ["system", "light", "dark"];

function set(theme) {
  keep("theme", theme);
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  const button = byId("appearance");
  button.title = `Theme: ${theme}`;
  button.setAttribute("aria-label", `Theme: ${theme}. Change`);
}

export function nextTheme() {
  const current = THEMES.indexOf(document.documentElement.dataset.theme ?? "system");
  set(THEMES[(current + 1) % THEMES.length]);
}

export function startTheme() {
  set(THEMES.includes(kept("theme")) ? kept("theme") : "system");
  byId("appearance").addEventListener("click", nextTheme);
}
