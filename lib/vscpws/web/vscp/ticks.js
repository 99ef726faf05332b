// Where an axis has its steps, and how they are written.

import { localFixed, localShort } from "./locale.js";

const MOST_WRITTEN = 1e6; // from which on numbers are written in short

/**
 * Round steps of an axis: values from `low` to `high` with about `count` steps.
 * @param {number} low
 * @param {number} high
 * @param {number} count
 */
export function ticks(low, high, count) {
  const raw = (high - low) / Math.max(1, count);
  if (!(raw > 0) || !Number.isFinite(raw)) return [low];
  const step = roundUp(raw);
  const first = Math.ceil(low / step);
  const steps = Math.floor(high / step + 1e-9) - first;
  return Array.from({ length: steps + 1 }, (_, n) => Number(((first + n) * step).toPrecision(12)));
}

/** 1, 2 or 5 times a power of ten that is not less. @param {number} size over 0 */
export function roundUp(size) {
  const power = 10 ** Math.floor(Math.log10(size));
  return [1, 2, 5].map((factor) => factor * power).find((step) => step >= size) ?? 10 * power;
}

/** The texts of an axis' steps, with as many places as tell them apart. @param {number[]} values */
export function tickTexts(values) {
  const step = values.length > 1 ? values[1] - values[0] : Math.abs(values[0]) || 1;
  const places = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const isLong = values.some((value) => Math.abs(value) >= MOST_WRITTEN);
  return values.map((value) => (isLong ? localShort(value) : localFixed(value + 0, places)));
}

const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600,
  43200, 86400, 172800].map((seconds) => seconds * 1000);

/**
 * Round local times between two, in ms since 1970, about `count` of them.
 * @param {number} from
 * @param {number} to
 * @param {number} count
 * @param {function(number): number} [offset] of local time at a time, in ms
 */
export function timeTicks(from, to, count, offset = offsetAt) {
  const raw = (to - from) / Math.max(1, count);
  const step = TIME_STEPS.find((size) => size >= raw) ?? TIME_STEPS[TIME_STEPS.length - 1];
  const times = [];
  for (let local = Math.ceil((from + offset(from)) / step) * step; ; local += step) {
    const time = local - offset(local - offset(from)); // the clocks may be changed in between
    if (time > to) return times;
    if (time >= from) times.push(time);
  }
}

/** @param {number} time */
function offsetAt(time) {
  return -new Date(time).getTimezoneOffset() * 60000;
}

/**
 * The texts of times: the time of day as the locale has it, and the date where a day begins.
 * @param {number[]} times
 * @param {number} from ms since 1970 at the axis' left
 * @param {number} to
 * @returns {{time: string, date: string}[]} no dates where all is in one day
 */
export function timeTexts(times, from, to) {
  const hasSeconds = times.length > 1 && times[1] - times[0] < 60000;
  const isOneDay = dayOf(from) === dayOf(to);
  let day = "";
  return times.map((time) => {
    const date = new Date(time);
    const isNew = !isOneDay && dayOf(time) !== day;
    day = dayOf(time);
    return {
      time: date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit",
        ...(hasSeconds ? { second: "2-digit" } : {}) }),
      date: isNew ? date.toLocaleDateString([], { day: "numeric", month: "short" }) : "",
    };
  });
}

/** @param {number} time */
function dayOf(time) {
  return new Date(time).toDateString();
}
