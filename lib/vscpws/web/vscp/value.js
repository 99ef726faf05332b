// <vscp-value>: the latest value of a measurement, or what else the latest event says.

import { make, sheet } from "./dom.js";
import { CHOICE } from "./element.js";
import { FRESH, FreshElement } from "./fresh.js";
import { localFixed, localNumber } from "./locale.js";
import { describe } from "./reading.js";

const STYLE = sheet(`
  :host { min-width: 8em; }
  .value { font-size: 1.6em; font-weight: 600; line-height: 1.2; }
  .unit { font-size: .6em; font-weight: 400; color: var(--muted); }
`);

/** Attributes: those of the choice, `label`, `digits` after the point, `stale`. */
export class VscpValue extends FreshElement {
  static observedAttributes = [...CHOICE, ...FRESH, "digits"];

  constructor() {
    super(STYLE);
    this.isRegular = true;
    this._label = make("p", { className: "muted" });
    this._value = make("span");
    this._unit = make("span", { className: "unit" });
    this._frameBox = make("div", { role: "group" }, this._label,
      make("p", { className: "value" }, this._value, " ", this._unit));
    this._shadow.append(this._frameBox);
  }

  render() {
    this._label.textContent = this.label;
    this._frameBox.ariaLabel = this.label;
    this._value.textContent = this._text();
    this._unit.textContent = this.event?.reading.unit ?? "";
    const { event } = this;
    this._frameBox.title = event ? `${describe(event.reading, localNumber)}, ${
      new Date(event.moment).toLocaleString()}` : "nothing received yet";
  }

  _text() {
    const reading = this.event?.reading;
    if (!reading) return "–";
    return valueOf(reading, this.number("digits", null));
  }
}

/**
 * The value, or the type's name where there is none.
 * @param {import("./reading.js").Reading} reading
 * @param {number|null} [digits] after the point
 */
export function valueOf(reading, digits = null) {
  if (reading.value === null) return reading.typeName;
  if (typeof reading.value === "number" && digits !== null) {
    return localFixed(reading.value, digits);
  }
  return localNumber(reading.value);
}
