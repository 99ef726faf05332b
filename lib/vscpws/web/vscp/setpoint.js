// <vscp-setpoint>: a value that somebody wants, such as a temperature, sent in the right coding and
// unit.

import { make, sheet } from "./dom.js";
import { CHOICE, kindFrom, matcherOf } from "./element.js";
import { FRESH } from "./fresh.js";
import { localFixed } from "./locale.js";
import { measured, shapeOf } from "./payload.js";
import { Reported } from "./reported.js";

/**
 * @typedef {import("./catalog.js").Catalog} Catalog
 * @typedef {import("./event.js").VscpEvent} VscpEvent
 */

const MORE_PRESSES = 600; // ms after the last press until the value is sent
const USUAL = "°C";

const STYLE = sheet(`
  .row { display: flex; gap: .5em; align-items: center; }
  .row button { min-width: 40px; padding: 0; font-size: 1.2em; line-height: 1; }
  output { font-size: 1.4em; font-weight: 600; min-width: 5em; text-align: center; }
  .busy output { color: var(--accent); }
`);

/**
 * Attributes: `label`, `vscp-class` (setvaluezone) and `vscp-type` (temperature) of what is sent,
 * `zone`, `subzone`, `index`, `unit`, `min` (5), `max` (30), `step` (0.5), `priority`, `to-guid`;
 * `shows`, the events that report the value, from `nickname`, `name` or `guid` where they are
 * given. Without `shows` what anybody sets is shown, and what is set here as soon as the daemon has
 * taken it.
 */
export class VscpSetpoint extends Reported {
  static observedAttributes = [...CHOICE, ...FRESH, "min", "max", "step", "unit", "shows"];

  constructor() {
    super(STYLE);
    /** @type {number|null} what was reported or set last */
    this.value = null;
    /** @type {number|null} what is about to be sent */
    this.wanted = null;
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this._presses = undefined;
    this._label = make("p", { className: "muted" });
    this._output = make("output");
    this._less = this._button("−", -1);
    this._more = this._button("+", 1);
    this._group = make("div", { role: "group" }, this._label,
      make("div", { className: "row" }, this._less, this._output, this._more));
    this._shadow.append(this._group, this._failure);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this._presses);
  }

  /** @param {string} text @param {number} direction */
  _button(text, direction) {
    const button = make("button", { type: "button" }, text);
    button.addEventListener("click", () => this.move(direction));
    return button;
  }

  get _kind() {
    return { class: this.getAttribute("vscp-class") ?? "setvaluezone",
      type: this.getAttribute("vscp-type") ?? "temperature" };
  }

  /** The unit that is meant: the attribute's, or degrees Celsius where there are any. */
  get unit() {
    const given = this.getAttribute("unit");
    const catalog = this._connection?.catalog;
    if (given !== null || !catalog) return given ?? "";
    const { units } = shapeOf(this._kind, catalog);
    return units.includes(USUAL) ? USUAL : units[0] ?? "";
  }

  get _step() {
    const step = this.number("step", 0.5);
    return step > 0 ? step : 0.5;
  }

  /** How many places the step has. */
  get _places() {
    return (String(this._step).split(".")[1] ?? "").length;
  }

  /** @param {Catalog} catalog */
  matcher(catalog) {
    this._event(this.number("min", 5)); // says what is wrong before anybody presses
    this._event(this.number("max", 30));
    const shows = this.getAttribute("shows");
    return matcherOf(this, catalog, this._connection?.nodeNames,
      shows === null ? this._kind : kindFrom(shows));
  }

  /** @param {VscpEvent} event */
  receive(event) {
    const { value, unit } = event.reading;
    if (typeof value !== "number" || unit !== this.unit) return;
    this.value = value;
    super.receive(event);
  }

  /** So many steps up or down. @param {number} steps */
  move(steps) {
    const [min, max] = [this.number("min", 5), this.number("max", 30)];
    const from = this.wanted ?? this.value ?? (min + max) / 2;
    const next = Math.round(from / this._step + steps) * this._step;
    this.wanted = Number(Math.min(max, Math.max(min, next)).toFixed(this._places));
    clearTimeout(this._presses);
    this._presses = setTimeout(() => this._ask(), MORE_PRESSES);
    this.changed();
  }

  async _ask() {
    const { wanted } = this;
    if (wanted === null) return;
    await this.ask(() => this._event(wanted));
    const isTaken = this.isBusy; // and not refused
    if (isTaken && this.getAttribute("shows") === null) {
      this.value = wanted;
      this._wait(false);
    }
  }

  /** @param {number} value */
  _event(value) {
    const catalog = this._connection?.catalog;
    if (!catalog) throw new Error("not connected");
    return measured(this, this._kind, catalog, value, this.unit);
  }

  /** @param {boolean} busy */
  _wait(busy) {
    if (!busy) this.wanted = null;
    super._wait(busy);
  }

  render() {
    const shown = this.wanted ?? this.value;
    let unit = "";
    try {
      ({ unit } = this);
    } catch {
      // The mistake is told.
    }
    const text = shown === null ? "–" : `${localFixed(shown, this._places)} ${unit}`.trim();
    this._label.textContent = this.label;
    this._group.ariaLabel = this.label || "set value";
    this._group.classList.toggle("busy", this.wanted !== null);
    this._group.setAttribute("aria-busy", String(this.isBusy));
    this._output.textContent = text;
    this._less.ariaLabel = `${this.label} less`.trim();
    this._more.ariaLabel = `${this.label} more`.trim();
    this._less.hidden = this._more.hidden = !this.maySend(this._kind);
    this._less.disabled = shown !== null && shown <= this.number("min", 5);
    this._more.disabled = shown !== null && shown >= this.number("max", 30);
  }
}
