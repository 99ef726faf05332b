// <vscp-gauge>: a measurement on a scale.

import { make, makeSvg, sheet } from "./dom.js";
import { CHOICE } from "./element.js";
import { FRESH, FreshElement } from "./fresh.js";
import { localNumber } from "./locale.js";
import { valueOf } from "./value.js";

const STYLE = sheet(`
  :host { width: 11em; text-align: center; }
  svg { display: block; width: 100%; }
  path { fill: none; stroke-width: 9; stroke-linecap: round; }
  .track { stroke: var(--line); }
  .level { stroke: var(--accent); transition: stroke-dashoffset .3s; }
  .beyond .level { stroke: var(--alarm); }
  .value { font-size: 1.4em; font-weight: 600; margin: -2.2em 0 0; }
  .ends { display: flex; justify-content: space-between; margin: .2em 0 0; }
  :host(.stale) .level { opacity: .5; }
  @media (prefers-reduced-motion: reduce) { .level { transition: none; } }
`);
const ARC = "M 10 55 A 45 45 0 0 1 100 55"; // half a circle
const LENGTH = Math.PI * 45;

/**
 * Attributes: those of the choice, `label`, `min` (0), `max` (100), `low` and `high` (beyond them
 * the gauge takes the colour of alarm), `digits`, `stale`.
 */
export class VscpGauge extends FreshElement {
  static observedAttributes = [...CHOICE, ...FRESH, "min", "max", "low", "high", "digits"];

  constructor() {
    super(STYLE);
    this.isRegular = true;
    this._level = makeSvg("path", { d: ARC, class: "level", "stroke-dasharray": LENGTH });
    const drawing = makeSvg("svg", { viewBox: "0 0 110 62", "aria-hidden": "true" },
      makeSvg("path", { d: ARC, class: "track" }), this._level);
    this._value = make("p", { className: "value" });
    this._min = make("span");
    this._max = make("span");
    this._label = make("p");
    this._meter = make("div", { role: "meter" }, drawing, this._value,
      make("p", { className: "ends muted" }, this._min, this._max), this._label);
    this._shadow.append(this._meter);
  }

  /** @param {import("./event.js").VscpEvent} event */
  receive(event) {
    if (typeof event.reading.value === "number") super.receive(event);
  }

  render() {
    const min = this.number("min", 0);
    const max = Math.max(this.number("max", 100), min + Number.EPSILON);
    const reading = this.event?.reading;
    const value = Number(reading?.value ?? min);
    const share = Math.min(1, Math.max(0, (value - min) / (max - min)));
    const text = reading
      ? `${valueOf(reading, this.number("digits", null))} ${reading.unit}`.trim() : "–";
    this._level.setAttribute("stroke-dashoffset", String(LENGTH * (1 - share)));
    this._level.style.visibility = share > 0 ? "visible" : "hidden";
    this._meter.classList.toggle("beyond", Boolean(reading)
      && (value > this.number("high", Infinity) || value < this.number("low", -Infinity)));
    this._value.textContent = text;
    this._min.textContent = localNumber(min);
    this._max.textContent = localNumber(max);
    this._label.textContent = this.label;
    Object.assign(this._meter, { ariaLabel: this.label || "gauge", ariaValueMin: String(min),
      ariaValueMax: String(max), ariaValueNow: String(value), ariaValueText: text });
  }
}
