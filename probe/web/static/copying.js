// Copies and downloads. The clipboard's API wants HTTPS or this very machine; a probe is often reached otherwise.

import { request } from "./api.js";
import { element } from "./dom.js";

function copyBySelection(text) {
  const area = element("textarea", { class: "hidden", "aria-hidden": "true", tabindex: -1 });
  area.value = text;
  // Inside an open dialog or out of it: the focused element's own surroundings can take the focus.
  const focused = document.activeElement;
  document.body.append(area);
  area.select();
  const isDone = document.execCommand("copy");
  area.remove();
  focused?.focus();
  return isDone;
}

/** Copy text; give whether that worked. */
export async function copy(text) {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // no permission: the old way may still be allowed
    }
  }
  return copyBySelection(text);
}

/** Fetch a file with the token, where one is needed, and hand it to the browser's downloads. */
export async function download(path, name) {
  const response = await request(path);
  const address = URL.createObjectURL(await response.blob());
  const link = element("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
