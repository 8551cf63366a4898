// Requests to the probe. Where it wants a token, the reader is asked for it once, and the request is made again.

import { byId } from "./dom.js";

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const PLACE = "mirrorprobe-token";
let token = storedToken();
let asking = null;

function storedToken() {
  try {
    return sessionStorage.getItem(PLACE);
  } catch {
    return null;
  }
}

function storeToken(text) {
  token = text;
  try {
    sessionStorage.setItem(PLACE, text);
  } catch {
    // it lasts as long as the page
  }
}

/** Ask for the token; everybody who needs it waits for the same answer. */
function askForToken(isWrong) {
  asking ??= new Promise((resolve) => {
    const dialog = byId("token-dialog");
    const field = byId("token");
    byId("token-wrong").hidden = !isWrong;
    field.value = "";
    const closed = () => {
      if (field.value === "") return dialog.showModal(); // Escape: there is nothing to see without it
      dialog.removeEventListener("close", closed);
      storeToken(field.value.trim());
      field.value = "";
      asking = null;
      resolve();
    };
    dialog.addEventListener("close", closed);
    dialog.showModal();
    field.focus();
  });
  return asking;
}

/** Fetch a path of the API; throws ApiError with the server's one line where it says no. */
export async function request(path, options = {}) {
  for (;;) {
    const sent = token;
    const headers = { ...options.headers, ...(sent ? { Authorization: `Bearer ${sent}` } : {}) };
    const response = await fetch(path, { ...options, headers, cache: "no-store", credentials: "omit" });
    if (response.ok) return response;
    if (response.status !== 401) throw new ApiError(response.status, await reason(response));
    if (sent === token) await askForToken(sent !== null);
  }
}

async function reason(response) {
  try {
    return (await response.json()).error;
  } catch {
    return `the probe answered ${response.status}`;
  }
}

export const getJson = async (path, options) => (await request(path, options)).json();
