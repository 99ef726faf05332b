// <vscp-value>: the latest value of a measurement, or what else the latest event says.

import { make, sheet } from "./dom.js";
import { CHOICE, VscpElement } from "./element.js";
import { numberText } from "./reading.js";

const STYLE = sheet(`
  :host { min-width: 8em; }
  p { margin: 0; }
  .value { font-size: 1.6em; font-weight: 600; line-height: 1.2; }
  .unit { font-size: .6em; font-weight: 400; color: var(--muted); }
  .stale .value { color: var(--muted); }
`);

/**
 * Attributes: those of the choice, `label`, `digits` after the point, `stale` (seconds until the
 * value is greyed).
 */
export class VscpValue extends VscpElement {
  static observedAttributes = [...CHOICE, "label", "digits", "stale"];

  constructor() {
    super(STYLE);
    /** @type {import("./event.js").VscpEvent|null} the latest */
    this.event = null;
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this._staleTimer = undefined;
    this._label = make("p", { className: "muted" });
    this._value = make("span");
    this._unit = make("span", { className: "unit" });
    this._frameBox = make("div", { role: "group" }, this._label,
      make("p", { className: "value" }, this._value, " ", this._unit));
    this._shadow.append(this._frameBox);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this._staleTimer);
  }

  /** @param {import("./event.js").VscpEvent} event */
  receive(event) {
    this.event = event;
    this._frameBox.classList.remove("stale");
    clearTimeout(this._staleTimer);
    const seconds = this.number("stale", 0);
    if (seconds > 0) {
      this._staleTimer = setTimeout(
        () => this._frameBox.classList.add("stale"), seconds * 1000);
    }
  }

  render() {
    this._label.textContent = this.label;
    this._frameBox.ariaLabel = this.label;
    this._value.textContent = this._text();
    this._unit.textContent = this.event?.reading.unit ?? "";
    this._frameBox.title = this.event
      ? `${this.event.text}, ${this.event.date.toLocaleTimeString()}` : "nothing received yet";
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
  if (typeof reading.value === "number" && digits !== null) return reading.value.toFixed(digits);
  return numberText(reading.value);
}
