// Time series that a plot draws: bounded, in the order of time, found again by binary search.
// Beside what was heard there may be what the daemon tells of the past: a point a step, with the
// least and the greatest value in it.

import { medianOf } from "./rhythm.js";

const MOST_POINTS = 5000; // of one series: a day of one value every 17 s
const LOOKED_AT = 64; // intervals that say what is usual
const GAP = 3; // usual intervals or steps without a point
const SHORTEST_GAP = 15000; // ms

/**
 * `span`: ms that the point stands for, 0 of a single value.
 * @typedef {{time: number, value: number, span: number, low: number, high: number}} Point
 */

export class Series {
  /** @param {string} label @param {string} [unit] @param {number} [most] points that are kept */
  constructor(label, unit = "", most = MOST_POINTS) {
    this.label = label;
    this.unit = unit;
    this._most = most;
    /** @type {number[]} ms since 1970 */
    this.times = [];
    /** @type {number[]} */
    this.values = [];
    /** @type {(Point|null)[]} those of the past, at the places of their times */
    this.pasts = [];
  }

  /** The latest value; undefined if there is none. */
  get last() {
    return this.values[this.values.length - 1];
  }

  /**
   * Take a point, which may be earlier than others.
   * @param {number} time ms since 1970
   * @param {number} value
   */
  add(time, value) {
    if (!Number.isFinite(value) || !Number.isFinite(time)) return;
    let place = this.times.length;
    while (place > 0 && this.times[place - 1] > time) place -= 1; // mostly it is the latest
    this.times.splice(place, 0, time);
    this.values.splice(place, 0, value);
    this.pasts.splice(place, 0, null);
    if (this.times.length > this._most * 1.25) { // in one go: moving them costs
      this._forget(this.times.length - this._most);
    }
  }

  /** Whether it has a point at this time, to the second. @param {number} time */
  has(time) {
    const place = this.placeOf(time - 1000);
    return place < this.times.length && this.times[place] <= time + 1000;
  }

  /**
   * Take what the daemon tells of the past, where nothing was heard here.
   * @param {import("./knowledge.js").History} history
   * @param {number} now ms since 1970: nothing is later
   */
  fill({ from, step, min, mean, max }, now) {
    const span = step * 1000;
    if (!(span > 0) || !Number.isFinite(from)) return;
    /** @type {Point[]} */
    const points = [];
    mean.forEach((value, number) => {
      const start = from + number * span;
      const heard = this.placeOf(start);
      if (typeof value !== "number" || this.times[heard] < start + span || start > now) return;
      points.push({ time: Math.min(start + span / 2, now), value, span,
        low: min[number] ?? value, high: max[number] ?? value });
    });
    if (points.length) this._merge(points);
  }

  /** @param {Point[]} points */
  _merge(points) {
    const all = [...points.map((point) => ({ time: point.time, value: point.value, past: point })),
      ...this.times.map((time, place) => ({ time, value: this.values[place],
        past: this.pasts[place] }))].sort((one, other) => one.time - other.time);
    this.times = all.map(({ time }) => time);
    this.values = all.map(({ value }) => value);
    this.pasts = all.map(({ past }) => past);
    if (all.length > this._most) this._forget(all.length - this._most);
  }

  /** @param {number} count of the oldest */
  _forget(count) {
    for (const list of [this.times, this.values, this.pasts]) list.splice(0, count);
  }

  /** The clock was set: all points go along. @param {number} by ms */
  shift(by) {
    this.times = this.times.map((time) => time + by);
  }

  /** The place of the first point at or after a time. @param {number} time */
  placeOf(time) {
    let low = 0;
    let high = this.times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.times[middle] < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The time of the first point from a time on; null if there is none. @param {number} from */
  firstFrom(from) {
    return this.times[this.placeOf(from)] ?? null;
  }

  /**
   * What is to be drawn between two times, with a point before and after: [first, beyond].
   * @param {number} from
   * @param {number} to
   */
  between(from, to) {
    return [Math.max(0, this.placeOf(from) - 1),
      Math.min(this.times.length, this.placeOf(to) + 1)];
  }

  /**
   * Least, mean and greatest value between two times. In the mean a value counts for as long as it
   * held, at most until it should have been told again.
   * @param {number} from
   * @param {number} to
   * @returns {{min: number, mean: number, max: number}|null} null where there is none
   */
  stats(from, to) {
    const first = this.placeOf(from);
    let min = Infinity;
    let max = -Infinity;
    let sum = 0;
    let weights = 0;
    const limits = this.gapLimits();
    for (let place = first; place < this.times.length && this.times[place] <= to; place += 1) {
      const past = this.pasts[place];
      const value = this.values[place];
      const until = Math.min(this.times[place + 1] ?? to, to);
      const weight = Math.max(1, Math.min(until - this.times[place],
        past ? limits.past : limits.heard));
      min = Math.min(min, past ? past.low : value);
      max = Math.max(max, past ? past.high : value);
      sum += value * weight;
      weights += weight;
    }
    return weights ? { min, mean: sum / weights, max } : null;
  }

  /** After how many ms without a point there is a gap, by the kind of points around. */
  gapLimits() {
    /** @type {number[]} */
    const heard = [];
    /** @type {number[]} */
    const past = [];
    for (let place = this.times.length - 1; place > 0; place -= 1) {
      const isPast = this.pasts[place] && this.pasts[place - 1];
      const isHeard = !this.pasts[place] && !this.pasts[place - 1];
      const list = isPast ? past : heard;
      if ((isPast || isHeard) && list.length < LOOKED_AT) {
        list.push(this.times[place] - this.times[place - 1]);
      }
      if (heard.length >= LOOKED_AT && past.length >= LOOKED_AT) break;
    }
    const step = this.pasts.findLast((point) => point !== null)?.span ?? 0;
    const limit = (/** @type {number[]} */ list) => GAP * (list.length ? medianOf(list) : 0);
    const slow = Math.max(limit(past), GAP * step);
    return { heard: heard.length ? Math.max(SHORTEST_GAP, limit(heard)) : slow || Infinity,
      past: Math.max(SHORTEST_GAP, slow) };
  }
}
