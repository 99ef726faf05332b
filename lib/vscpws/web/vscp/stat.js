// <vscp-stat>: the least, the mean and the greatest of a sensor, of today or of the last hours.

import { make, sheet } from "./dom.js";
import { CHOICE, VscpElement } from "./element.js";
import { localFixed, localNumber } from "./locale.js";
import { isMeasurement, sensorKey, sensorOf } from "./sensor.js";
import { Series } from "./series.js";

/** @typedef {import("./event.js").VscpEvent} VscpEvent */

const LOOK_EVERY = 10000; // ms: what is too old goes
const HOUR = 3600000; // ms
const DAY = 24; // h
const MOST_HOURS = 24 * 7;
const DIGITS = 5;

const STYLE = sheet(`
  dl { display: flex; flex-wrap: wrap; gap: .2em 1.4em; margin: 0; }
  div.one { display: grid; }
  dt { color: var(--muted); font-size: .85em; }
  dd { margin: 0; font-size: 1.2em; font-weight: 600; white-space: nowrap; }
`);

/** Attributes: those of the choice, `label`, `hours` (today, from midnight on), `digits`. */
export class VscpStat extends VscpElement {
  static observedAttributes = [...CHOICE, "label", "hours", "digits"];

  constructor() {
    super(STYLE);
    this._series = new Series("");
    /** The sensor whose history was asked for; another one begins anew. */
    this._sensor = "";
    /** @type {ReturnType<typeof setInterval>|undefined} */
    this._looking = undefined;
    this._label = make("p", { className: "muted" });
    const values = ["min", "mean", "max"].map((name) => {
      const value = make("dd");
      return { value, row: make("div", { className: "one" }, make("dt", {}, name), value) };
    });
    this._values = values.map(({ value }) => value);
    this._note = make("p", { className: "muted" });
    this._group = make("div", { role: "group" }, this._label,
      make("dl", {}, ...values.map(({ row }) => row)), this._note);
    this._shadow.append(this._group);
  }

  connectedCallback() {
    super.connectedCallback();
    this._looking = setInterval(() => this.changed(), LOOK_EVERY);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this._looking);
  }

  /** @param {string} name */
  attributeChangedCallback(name) {
    this._sensor = "";
    super.attributeChangedCallback(name);
  }

  /** What is missing since the connection was lost is asked for again. @param {boolean} open */
  opened(open) {
    if (open) this._sensor = "";
  }

  /** @param {VscpEvent} event */
  receive(event) {
    if (!isMeasurement(event)) return;
    const { unit, value } = event.reading;
    if (unit !== this._series.unit) this._series = new Series("", unit);
    if (!event.isState || !this._series.has(event.moment)) {
      this._series.add(event.moment, Number(value));
    }
    const key = sensorKey(sensorOf(event));
    if (this._sensor) return; // of several that are meant the first one's past is known
    this._sensor = key;
    this._ask(event);
  }

  /** @param {VscpEvent} event */
  async _ask(event) {
    // Not less than plots ask for: one answer is for both.
    const hours = Math.max(DAY, Math.ceil((this._now - this._from) / HOUR));
    try {
      const history = await this._connection?.history(sensorOf(event), { hours });
      if (history && (!history.unit || history.unit === this._series.unit)) {
        this._series.fill(history, this._now);
      }
      this.changed();
    } catch {
      // Then it is what was heard.
    }
  }

  get _now() {
    return this._connection?.clock.now() ?? Date.now();
  }

  /** From when on, in ms since 1970. */
  get _from() {
    const hours = this.number("hours", 0);
    if (hours > 0) return this._now - Math.min(MOST_HOURS, hours) * HOUR;
    return new Date(this._now).setHours(0, 0, 0, 0);
  }

  render() {
    const now = this._now;
    const from = this._from;
    const digits = this.number("digits", null);
    const found = this._series.stats(from, now);
    const write = (/** @type {number} */ value) => `${digits === null ? localNumber(value, DIGITS)
      : localFixed(value, digits)} ${this._series.unit}`.trim();
    const hours = this.number("hours", 0);
    this._label.textContent = this.label;
    this._group.ariaLabel = this.label || "statistics";
    this._values.forEach((value, place) => {
      value.textContent = found ? write([found.min, found.mean, found.max][place]) : "–";
    });
    const since = this._series.firstFrom(from);
    const whole = since !== null && since - from < HOUR / 4;
    this._note.textContent = `${hours > 0 ? `last ${localNumber(hours)} h` : "today"}${
      found && !whole && since !== null ? `, heard since ${new Date(since).toLocaleTimeString([], {
        hour: "2-digit", minute: "2-digit" })}` : ""}${this.isOpen ? "" : ", not connected"}`;
  }
}
