// How often something speaks, learnt from hearing it.

const MOST = 9; // intervals that are remembered
const LEAST = 3; // until one is called usual
const SHORTEST = 2000; // ms: bursts have no rhythm
const TIMES = 3; // that a usual interval may take before the value counts as old

export class Rhythm {
  constructor() {
    /** @type {number[]} ms, the latest last */
    this._intervals = [];
    this._last = NaN;
  }

  /** @param {number} time ms, of an event that was heard */
  hear(time) {
    const interval = time - this._last;
    this._last = time;
    if (!(interval > 0)) return;
    this._intervals.push(Math.max(SHORTEST, interval));
    if (this._intervals.length > MOST) this._intervals.shift();
  }

  /** After what age a value is old, in ms; infinite until that is learnt. */
  get limit() {
    return this._intervals.length < LEAST ? Infinity : TIMES * medianOf(this._intervals);
  }
}

/** @param {number[]} numbers at least one @returns {number} */
export function medianOf(numbers) {
  const sorted = [...numbers].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)];
}
