// Drawing time series on a canvas: axes, lines, a line at the pointer.

import { ticks, timeTicks } from "./series.js";

const LEFT = 52; // px for an axis of values
const BOTTOM = 22;
const TOP = 18;
const RIGHT = 10;
const PER_TICK = 44; // px between two ticks of values
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
  }

  /**
   * @param {Line[]} lines
   * @param {number} from ms since 1970 at the left
   * @param {number} to at the right
   * @param {?number} pointer where it is, px from the left
   * @returns {?number} the time at the pointer
   */
  draw(lines, from, to, pointer) {
    const { width, height } = this._size();
    const units = [...new Set(lines.map(({ series }) => series.unit))].slice(0, 2);
    const area = { left: LEFT, top: TOP, bottom: height - BOTTOM,
      right: width - (units.length > 1 ? LEFT : RIGHT) };
    if (area.right <= area.left || area.bottom <= area.top) return null;
    this._style(width, height);
    /** @type {Scale} */
    const x = (time) => area.left + (time - from) / (to - from) * (area.right - area.left);
    this._drawTimes(area, x, from, to);
    units.forEach((unit, side) => {
      const own = lines.filter(({ series }) => series.unit === unit);
      this._drawUnit(area, x, own, from, to, unit, side);
    });
    return this._drawPointer(area, from, to, pointer);
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
    const seconds = to - from < 600000;
    context.textAlign = "center";
    context.textBaseline = "top";
    context.fillStyle = context.strokeStyle = this._ink;
    for (const time of timeTicks(from, to, (area.right - area.left) / PER_TIME)) {
      this._line(x(time), area.top, x(time), area.bottom, 0.12);
      if (x(time) > area.right - PER_TIME / 3) continue; // its text would be cut
      context.fillText(new Date(time).toLocaleTimeString([], {
        hour: "2-digit", minute: "2-digit", ...(seconds ? { second: "2-digit" } : {}),
      }), x(time), area.bottom + 6);
    }
  }

  /**
   * The lines of one unit, with its axis at the left (side 0) or the right.
   * @param {Area} area
   * @param {Scale} x
   * @param {Line[]} lines
   * @param {number} from
   * @param {number} to
   * @param {string} unit
   * @param {number} side
   */
  _drawUnit(area, x, lines, from, to, unit, side) {
    const [low, high] = rangeOf(lines, from, to);
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
    for (const value of ticks(low, high, (area.bottom - area.top) / PER_TICK)) {
      if (!side) this._line(area.left, y(value), area.right, y(value), 0.12);
      context.fillText(String(value), edge, y(value));
    }
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
    if (first >= beyond) return;
    context.beginPath();
    for (let place = first; place < beyond; place += 1) {
      context.lineTo(x(series.times[place]), y(series.values[place]));
    }
    context.stroke();
    const last = beyond - 1; // a value alone would not be seen as a line
    context.beginPath();
    context.arc(x(series.times[last]), y(series.values[last]), 2.5, 0, 2 * Math.PI);
    context.fill();
  }

  /** @param {Area} area @param {number} from @param {number} to @param {?number} pointer */
  _drawPointer(area, from, to, pointer) {
    if (pointer === null || pointer < area.left || pointer > area.right) return null;
    this._context.strokeStyle = this._ink;
    this._line(pointer, area.top, pointer, area.bottom, 0.5);
    return from + (pointer - area.left) / (area.right - area.left) * (to - from);
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
 * Lowest and highest value in sight, with a margin.
 * @param {Line[]} lines
 * @param {number} from
 * @param {number} to
 */
function rangeOf(lines, from, to) {
  let low = Infinity;
  let high = -Infinity;
  for (const { series } of lines) {
    const [first, beyond] = series.between(from, to);
    for (let place = first; place < beyond; place += 1) {
      low = Math.min(low, series.values[place]);
      high = Math.max(high, series.values[place]);
    }
  }
  if (low > high) return [0, 1];
  const margin = (high - low || Math.abs(high) || 1) * 0.08;
  return [low - margin, high + margin];
}
