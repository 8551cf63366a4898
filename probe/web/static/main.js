// Puts the page together: what the board tells goes to the parts, what the reader does goes to the board.

import { ApiError } from "./api.js";
import { nextTheme, startTheme } from "./appearance.js";
import { Board } from "./board.js";
import { exactly, now, toggleZone, zoneIsLocal, zoneLabel } from "./clock.js";
import { byId, plural, replaceKeepingFocus, visibleText } from "./dom.js";
import { Filters } from "./filters.js";
import { showHeadline, showTiles } from "./headline.js";
import { bindKeys } from "./keys.js";
import { showCertificates } from "./listing.js";
import { showMap } from "./map.js";
import { showMatrix, showWatched } from "./matrix.js";
import { Router } from "./router.js";
import { Rows } from "./rows.js";
import { Stream } from "./stream.js";

const POLLED = 15_000; // days left, counts and ages move without a connection
const SPOKEN = 5_000; // at most so often is told what came: a busy stream must not talk without end

const board = new Board();
const rows = new Rows(byId("rows"), byId("more"));
const search = byId("search");
const headline = { section: byId("headline"), text: byId("headline-text"), notes: byId("notes") };

let heardAt = null; // when the live stream was last known to be whole; null: it is
let retryAt = null;
let unsaid = [];
let sign = "";
let place = "";

/** That the probe says no, or is away, is no bug of the page; everything else is. */
function expect(error) {
  if (!(error instanceof ApiError || error instanceof TypeError)) throw error;
}

function failed(error) {
  expect(error);
  say(`The probe could not be asked: ${error.message}`);
}

const say = (text) => {
  byId("announcer").textContent = text;
};

function showTitle() {
  const name = board.mirror ? visibleText(board.mirror.mirror) : "";
  document.title = [place || sign, name, "mirrorprobe"].filter(Boolean).join(" · ");
}

function showState() {
  const pill = byId("link-state");
  const isDown = heardAt !== null;
  const [standing, text] = isDown
    ? ["bad", `disconnected since ${exactly(heardAt).slice(11, 19)}`]
    : board.isPaused
      ? ["warn", "paused"]
      : retryAt === null
        ? ["unknown", "connecting"]
        : ["good", "live"];
  pill.className = `pill ${standing}`;
  if (pill.textContent !== text) pill.textContent = text;
  document.body.classList.toggle("stale", isDown);
}

function showSentence() {
  if (!board.mirror || router.isDetail) return;
  sign = showHeadline(headline, board.mirror, board.lastFailed);
  showTitle();
}

function showOverview() {
  const { mirror } = board;
  if (!mirror || router.isDetail) return;
  showSentence();
  showTiles(byId("tiles"), mirror);
  showMap(byId("map"), byId("map-note"), mirror, (member) =>
    board
      .setFilter({ member })
      .then(() => byId("connections-title").scrollIntoView())
      .catch(failed),
  );
  showMatrix(byId("matrix"), mirror);
  showWatched(byId("watched-table"), mirror.watched);
  showCertificates(byId("certificates"), mirror.certificates, search.value);
  showTitle();
}

function showList() {
  showSentence();
  rows.show(board.connections, board.mirror?.members ?? []);
  showCounts();
}

function showCounts() {
  filters.show();
  const none = byId("no-rows");
  none.hidden = board.connections.length > 0;
  none.textContent = board.isFiltered
    ? "No connection that is kept fits the filter and the search."
    : "No connection has been seen yet. They appear here as they end.";
  const waiting = byId("waiting");
  waiting.hidden = !board.isPaused;
  waiting.textContent = `Paused. ${plural(board.waiting.length, "connection")} came since; resume to see ${board.waiting.length === 1 ? "it" : "them"}.`;
}

function announce(added) {
  if (unsaid.length === 0) {
    setTimeout(() => {
      const bad = unsaid.filter((one) => one.failed).length;
      say(`${plural(unsaid.length, "new connection")}, ${bad === 0 ? "none" : bad} failed.`);
      unsaid = [];
    }, SPOKEN);
  }
  unsaid.push(...added);
}

const filters = new Filters(byId("filters"), byId("shown"), board, failed);

board.addEventListener("mirror", () => {
  replaceKeepingFocus(byId("mirror-name"), visibleText(board.mirror.mirror));
  showOverview();
  filters.show();
});
board.addEventListener("filter", () => filters.show());
board.addEventListener("connections", showList);
board.addEventListener("waiting", showCounts);
board.addEventListener("failed", (event) => failed(event.detail));
board.addEventListener("added", (event) => {
  rows.add(event.detail, board.connections, board.mirror?.members ?? []);
  showCounts();
  announce(event.detail);
});

/** Everything anew: at the start, and whenever something may have been missed. */
const reload = () => Promise.all([board.loadMirror(), board.loadConnections()]).catch(failed);

const stream = new Stream({
  opened() {
    heardAt = null;
    retryAt = 0;
    showState();
    reload().then(() => router.isBroken && router.follow());
  },
  closed(seconds) {
    heardAt ??= now();
    retryAt = seconds;
    showState();
  },
  connection: (summary) => board.take(summary),
  lost(count) {
    // Null: the probe was started anew, and nobody knows. The list has what it keeps in either case.
    if (count !== null)
      say(`${plural(count, "connection")} came faster than they could be shown; the list was loaded anew.`);
    reload();
  },
});

function setPaused(isPaused) {
  board.pause(isPaused);
  const button = byId("pause");
  button.setAttribute("aria-pressed", String(isPaused));
  button.textContent = isPaused ? "Resume" : "Pause";
  showState();
  showCounts();
}

let searching = null;
function searchSoon() {
  clearTimeout(searching);
  searching = setTimeout(() => {
    board.setFilter({ q: search.value.trim() }).catch(failed);
    if (board.mirror) showCertificates(byId("certificates"), board.mirror.certificates, search.value);
  }, 200);
}

const router = new Router({
  members: () => board.mirror?.members ?? [],
  say,
  failed,
  shown(title) {
    place = title;
    showOverview();
    showTitle();
  },
  returned: () => document.activeElement === search || rows.focusCurrent(),
});

function nextZone() {
  toggleZone();
  byId("zone").textContent = zoneLabel();
  byId("zone").setAttribute(
    "aria-label",
    `Times are in ${zoneIsLocal() ? `this browser's zone, ${zoneLabel()}` : "UTC"}: change`,
  );
  showOverview();
  showList();
  if (router.isDetail) router.follow();
}

function clickDetail(key) {
  byId("detail").querySelector(`[data-key="${key}"]`)?.click();
}

function toggleFailed() {
  board.setFilter({ failed: !board.filter.failed }).catch(failed);
}

bindKeys([
  ["?", "this list", () => byId("help").showModal()],
  ["/", "search", () => search.focus()],
  ["p", "pause or resume the stream", () => setPaused(!board.isPaused)],
  ["f", "failed connections only, or all", toggleFailed],
  ["j", "next connection in the list", () => rows.step(1)],
  ["k", "previous connection in the list", () => rows.step(-1)],
  ["o", "overview", () => router.toOverview()],
  ["Escape", "back to the overview", () => router.toOverview()],
  ["c", "copy the shown connection as JSON", () => clickDetail("copy")],
  ["r", "download its HTML report", () => clickDetail("report")],
  ["t", "theme: system, light, dark", nextTheme],
  ["u", "times in UTC, or in this browser's zone", nextZone],
]);

byId("skip").addEventListener("click", (event) => {
  event.preventDefault(); // the address stays: it may be a connection's
  byId("main").focus();
});
byId("pause").addEventListener("click", () => setPaused(!board.isPaused));
byId("zone").addEventListener("click", nextZone);
byId("help-open").addEventListener("click", () => byId("help").showModal());
byId("filters").addEventListener("reset", () => {
  search.value = "";
  if (board.mirror) showCertificates(byId("certificates"), board.mirror.certificates, "");
});
search.addEventListener("input", () => {
  router.toOverview();
  searchSoon();
});
byId("search-form").addEventListener("submit", (event) => event.preventDefault());
let drawnWidth = 0;
new ResizeObserver(([entry]) => {
  if (entry.contentRect.width === drawnWidth) return;
  drawnWidth = entry.contentRect.width;
  showOverview();
}).observe(byId("map"));

startTheme();
byId("zone").textContent = zoneLabel();
showState();
setInterval(() => board.loadMirror().catch(expect), POLLED);
board
  .loadMirror()
  .catch(failed)
  .then(() => router.follow());
stream.open();
