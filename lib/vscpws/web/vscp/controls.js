// <vscp-button>, <vscp-switch> and <vscp-slider>: they send events, and show what the bus reports.
//
// A switch never believes itself: it shows the state that somebody on the bus has reported. Until a
// report comes it is busy, and says so if none does.

import { make, sheet } from "./dom.js";
import { CHOICE, VscpElement, given, kindFrom, matcherOf } from "./element.js";
import { bytesOf } from "./hex.js";
import { PRIORITY } from "./protocol.js";

/**
 * @typedef {import("./catalog.js").Catalog} Catalog
 * @typedef {import("./event.js").VscpEvent} VscpEvent
 * @typedef {import("./element.js").SentEvent} SentEvent
 */

const ANSWER_TIME = 3000; // ms for the bus to report what was asked for

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
  [aria-busy=true] .track { opacity: .5; }
  label { display: grid; gap: .2em; }
  .head { display: flex; justify-content: space-between; gap: 1em; }
  input[type=range] { padding: 0; width: 100%; accent-color: var(--accent); }
  @media (prefers-reduced-motion: reduce) { .track, .track::after { transition: none; } }
`);

/**
 * What the attributes zone, subzone and priority say of an event to be sent.
 * @param {Element} element
 * @param {import("./element.js").Kind} kind
 * @param {number} firstByte of the data
 * @returns {SentEvent}
 */
function placed(element, kind, firstByte) {
  return {
    class: kind.class ?? "", type: kind.type ?? "",
    priority: given(element, "priority") ?? PRIORITY,
    guid: element.getAttribute("to-guid") ?? "-",
    data: [firstByte, given(element, "zone") ?? 0, given(element, "subzone") ?? 0],
  };
}

/**
 * Sends the event that its attributes mean. `data`: bytes as hex, by default index, zone and
 * subzone. Its content is the text on it.
 */
export class VscpButton extends VscpElement {
  constructor() {
    super(STYLE);
    this._button = make("button", { type: "button" }, make("slot"));
    this._button.addEventListener("click", () => this.send(this._event()).catch(() => {}));
    this._shadow.append(this._button, this._failure);
  }

  matcher() {
    return () => false;
  }

  _event() {
    const kind = { class: this.getAttribute("vscp-class") ?? "control",
      type: this.getAttribute("vscp-type") ?? "turnon" };
    const event = placed(this, kind, given(this, "index") ?? 0);
    const bytes = this.getAttribute("data");
    return bytes === null ? event : { ...event, data: bytesOf(bytes) };
  }
}

/** Busy from sending until a report has come, or for so long that nobody will answer. */
class Reported extends VscpElement {
  /** @param {CSSStyleSheet} style */
  constructor(style) {
    super(style);
    this.isBusy = false;
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this._timer = undefined;
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this._timer);
  }

  /** @param {SentEvent} event */
  async ask(event) {
    this._wait(true);
    try {
      await this.send(event);
    } catch {
      this._wait(false);
      return;
    }
    if (!this.isBusy) return; // the report was faster than the reply
    this._timer = setTimeout(() => {
      this._wait(false);
      this._failure.textContent = "Sent, but nobody has reported back.";
    }, ANSWER_TIME);
  }

  reported() {
    this._failure.textContent = "";
    this._wait(false);
  }

  /** @param {boolean} busy */
  _wait(busy) {
    clearTimeout(this._timer);
    this.isBusy = busy;
    this.changed();
  }
}

/**
 * Attributes: `label`, `zone`, `subzone`, `index`, `priority`; `on` and `off`, the events to send
 * as class/type (control/turnon, control/turnoff); `shows-on` and `shows-off`, the events that
 * report the state (information/on, information/off), from the same zone and subzone, and from
 * `nickname` or `guid` where they are given.
 */
export class VscpSwitch extends Reported {
  static observedAttributes = [...CHOICE, "label", "shows-on", "shows-off"];

  constructor() {
    super(STYLE);
    /** @type {boolean|null} null until the bus has reported it */
    this.isOn = null;
    this._isOn = (/** @type {VscpEvent} */ event) => Boolean(event); // made by matcher()
    this._text = make("span");
    this._button = make("button", { type: "button", role: "switch" }, this._text,
      make("span", { className: "track", ariaHidden: "true" }));
    this._button.addEventListener("click", () => this.toggle());
    this._shadow.append(this._button, this._failure);
  }

  /** Ask for the other state. */
  toggle() {
    const kind = this.isOn ? this._kind("off", "control/turnoff")
      : this._kind("on", "control/turnon");
    return this.ask(placed(this, kind, given(this, "index") ?? 0));
  }

  /** @param {Catalog} catalog */
  matcher(catalog) {
    this._isOn = matcherOf(this, catalog, this._kind("shows-on", "information/on"));
    const isOff = matcherOf(this, catalog, this._kind("shows-off", "information/off"));
    return (/** @type {VscpEvent} */ event) => this._isOn(event) || isOff(event);
  }

  /** @param {VscpEvent} event */
  receive(event) {
    this.isOn = this._isOn(event);
    this.reported();
  }

  render() {
    this._text.textContent = this.label;
    this._button.setAttribute("aria-checked", String(this.isOn === true));
    this._button.classList.toggle("unknown", this.isOn === null);
    this._button.setAttribute("aria-busy", String(this.isBusy));
    this._button.title = this.isOn === null ? "state not known yet" : this.isOn ? "on" : "off";
  }

  /** @param {string} attribute @param {string} otherwise */
  _kind(attribute, otherwise) {
    return kindFrom(this.getAttribute(attribute) ?? otherwise);
  }
}

/**
 * Attributes: `label`, `min` (0), `max` (100), `step` (1), `unit`, `zone`, `subzone`, `priority`;
 * `sends` (control/dimlamps), whose first data byte is the value; `shows`
 * (information/levelchanged), whose first data byte is the level.
 */
export class VscpSlider extends Reported {
  static observedAttributes = [...CHOICE, "label", "min", "max", "step", "unit", "shows"];

  constructor() {
    super(STYLE);
    /** @type {number|null} null until the bus has reported it */
    this.level = null;
    this._text = make("span");
    this._value = make("output");
    this._input = make("input", { type: "range" });
    this._input.addEventListener("input", () => this._tell(this._input.value));
    this._input.addEventListener("change", () => this._ask());
    this._shadow.append(make("label", {},
      make("span", { className: "head" }, this._text, this._value), this._input), this._failure);
  }

  /** @param {Catalog} catalog */
  matcher(catalog) {
    return matcherOf(this, catalog, kindFrom(
      this.getAttribute("shows") ?? "information/levelchanged"));
  }

  /** @param {VscpEvent} event */
  receive(event) {
    this.level = event.data[0] ?? null;
    this.reported();
  }

  render() {
    this._text.textContent = this.label;
    this._input.min = String(this.number("min", 0));
    this._input.max = String(this.number("max", 100));
    this._input.step = String(this.number("step", 1));
    this._input.setAttribute("aria-busy", String(this.isBusy));
    if (this.isBusy) return; // the thumb stays where it was put
    this._input.value = String(this.level ?? this._input.min);
    this._tell(this.level);
  }

  _ask() {
    const kind = kindFrom(this.getAttribute("sends") ?? "control/dimlamps");
    return this.ask(placed(this, kind, Number(this._input.value)));
  }

  /** @param {number|string|null} value */
  _tell(value) {
    const text = value === null ? "–" : `${value} ${this.getAttribute("unit") ?? ""}`.trim();
    this._value.textContent = text;
    this._input.ariaValueText = text;
  }
}
