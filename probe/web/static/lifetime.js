// How much of a certificate's life is left, in words and as a standing. The bounds are those of the alerting
// rules: a third of the lifetime, and a tenth.

import { now } from "./clock.js";
import { plural } from "./dom.js";

const THIRD = 1 / 3;
const TENTH = 1 / 10;
const DAY = 86_400;

export function shareLeft(certificate) {
  const life = certificate.not_after - certificate.not_before;
  return life > 0 ? (certificate.not_after - now()) / life : 0;
}

export function standingOfCertificate(certificate) {
  if (certificate.not_before > now()) return "bad";
  const share = shareLeft(certificate);
  return share < TENTH ? "bad" : share < THIRD ? "warn" : "good";
}

export const daysLeft = (certificate) => (certificate.not_after - now()) / DAY;

export function daysText(certificate) {
  if (certificate.not_before > now())
    return `not valid before ${plural(Math.ceil((certificate.not_before - now()) / DAY), "day")} from now`;
  const left = daysLeft(certificate);
  const days = Math.floor(Math.abs(left));
  if (left < 0) return days === 0 ? "expired less than a day ago" : `expired ${plural(days, "day")} ago`;
  return days === 0 ? "less than a day left" : `${plural(days, "day")} left`;
}

export const lifeText = (certificate) =>
  `of ${plural(Math.round((certificate.not_after - certificate.not_before) / DAY), "day")}`;
