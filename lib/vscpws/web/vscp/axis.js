// The time that plots show: all plots of a page have one axis, so that what stands above each other
// happened at one time. Plots with another `span`, or of another daemon, have one of their own.

import { Emitter } from "./emitter.js";

/** @typedef {import("./clock.js").DaemonClock} DaemonClock */

const SHORTEST = 5000; // ms
const LONGEST = 7 * 86400000;
const FARTHEST = 86400000; // ms that are reached for: older is no news

/** Emits `change`. @extends {Emitter<{change: null}>} */
export class TimeAxis extends Emitter {
  /** @param {DaemonClock} clock @param {number} span ms in sight */
  constructor(clock, span) {
    super();
    this._clock = clock;
    this._span = clamp(span);
    this._first = this._span;
    this._isChosen = false; // by somebody who looks at it
    /** @type {number|null} ms since 1970 at the right edge; null: now */
    this._end = null;
    /** @type {number|null} the time that somebody points at */
    this._pointer = null;
    this._offset = clock.offset;
  }

  get span() {
    return this._span;
  }

  set span(span) {
    this._span = clamp(span);
    this._isChosen = true;
    this.emit("change", null);
  }

  /** @returns {number} ms since 1970 at the right edge */
  get end() {
    this._follow();
    return this._end ?? this._clock.now();
  }

  get isPaused() {
    return this._end !== null;
  }

  set isPaused(paused) {
    this._end = paused ? this.end : null;
    this.emit("change", null);
  }

  get pointer() {
    return this._pointer;
  }

  set pointer(time) {
    if (time === this._pointer) return;
    this._pointer = time;
    this.emit("change", null);
  }

  /**
   * Where little of a plot would be in sight, for all in it has been silent since a time, show as
   * much as there was to see then; unless somebody has chosen otherwise.
   * @param {number} time ms since 1970
   */
  reach(time) {
    const wanted = this._clock.now() - time + this._first;
    const isSilent = wanted > 1.5 * this._first && wanted <= FARTHEST;
    if (this._isChosen || !isSilent || wanted <= this._span) return;
    this._span = clamp(wanted);
    this.emit("change", null);
  }

  /** Move by so many ms; forward at most to now. @param {number} by */
  move(by) {
    const now = this._clock.now();
    const end = this.end + by;
    this._end = end >= now ? null : end;
    this.emit("change", null);
  }

  /** When the daemon's clock is set, what is in sight stays as long ago as it was. */
  _follow() {
    const by = this._clock.offset - this._offset;
    this._offset = this._clock.offset;
    if (this._end !== null) this._end += by;
  }
}

/** @type {WeakMap<DaemonClock, Map<number, TimeAxis>>} */
const shared = new WeakMap();

/**
 * The axis of all plots with this clock and span.
 * @param {DaemonClock} clock
 * @param {number} span ms
 */
export function axisOf(clock, span) {
  const axes = shared.get(clock) ?? new Map();
  shared.set(clock, axes);
  const axis = axes.get(span) ?? new TimeAxis(clock, span);
  axes.set(span, axis);
  return axis;
}

/** @param {number} span */
function clamp(span) {
  return Math.min(LONGEST, Math.max(SHORTEST, span));
}
