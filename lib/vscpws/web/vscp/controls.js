// <vscp-button>, <vscp-switch> and <vscp-slider>: they send events, and show what the bus reports.
//
// A switch never believes itself: it shows the state that somebody on the bus has reported. Until a
// report comes it is busy, and says so if none does.

import { CHOICE, VscpElement, given, kindFrom, make, matcherOf, sheet } from "./element.js";

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

/** What the attributes zone, subzone and priority say of an event to be sent. */
function placed(element, kind, firstByte) {
  return {
    class: kind.class, type: kind.type, priority: given(element, "priority") ?? 3,
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
    this.shadowRoot.append(this._button, make("p", { className: "failure", role: "alert" }));
  }

  matcher() {
    return () => false;
  }

  _event() {
    const kind = { class: this.getAttribute("vscp-class") ?? "control",
      type: this.getAttribute("vscp-type") ?? "turnon" };
    const event = placed(this, kind, given(this, "index") ?? 0);
    const bytes = this.getAttribute("data");
    if (bytes !== null) {
      event.data = (bytes.match(/[0-9a-f]{2}/gi) ?? []).map((pair) => parseInt(pair, 16));
    }
    return event;
  }
}

/** Busy from sending until a report has come, or for so long that nobody will answer. */
class Reported extends VscpElement {
  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this._timer);
  }

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
      this.shadowRoot.querySelector(".failure").textContent = "Sent, but nobody has reported back.";
    }, ANSWER_TIME);
  }

  reported() {
    this.shadowRoot.querySelector(".failure").textContent = "";
    this._wait(false);
  }

  _wait(busy) {
    clearTimeout(this._timer);
    this.isBusy = busy;
    this.changed();
  }
}

/**
 * Attributes: `label`, `zone`, `subzone`, `index`, `priority`; `on` and `off`, the events to send as
 * class/type (control/turnon, control/turnoff); `shows-on` and `shows-off`, the events that report
 * the state (information/on, information/off), from the same zone and subzone, and from `nickname`
 * or `guid` where they are given.
 */
export class VscpSwitch extends Reported {
  static observedAttributes = [...CHOICE, "label", "shows-on", "shows-off"];

  constructor() {
    super(STYLE);
    /** @type {boolean|null} null until the bus has reported it */
    this.isOn = null;
    this._text = make("span");
    this._button = make("button", { type: "button", role: "switch" }, this._text,
      make("span", { className: "track", ariaHidden: "true" }));
    this._button.addEventListener("click", () => this.toggle());
    this.shadowRoot.append(this._button, make("p", { className: "failure", role: "alert" }));
  }

  /** Ask for the other state. */
  toggle() {
    const kind = this.isOn ? this._kind("off", "control/turnoff") : this._kind("on", "control/turnon");
    return this.ask(placed(this, kind, given(this, "index") ?? 0));
  }

  matcher() {
    const { catalog } = this._connection;
    this._isOn = matcherOf(this, catalog, this._kind("shows-on", "information/on"));
    const isOff = matcherOf(this, catalog, this._kind("shows-off", "information/off"));
    return (event) => this._isOn(event) || isOff(event);
  }

  receive(event) {
    this.isOn = this._isOn(event);
    this.reported();
  }

  render() {
    this._text.textContent = this.label;
    this._button.setAttribute("aria-checked", String(this.isOn === true));
    this._button.classList.toggle("unknown", this.isOn === null);
    this._button.setAttribute("aria-busy", String(Boolean(this.isBusy)));
    this._button.title = this.isOn === null ? "state not known yet" : this.isOn ? "on" : "off";
  }

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
    this.shadowRoot.append(make("label", {},
      make("span", { className: "head" }, this._text, this._value), this._input),
    make("p", { className: "failure", role: "alert" }));
  }

  matcher() {
    return matcherOf(this, this._connection.catalog,
      kindFrom(this.getAttribute("shows") ?? "information/levelchanged"));
  }

  receive(event) {
    this.level = event.data[0] ?? null;
    this.reported();
  }

  render() {
    this._text.textContent = this.label;
    for (const [name, otherwise] of [["min", 0], ["max", 100], ["step", 1]]) {
      this._input[name] = this.number(name, otherwise);
    }
    this._input.setAttribute("aria-busy", String(Boolean(this.isBusy)));
    if (this.isBusy) return; // the thumb stays where it was put
    this._input.value = this.level ?? this._input.min;
    this._tell(this.level);
  }

  _ask() {
    const kind = kindFrom(this.getAttribute("sends") ?? "control/dimlamps");
    return this.ask(placed(this, kind, Number(this._input.value)));
  }

  _tell(value) {
    const text = value === null ? "–" : `${value} ${this.getAttribute("unit") ?? ""}`.trim();
    this._value.textContent = text;
    this._input.ariaValueText = text;
  }
}
