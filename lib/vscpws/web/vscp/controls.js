// <vscp-button>, <vscp-switch> and <vscp-slider>: they send events, and show what the bus reports.

import { make, sheet } from "./dom.js";
import { CHOICE, VscpElement, kindFrom, matcherOf } from "./element.js";
import { messageOf } from "./errors.js";
import { FRESH } from "./fresh.js";
import { localNumber } from "./locale.js";
import { bytesFrom, eventOf, indexOf, measured, placed } from "./payload.js";
import { Reported } from "./reported.js";

/**
 * @typedef {import("./catalog.js").Catalog} Catalog
 * @typedef {import("./event.js").VscpEvent} VscpEvent
 */

const DONE_TIME = 2000; // ms for which a button says that its event was accepted
const MOST = 255; // of the byte that a level is

const STYLE = sheet(`
  button[role=switch] { display: flex; gap: .7em; align-items: center; width: 100%;
    justify-content: space-between; border-color: var(--line); color: inherit; }
  .track { width: 2.6em; height: 1.4em; border-radius: .7em; background: var(--line); flex: none;
    position: relative; transition: background .2s; }
  .track::after { content: ""; position: absolute; top: .15em; left: .15em; width: 1.1em;
    height: 1.1em; border-radius: 50%; background: var(--paper); transition: left .2s; }
  [aria-checked=true] .track { background: var(--accent); }
  [aria-checked=true] .track::after { left: 1.35em; }
  .unknown .track::after { left: .75em; }
  [aria-busy=true] .track, [aria-busy=true].plain { opacity: .6; }
  :host(.stale) .track { opacity: .5; }
  label { display: grid; gap: .2em; }
  .head { display: flex; justify-content: space-between; gap: 1em; }
  :host(.forbidden) { display: none; }
  .done { color: var(--accent); margin-left: .5em; }
  input[type=range] { padding: 0; width: 100%; accent-color: var(--accent); }
  @media (prefers-reduced-motion: reduce) { .track, .track::after { transition: none; } }
`);

/**
 * Sends the event that its attributes mean, and says that it was accepted. `data`: bytes as hex, by
 * default index, zone and subzone. Its content is the text on it.
 */
export class VscpButton extends VscpElement {
  static observedAttributes = [...CHOICE, "label"];

  constructor() {
    super(STYLE);
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this._timer = undefined;
    this._text = make("slot");
    this._button = make("button", { type: "button", className: "plain" }, this._text);
    this._done = make("span", { className: "done", role: "status" });
    this._button.addEventListener("click", () => this.press());
    this._shadow.append(this._button, this._done, this._failure);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this._timer);
  }

  /** @param {Catalog} catalog */
  matcher(catalog) {
    this._event(catalog); // a mistake shows before anybody presses
    return () => false;
  }

  /** Send. */
  async press() {
    clearTimeout(this._timer);
    this._done.textContent = "";
    this._button.setAttribute("aria-busy", "true");
    try {
      await this.send(this._event(this._connection?.catalog));
      this._done.textContent = "✓ sent";
      this._timer = setTimeout(() => { this._done.textContent = ""; }, DONE_TIME);
    } catch (error) {
      this._failure.textContent = messageOf(error);
    } finally {
      this._button.setAttribute("aria-busy", "false");
    }
  }

  render() {
    this._text.textContent = this.label; // where the page puts nothing on it
    this.classList.toggle("forbidden", !this.maySend(this._kind));
  }

  get _kind() {
    return { class: this.getAttribute("vscp-class") ?? "control",
      type: this.getAttribute("vscp-type") ?? "turnon" };
  }

  /** @param {Catalog} [catalog] */
  _event(catalog) {
    const kind = this._kind;
    const number = catalog?.classNumber(kind.class) ?? 0;
    catalog?.typeNumber(number, kind.type);
    const bytes = this.getAttribute("data");
    return bytes === null ? placed(this, kind, indexOf(this))
      : eventOf(this, kind, bytesFrom(bytes, number));
  }
}

/**
 * Attributes: `label`, `zone`, `subzone`, `index`, `priority`; `on` and `off`, the events to send
 * as class/type (control/turnon, control/turnoff); `shows-on` and `shows-off`, the events that
 * report the state (information/on, information/off), from the same zone and subzone, and from
 * `nickname`, `name` or `guid` where they are given.
 */
export class VscpSwitch extends Reported {
  static observedAttributes = [...CHOICE, ...FRESH, "on", "off", "shows-on", "shows-off"];

  constructor() {
    super(STYLE);
    /** @type {boolean|null} null until the bus has reported it */
    this.isOn = null;
    this._isOn = (/** @type {VscpEvent} */ event) => Boolean(event); // made by matcher()
    this._text = make("span");
    this._button = make("button", { type: "button", role: "switch" }, this._text,
      make("span", { className: "track", ariaHidden: "true" }));
    this._button.addEventListener("click", () => this.toggle());
    // What stands in its place for who may not switch.
    this._shown = make("output");
    this._name = make("span");
    this._lamp = make("p", { className: "head", hidden: true }, this._name, this._shown);
    this._shadow.append(this._button, this._lamp, this._failure);
  }

  /** Ask for the other state. */
  toggle() {
    return this.ask(() => placed(this, this.isOn ? this._kind("off", "control/turnoff")
      : this._kind("on", "control/turnon"), indexOf(this)));
  }

  /** @param {Catalog} catalog */
  matcher(catalog) {
    for (const kind of [this._kind("on", "control/turnon"), this._kind("off", "control/turnoff")]) {
      catalog.typeNumber(catalog.classNumber(kind.class), kind.type ?? "");
    }
    const names = this._connection?.nodeNames;
    this._isOn = matcherOf(this, catalog, names, this._kind("shows-on", "information/on"));
    const isOff = matcherOf(this, catalog, names, this._kind("shows-off", "information/off"));
    return (/** @type {VscpEvent} */ event) => this._isOn(event) || isOff(event);
  }

  /** @param {VscpEvent} event */
  receive(event) {
    this.isOn = this._isOn(event);
    super.receive(event);
  }

  render() {
    this._text.textContent = this.label;
    this._button.setAttribute("aria-checked", String(this.isOn === true));
    this._button.classList.toggle("unknown", this.isOn === null);
    this._button.setAttribute("aria-busy", String(this.isBusy));
    const state = this.isOn === null ? "state not known yet" : this.isOn ? "on" : "off";
    this._button.title = state;
    this._button.hidden = !this.maySend(this._kind("on", "control/turnon"),
      this._kind("off", "control/turnoff"));
    this._lamp.hidden = !this._button.hidden;
    this._name.textContent = this.label;
    this._shown.textContent = state;
  }

  /** @param {string} attribute @param {string} otherwise */
  _kind(attribute, otherwise) {
    return kindFrom(this.getAttribute(attribute) ?? otherwise);
  }
}

/**
 * Attributes: `label`, `min` (0), `max` (100), `step` (1), `unit`, `zone`, `subzone`, `index`,
 * `priority`; `sends` (control/dimlamps), whose first data byte is the value, or whose measured
 * value it is; `shows` (information/levelchanged), likewise.
 */
export class VscpSlider extends Reported {
  static observedAttributes = [...CHOICE, ...FRESH, "min", "max", "step", "unit", "sends", "shows"];

  constructor() {
    super(STYLE);
    /** @type {number|null} null until the bus has reported it */
    this.level = null;
    this._text = make("span");
    this._value = make("output");
    this._input = make("input", { type: "range" });
    this._input.addEventListener("input", () => this._tell(Number(this._input.value)));
    this._input.addEventListener("change", () => this._ask());
    this._shadow.append(make("label", {},
      make("span", { className: "head" }, this._text, this._value), this._input), this._failure);
  }

  get _kind() {
    return kindFrom(this.getAttribute("sends") ?? "control/dimlamps");
  }

  /**
   * Whether what is sent is a measured or set value; else it is a byte.
   * @param {Catalog} catalog
   */
  _isMeasured(catalog) {
    return Boolean(catalog.findClass(this._kind.class ?? "")?.shape);
  }

  /** @param {Catalog} catalog */
  matcher(catalog) {
    this._event(catalog, this._range.min);
    this._event(catalog, this._range.max);
    const { class: shown, type } = kindFrom(this.getAttribute("shows")
      ?? "information/levelchanged");
    return matcherOf(this, catalog, this._connection?.nodeNames, { class: shown, type });
  }

  /** @param {VscpEvent} event */
  receive(event) {
    const { value } = event.reading;
    this.level = typeof value === "number" ? value : event.data[0] ?? null;
    super.receive(event);
  }

  /** What can be chosen: for a byte whole numbers that it holds. */
  get _range() {
    const [min, max, step] = [this.number("min", 0), this.number("max", 100),
      this.number("step", 1)];
    const catalog = this._connection?.catalog;
    if (!catalog || this._isMeasured(catalog)) return { min, max, step: step > 0 ? step : 1 };
    return { min: Math.min(MOST, Math.max(0, Math.ceil(min))),
      max: Math.min(MOST, Math.max(0, Math.floor(max))), step: Math.max(1, Math.round(step)) };
  }

  render() {
    const { min, max, step } = this._range;
    this._text.textContent = this.label;
    Object.assign(this._input, { min: String(min), max: String(max), step: String(step) });
    this._input.setAttribute("aria-busy", String(this.isBusy));
    this._input.hidden = !this.maySend(this._kind);
    if (this.isBusy) return; // the thumb stays where it was put
    this._input.value = String(this.level ?? this._input.min);
    this._tell(this.level);
  }

  _ask() {
    const value = Number(this._input.value);
    return this.ask(() => this._event(this._connection?.catalog, value));
  }

  /** @param {Catalog|undefined} catalog @param {number} value */
  _event(catalog, value) {
    const kind = this._kind;
    if (catalog && this._isMeasured(catalog)) {
      return measured(this, kind, catalog, value, this.getAttribute("unit") ?? "");
    }
    catalog?.typeNumber(catalog.classNumber(kind.class ?? ""), kind.type ?? "");
    return placed(this, kind, value);
  }

  /** @param {number|null} value */
  _tell(value) {
    const unit = this.getAttribute("unit") ?? "";
    const text = value === null ? "–" : `${localNumber(value)} ${unit}`.trim();
    this._value.textContent = text;
    this._input.ariaValueText = text;
  }
}

