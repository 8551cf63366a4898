// Times as text, in UTC (as the HTML report has them) or in the browser's zone. Everything is in epoch seconds.

import { element } from "./dom.js";
import { keep, kept } from "./storage.js";

let isLocal = kept("zone") === "local";
let skew = 0; // seconds that the probe's clock is ahead of the browser's

export const zoneIsLocal = () => isLocal;

export function toggleZone() {
  isLocal = !isLocal;
  keep("zone", isLocal ? "local" : "utc");
}

export function setServerTime(now) {
  skew = now - Date.now() / 1000;
}

/** Now by the probe's clock: ages and days left are counted by it. */
export const now = () => Date.now() / 1000 + skew;

const two = (number) => String(number).padStart(2, "0");

function parts(seconds) {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return null;
  const moved = isLocal ? new Date(date.getTime() - date.getTimezoneOffset() * 60_000) : date;
  const text = moved.toISOString(); // of the moved clock, so that one code writes both zones
  return { day: text.slice(0, -14), time: text.slice(-13, -1), zone: zoneName(date) };
}

function zoneName(date) {
  if (!isLocal) return "UTC";
  const minutes = -date.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `UTC${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

export const zoneLabel = () => zoneName(new Date());

/** 2026-11-24 10:42:07.123 UTC */
export function exactly(seconds) {
  const shown = parts(seconds);
  return shown ? `${shown.day} ${shown.time} ${shown.zone}` : `${seconds} s since 1970`;
}

/** 2026-11-24 */
export function day(seconds) {
  return parts(seconds)?.day ?? exactly(seconds);
}

/** 10:42:07, and before it the day where that is not today. */
export function shortly(seconds) {
  const shown = parts(seconds);
  if (!shown) return exactly(seconds);
  const time = shown.time.slice(0, 8);
  return shown.day === parts(now())?.day ? time : `${shown.day} ${time}`;
}

/** 10:42:07 of today, else the day alone: for where room is short. */
export const briefly = (seconds) => shortly(seconds).slice(0, 10).trim();

/** A time element that shows the short form, and gives the exact one. */
export function timeElement(seconds, text = shortly(seconds)) {
  const date = new Date(seconds * 1000);
  const machine = Number.isNaN(date.getTime()) ? null : date.toISOString();
  return element("time", { datetime: machine, title: exactly(seconds) }, text);
}

const UNITS = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "min"],
];

/** 250 ms, 12 s, 3 min, 2 h 5 min, 4 d */
export function duration(seconds) {
  if (seconds > 0 && seconds < 1) return `${(seconds * 1000).toFixed(seconds < 0.01 ? 1 : 0)} ms`;
  const whole = Math.max(0, Math.round(seconds));
  for (const [place, [size, name]] of UNITS.entries()) {
    if (whole < size) continue;
    const rest = Math.floor((whole % size) / (UNITS[place + 1]?.[0] ?? 1));
    return name === "h" && rest > 0
      ? `${Math.floor(whole / size)} h ${rest} min`
      : `${Math.floor(whole / size)} ${name}`;
  }
  return `${whole} s`;
}
