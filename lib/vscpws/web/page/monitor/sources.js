// The second view of the events: a row for each source, which is a node, what it says and of which
// place. Columns sort; bytes that differ from those before are marked.

import { alarmMood } from "../vscp/alarm.js";
import { make } from "../vscp/dom.js";
import { Emitter } from "../vscp/emitter.js";
import { hexOf } from "../vscp/hex.js";
import { ago, localCount, localNumber } from "../vscp/locale.js";
import { isMeasurement, sensorKey, sensorOf } from "../vscp/sensor.js";
import { byId, setText } from "./dom.js";
import { fieldsText, nodeName, placeText, sensorName, shortValue } from "./text.js";

const MOST = 1000; // sources; then the one that was silent for longest makes room
const DRAW_EVERY = 500; // ms
const REMEMBERED = 16; // times of one source, for its rate

/**
 * @typedef {import("../vscp/vscp.js").VscpEvent} VscpEvent
 * @typedef {import("./ring.js").Entry} Entry
 * @typedef {"node"|"event"|"place"|"count"|"rate"|"value"|"data"|"age"} Column
 */

/**
 * Emits `open` and `plot` with the latest event of the chosen source.
 * @extends {Emitter<{open: VscpEvent, plot: VscpEvent}>}
 */
export class Sources extends Emitter {
  constructor() {
    super();
    /** @type {Map<string, Source>} by key */
    this._sources = new Map();
    /** @type {(function(Entry): boolean)|null} */
    this._matches = null;
    /** @type {{column: Column, direction: 1|-1}} */
    this._order = { column: "node", direction: 1 };
    this._isShown = false;
    this._body = byId("sources-rows");
    /** @type {NodeListOf<HTMLButtonElement>} */
    this._heads = document.querySelectorAll("#sources-head button");
    for (const head of this._heads) {
      head.addEventListener("click", () => this.sort(/** @type {Column} */ (head.value)));
    }
    this._body.addEventListener("click", (click) => this._onClick(click));
    setInterval(() => this._draw(), DRAW_EVERY);
  }

  /** Only what is looked at is drawn. @param {boolean} shown */
  show(shown) {
    this._isShown = shown;
    this._draw();
  }

  /** @param {VscpEvent} event */
  add(event) {
    const key = sensorKey(sensorOf(event));
    const source = this._sources.get(key);
    if (source) {
      source.take(event);
      return;
    }
    if (this._sources.size >= MOST) this._forgetOldest();
    this._sources.set(key, new Source(key, event));
  }

  /** Show what this lets through. @param {(function(Entry): boolean)|null} matches */
  filter(matches) {
    this._matches = matches;
    this._draw();
  }

  clear() {
    this._sources.clear();
    this._body.replaceChildren();
    this._draw();
  }

  /** By a column; once more turns the order. @param {Column} column */
  sort(column) {
    const isSame = this._order.column === column;
    const first = ["count", "rate"].includes(column) ? -1 : 1; // most first
    this._order = { column, direction: isSame ? (this._order.direction === 1 ? -1 : 1) : first };
    this._draw();
  }

  _forgetOldest() {
    const [oldest] = [...this._sources.values()].sort((one, other) => other.age - one.age);
    oldest.element.remove();
    this._sources.delete(oldest.key);
  }

  _draw() {
    if (!this._isShown) return;
    const { column, direction } = this._order;
    const shown = [...this._sources.values()].filter((source) => !this._matches
      || this._matches({ number: 0, event: source.event, own: false }));
    for (const source of shown) source.draw();
    shown.sort((one, other) => direction * compare(one.rank(column), other.rank(column))
      || compare(one.key, other.key));
    this._place(shown.map(({ element }) => element));
    for (const head of this._heads) {
      head.parentElement?.setAttribute("aria-sort", head.value !== column ? "none"
        : direction === 1 ? "ascending" : "descending");
    }
    setText(byId("sources-count"), `${localCount(shown.length)} of ${
      localCount(this._sources.size)} sources`);
  }

  /** Rows move only where their order has changed. @param {HTMLElement[]} rows */
  _place(rows) {
    const wanted = new Set(rows);
    for (const row of [...this._body.children]) {
      if (!wanted.has(/** @type {HTMLElement} */ (row))) row.remove();
    }
    rows.forEach((row, place) => {
      const there = this._body.children[place];
      if (there !== row) this._body.insertBefore(row, there ?? null);
    });
  }

  /** @param {MouseEvent} click */
  _onClick({ target }) {
    const button = target instanceof Element ? target.closest("button") : null;
    const row = /** @type {HTMLElement|null} */ (button?.closest("tr"));
    const source = this._sources.get(row?.dataset.key ?? "");
    if (!button || !source) return;
    this.emit(button.value === "plot" ? "plot" : "open", source.event);
  }
}

/** @param {number|string} one @param {number|string} other */
function compare(one, other) {
  if (typeof one === "number" && typeof other === "number") return one - other;
  return String(one).localeCompare(String(other));
}

class Source {
  /** @param {string} key @param {VscpEvent} event the first that was heard */
  constructor(key, event) {
    this.key = key;
    this.event = event;
    this.count = 0;
    /** @type {number[]} ms, of the latest events */
    this._times = [];
    /** @type {Uint8Array} of the event before */
    this._before = event.data;
    /** @type {VscpEvent|null} */
    this._drawn = null;
    const cell = () => make("td");
    this._node = make("th", { scope: "row" });
    this._name = make("button", { type: "button", className: "plain", value: "open" });
    this._place = cell();
    this._count = cell();
    this._rate = cell();
    this._value = cell();
    this._plot = make("button", { type: "button", className: "plain can-plot", value: "plot",
      title: "Plot it" });
    this._data = make("td", { className: "cell-data" });
    this._age = cell();
    const name = cell();
    name.append(this._name);
    this.element = make("tr", { "data-key": key, "data-alarm": alarmMood(event) }, this._node, name,
      this._place, this._count, this._rate, this._value, this._data, this._age);
    this.take(event);
  }

  get age() {
    return this.event.age;
  }

  /** @param {VscpEvent} event */
  take(event) {
    this._before = this.event.data;
    this.event = event;
    this.count += 1;
    this._times.push(performance.now());
    if (this._times.length > REMEMBERED) this._times.shift();
  }

  /** Events a second, of the latest ones and the silence since. */
  get rate() {
    if (this._times.length < 2) return 0;
    const usual = (this._times[this._times.length - 1] - this._times[0]) / (this._times.length - 1);
    const silence = performance.now() - this._times[this._times.length - 1];
    return 1000 / Math.max(usual, silence, 1);
  }

  /** @param {Column} column @returns {number|string} */
  rank(column) {
    const { value } = this.event.reading;
    switch (column) {
      case "node": return nodeName(this.event);
      case "event": return sensorName(this.event);
      case "place": return placeText(this.event.reading);
      case "count": return this.count;
      case "rate": return this.rate;
      case "value": return typeof value === "number" ? value : this._valueText;
      case "data": return this.event.hex;
      default: return this.age;
    }
  }

  get _valueText() {
    const { reading } = this.event;
    return shortValue(reading) || fieldsText(reading);
  }

  draw() {
    const { event } = this;
    setText(this._age, ago(this.age));
    setText(this._rate, rateText(this.rate));
    if (event === this._drawn) return;
    this._drawn = event;
    setText(this._node, nodeName(event));
    setText(this._name, sensorName(event));
    setText(this._place, placeText(event.reading));
    setText(this._count, localCount(this.count));
    if (isMeasurement(event)) {
      setText(this._plot, this._valueText);
      if (!this._plot.isConnected) this._value.replaceChildren(this._plot);
    } else {
      setText(this._value, this._valueText);
    }
    this._drawData(event.data);
  }

  /** @param {Uint8Array} data */
  _drawData(data) {
    const isFirst = this.count === 1;
    this._data.replaceChildren(...[...data].flatMap((byte, place) => {
      const text = hexOf([byte]);
      const isOther = !isFirst && byte !== this._before[place];
      return [isOther ? make("mark", {}, text) : text, " "];
    }));
  }
}

/** "2/s", "4/min", "3/h". @param {number} rate a second */
function rateText(rate) {
  if (!rate) return "";
  const [count, unit] = rate >= 1 ? [rate, "s"] : rate >= 1 / 60 ? [rate * 60, "min"]
    : [rate * 3600, "h"];
  return `${localNumber(count, 2)}/${unit}`;
}
