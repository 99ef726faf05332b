// <vscp-alarm>: a lamp that says whether something is raised and not over, in colour and words.

import { Alarms, alarmMood, alarmText, alarmWord, isRaised } from "./alarm.js";
import { make, sheet } from "./dom.js";
import { CHOICE, matcherOf } from "./element.js";
import { FRESH, FreshElement } from "./fresh.js";
import { counted } from "./locale.js";

/** @typedef {import("./event.js").VscpEvent} VscpEvent */

const STYLE = sheet(`
  [role=status] { display: flex; gap: .6em; align-items: center; min-height: 40px; }
  .lamp { width: 1.1em; height: 1.1em; border-radius: 50%; border: 2px solid var(--muted);
    flex: none; box-sizing: border-box; }
  :host(:not(.stale)) .quiet .lamp { background: var(--accent); border-color: var(--accent); }
  .alarm .lamp, .security .lamp { background: var(--alarm); border-color: var(--alarm); }
  .alarm .value, .security .value { color: var(--alarm); font-weight: 600; }
  .value { margin-left: auto; text-align: right; }
`);

/**
 * Attributes: those of the choice (any class ALARM or SECURITY), `label`, `stale`. Emits `alarm`
 * with the event when one comes.
 */
export class VscpAlarm extends FreshElement {
  static observedAttributes = [...CHOICE, ...FRESH];

  constructor() {
    super(STYLE);
    this._alarms = new Alarms();
    this._label = make("span");
    this._value = make("span", { className: "value" });
    this._box = make("div", { role: "status" },
      make("span", { className: "lamp", ariaHidden: "true" }), this._label, this._value);
    this._shadow.append(this._box);
  }

  /** @param {import("./catalog.js").Catalog} catalog */
  matcher(catalog) {
    const names = this._connection?.nodeNames;
    const matches = matcherOf(this, catalog, names);
    // What ends an alarm has another type, and maybe another class.
    const isHere = matcherOf(this, catalog, names, { class: null, type: null });
    return (/** @type {VscpEvent} */ event) => alarmWord(event) !== ""
      && (matches(event) || !isRaised(event) && isHere(event));
  }

  /** @param {VscpEvent} event */
  receive(event) {
    this._alarms.add(event);
    super.receive(event);
    if (isRaised(event) && !event.isState) {
      this.dispatchEvent(new CustomEvent("alarm", { detail: event }));
    }
  }

  /** @param {VscpEvent} alarm */
  _say(alarm) {
    const name = this._connection?.nodeNames.node(alarm);
    return name ? `${alarmText(alarm)}, ${name}` : alarmText(alarm);
  }

  render() {
    const [latest] = this._alarms.all;
    const count = this._alarms.count;
    this._label.textContent = this.label;
    this._box.className = latest ? alarmMood(latest) : this.event ? "quiet" : "";
    this._value.textContent = latest
      ? `${this._say(latest)}${count > 1 ? `, and ${counted(count - 1, "other")}` : ""}`
      : !this.event ? "no alarm heard" : this.isOpen ? "no alarm" : "not known";
  }
}
