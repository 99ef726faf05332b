// Drawing time series on a canvas: axes, lines, the range of what is told of the past, and where
// somebody points.

import { roundUp, tickTexts, ticks, timeTexts, timeTicks } from "./ticks.js";

const LEFT = 52; // px for an axis of values
const BOTTOM = 38; // for a time, and for a date below it
const LEAST_SPAN = 0.02; // of the greatest value that an axis shows at least: noise stays small
const MARGIN = 0.08; // of the span above and below the values
const TOP = 18;
const RIGHT = 10;
const PER_TICK = 30; // px between two ticks of values
const PER_TIME = 90;

/**
 * @typedef {{series: import("./series.js").Series, colour: string}} Line
 * @typedef {{left: number, top: number, right: number, bottom: number}} Area in px
 * @typedef {function(number): number} Scale from a value or a time to px
 */

export class Chart {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this._canvas = canvas;
    this._context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this._ink = "";
    /** @type {Area} */
    this._area = { left: 0, top: 0, right: 0, bottom: 0 };
    this._times = { from: 0, to: 0 };
  }

  /**
   * @param {Line[]} lines
   * @param {number} from ms since 1970 at the left
   * @param {number} to at the right
   * @param {?number} pointer the time that somebody points at
   * @param {{min: ?number, max: ?number}} [ends] that the axis of the first unit reaches at least
   */
  draw(lines, from, to, pointer, ends = { min: null, max: null }) {
    const { width, height } = this._size();
    // What has nothing in sight has no axis.
    const seen = lines.filter(({ series }) => isSeen(series, from, to));
    const units = [...new Set(seen.map(({ series }) => series.unit))].slice(0, 2);
    const area = { left: LEFT, top: TOP, bottom: height - BOTTOM,
      right: width - (units.length > 1 ? LEFT : RIGHT) };
    this._area = area;
    this._times = { from, to };
    if (area.right <= area.left || area.bottom <= area.top) return;
    this._style(width, height);
    /** @type {Scale} */
    const x = (time) => area.left + (time - from) / (to - from) * (area.right - area.left);
    this._drawTimes(area, x, from, to);
    units.forEach((unit, side) => {
      const own = seen.filter(({ series }) => series.unit === unit);
      this._drawUnit(area, x, own, rangeOf(own, from, to, side ? undefined : ends), unit, side);
    });
    if (pointer !== null && pointer >= from && pointer <= to) {
      this._context.strokeStyle = this._ink;
      this._line(x(pointer), area.top, x(pointer), area.bottom, 0.5);
    }
  }

  /** The time at a place; null beside the chart. @param {number} place px from the left */
  timeAt(place) {
    const { left, right } = this._area;
    if (place < left || place > right) return null;
    return this._times.from + (place - left) * this.perPixel;
  }

  /** ms that a pixel is wide. */
  get perPixel() {
    return (this._times.to - this._times.from) / Math.max(1, this._area.right - this._area.left);
  }

  _size() {
    const { clientWidth: width, clientHeight: height } = this._canvas;
    const ratio = globalThis.devicePixelRatio || 1;
    const [real, tall] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this._canvas.width !== real || this._canvas.height !== tall) {
      this._canvas.width = real;
      this._canvas.height = tall;
    }
    this._context.setTransform(ratio, 0, 0, ratio, 0, 0);
    return { width, height };
  }

  /** @param {number} width @param {number} height */
  _style(width, height) {
    const style = getComputedStyle(this._canvas);
    this._ink = style.color;
    this._context.font = `12px ${style.fontFamily}`;
    this._context.lineWidth = 1;
    this._context.clearRect(0, 0, width, height);
  }

  /** @param {Area} area @param {Scale} x @param {number} from @param {number} to */
  _drawTimes(area, x, from, to) {
    const context = this._context;
    context.textAlign = "center";
    context.textBaseline = "top";
    context.fillStyle = context.strokeStyle = this._ink;
    const times = timeTicks(from, to, (area.right - area.left) / PER_TIME);
    timeTexts(times, from, to).forEach(({ time, date }, place) => {
      const at = x(times[place]);
      this._line(at, area.top, at, area.bottom, 0.12);
      if (at > area.right - PER_TIME / 3) return; // its text would be cut
      context.fillText(time, at, area.bottom + 6);
      context.fillText(date, at, area.bottom + 21);
    });
  }

  /**
   * The lines of one unit, with its axis at the left (side 0) or the right.
   * @param {Area} area
   * @param {Scale} x
   * @param {Line[]} lines
   * @param {[number, number]} range
   * @param {string} unit
   * @param {number} side
   */
  _drawUnit(area, x, lines, [low, high], unit, side) {
    const { from, to } = this._times;
    /** @type {Scale} */
    const y = (value) => area.bottom - (value - low) / (high - low) * (area.bottom - area.top);
    this._drawAxis(area, y, low, high, unit, side);
    const context = this._context;
    context.save();
    context.beginPath();
    context.rect(area.left, area.top - 2, area.right - area.left, area.bottom - area.top + 4);
    context.clip();
    context.lineWidth = 1.8;
    context.lineJoin = "round";
    for (const { series, colour } of lines) {
      context.strokeStyle = context.fillStyle = colour;
      this._drawSeries(series, x, y, from, to);
    }
    context.restore();
  }

  /**
   * @param {Area} area
   * @param {Scale} y
   * @param {number} low
   * @param {number} high
   * @param {string} unit
   * @param {number} side
   */
  _drawAxis(area, y, low, high, unit, side) {
    const context = this._context;
    const edge = side ? area.right + 6 : area.left - 6;
    context.fillStyle = context.strokeStyle = this._ink;
    context.textAlign = side ? "left" : "right";
    context.textBaseline = "middle";
    const values = ticks(low, high, (area.bottom - area.top) / PER_TICK);
    tickTexts(values).forEach((text, place) => {
      const at = y(values[place]);
      if (!side) this._line(area.left, at, area.right, at, 0.12);
      context.fillText(text, edge, at);
    });
    context.textBaseline = "bottom";
    context.fillText(unit, edge, area.top - 4);
  }

  /**
   * @param {import("./series.js").Series} series
   * @param {Scale} x
   * @param {Scale} y
   * @param {number} from
   * @param {number} to
   */
  _drawSeries(series, x, y, from, to) {
    const context = this._context;
    const [first, beyond] = series.between(from, to);
    const limits = series.gapLimits();
    const at = (/** @type {number} */ place) => x(series.times[place]);
    for (let start = first; start < beyond;) {
      let end = start + 1; // a line goes on to the next gap
      while (end < beyond && !isGap(series, end, limits)) end += 1;
      this._drawPast(series, start, end, x, y);
      context.beginPath();
      for (let place = start; place < end; place += 1) {
        context.lineTo(at(place), y(series.values[place]));
      }
      context.stroke();
      if (end === beyond || end === start + 1) this._dot(at(end - 1), y(series.values[end - 1]));
      start = end;
    }
  }

  /** A value alone would not be seen as a line. @param {number} x @param {number} y */
  _dot(x, y) {
    this._context.beginPath();
    this._context.arc(x, y, 2.5, 0, 2 * Math.PI);
    this._context.fill();
  }

  /**
   * From the least to the greatest value of each step.
   * @param {import("./series.js").Series} series
   * @param {number} start
   * @param {number} end
   * @param {Scale} x
   * @param {Scale} y
   */
  _drawPast(series, start, end, x, y) {
    const context = this._context;
    const points = series.pasts.slice(start, end).filter((point) => point !== null);
    if (points.length < 2) return;
    context.save();
    context.globalAlpha = 0.18;
    context.beginPath();
    for (const { time, high } of points) context.lineTo(x(time), y(high));
    for (const { time, low } of points.reverse()) context.lineTo(x(time), y(low));
    context.fill();
    context.restore();
  }

  /**
   * @param {number} left
   * @param {number} top
   * @param {number} right
   * @param {number} bottom
   * @param {number} strength 0 to 1
   */
  _line(left, top, right, bottom, strength) {
    const context = this._context;
    context.save();
    context.globalAlpha = strength;
    context.beginPath();
    context.moveTo(left, top);
    context.lineTo(right, bottom);
    context.stroke();
    context.restore();
  }
}

/**
 * @param {import("./series.js").Series} series
 * @param {number} place of the later point
 * @param {{heard: number, past: number}} limits ms
 */
function isGap(series, place, { heard, past }) {
  const isPast = series.pasts[place] || series.pasts[place - 1];
  return series.times[place] - series.times[place - 1] > (isPast ? Math.max(heard, past) : heard);
}

/** @param {import("./series.js").Series} series @param {number} from @param {number} to */
function isSeen(series, from, to) {
  const first = series.firstFrom(from);
  return first !== null && first <= to;
}

/**
 * Lowest and highest value in sight, with a margin.
 * @param {Line[]} lines
 * @param {number} from
 * @param {number} to
 * @param {{min: ?number, max: ?number}} [ends] that are in sight at least
 * @returns {[number, number]}
 */
export function rangeOf(lines, from, to, { min, max } = { min: null, max: null }) {
  let low = Infinity;
  let high = -Infinity;
  for (const { series } of lines) {
    for (let place = series.placeOf(from); series.times[place] <= to; place += 1) {
      const past = series.pasts[place];
      low = Math.min(low, past ? past.low : series.values[place]);
      high = Math.max(high, past ? past.high : series.values[place]);
    }
  }
  if (low > high) return [0, 1];
  const size = Math.max(Math.abs(low), Math.abs(high));
  const missing = (size ? roundUp(size * LEAST_SPAN) : 1) - (high - low);
  const widened = Math.max(0, missing) / 2;
  const margin = (high - low + 2 * widened) * MARGIN;
  return [Math.min(low - widened - margin, min ?? Infinity),
    Math.max(high + widened + margin, max ?? -Infinity)];
}
