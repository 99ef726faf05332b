// Time series that a plot draws: bounded, in the order of time, found again by binary search.

const MOST_POINTS = 5000; // of one series: a day of one value every 17 s

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
    if (this.times.length > this._most * 1.25) { // in one go: moving them costs
      this.times.splice(0, this.times.length - this._most);
      this.values.splice(0, this.values.length - this._most);
    }
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

  /**
   * What is to be drawn between two times, with a point before and after: [first, beyond].
   * @param {number} from
   * @param {number} to
   */
  between(from, to) {
    return [Math.max(0, this.placeOf(from) - 1),
      Math.min(this.times.length, this.placeOf(to) + 1)];
  }
}

/**
 * Round steps of an axis: values from `low` to `high` with about `count` steps.
 * @param {number} low
 * @param {number} high
 * @param {number} count
 */
export function ticks(low, high, count) {
  const raw = (high - low) / Math.max(1, count);
  if (!(raw > 0) || !Number.isFinite(raw)) return [low];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5].map((factor) => factor * power).find((size) => size >= raw)
    ?? 10 * power;
  const first = Math.ceil(low / step);
  const steps = Math.floor(high / step + 1e-9) - first;
  return Array.from({ length: steps + 1 }, (_, n) => Number(((first + n) * step).toPrecision(12)));
}

const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600,
  43200, 86400].map((seconds) => seconds * 1000);

/**
 * Round times between two, in ms, about `count` of them.
 * @param {number} from
 * @param {number} to
 * @param {number} count
 */
export function timeTicks(from, to, count) {
  const raw = (to - from) / Math.max(1, count);
  const step = TIME_STEPS.find((size) => size >= raw) ?? TIME_STEPS[TIME_STEPS.length - 1];
  const first = Math.ceil(from / step) * step;
  return Array.from({ length: Math.max(0, Math.floor((to - first) / step) + 1) },
    (_, n) => first + n * step);
}
