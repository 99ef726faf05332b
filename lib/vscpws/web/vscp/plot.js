// <vscp-plot>: measurements over time, live.
//
// Each <vscp-series> in it is one sensor, chosen by its attributes; a script adds further ones with
// addSeries(). The units have axes of their own, the first at the left and the second at the right;
// time is the daemon's. Wheel, buttons and the keys + and - zoom, arrow keys move, space pauses,
// Home goes back to now.

import { Chart } from "./chart.js";
import { OWN_CLOCK } from "./clock.js";
import { make, sheet } from "./dom.js";
import { VscpElement, matcherOf } from "./element.js";
import { numberText } from "./reading.js";
import { Series } from "./series.js";

const STYLE = sheet(`
  figure { margin: 0; }
  canvas { display: block; width: 100%; height: var(--vscp-plot-height, 16em);
    touch-action: pan-y; }
  .head { display: flex; flex-wrap: wrap; gap: .4em .8em; align-items: center;
    justify-content: space-between; }
  .tools { display: flex; gap: .4em; }
  .tools button { padding: .15em .6em; min-width: 2.2em; }
  button[aria-pressed=true] { background: var(--accent); color: var(--paper); }
  ul { list-style: none; display: flex; flex-wrap: wrap; gap: .3em 1.2em; padding: 0;
    margin: .4em 0 0; font-size: .9em; }
  li { display: flex; gap: .4em; align-items: center; }
  .key { width: 1em; height: .25em; border-radius: .1em; }
  li button { border: 0; padding: 0 .3em; color: var(--muted); }
`);
// Three to one at least against white and against black.
const COLOURS = ["#2a9385", "#d06a24", "#7378de", "#c9529a", "#7a9320", "#3a8fcb", "#ac7d3e",
  "#9a70d2"];
const MOST_SERIES = 16;
const SPAN = 600; // s in sight at first
const SHORTEST = 5000; // ms
const DIGITS = 5; // of a value in the legend
const LONGEST = 7 * 86400000;
const ZOOM = 1.5;
const SENSOR = "vscp-series "; // before the keys of the elements, which stay

/**
 * @typedef {import("./clock.js").DaemonClock} DaemonClock
 * @typedef {import("./event.js").VscpEvent} VscpEvent
 * @typedef {{row: HTMLElement, key: HTMLElement, text: HTMLElement, remove: HTMLElement}} Entry
 */

/** Attributes: `label`, `span` (seconds in sight, 600). */
export class VscpPlot extends VscpElement {
  static observedAttributes = ["label", "span"];

  constructor() {
    super(STYLE);
    /** @type {Map<string, Series>} by key */
    this._series = new Map();
    /** @type {{key: string, matches: function(VscpEvent): boolean}[]} */
    this._sensors = [];
    this._span = SPAN * 1000;
    /** @type {number|null} ms since 1970 at the right edge; null: now */
    this._end = null;
    /** @type {number|null} px from the left */
    this._pointer = null;
    /** @type {DaemonClock|null} */
    this._clock = null;
    /** @type {number|null} of the clock when the points got their times; null: there are none */
    this._offset = null;
    /** @type {ReturnType<typeof setInterval>|undefined} */
    this._ticking = undefined;
    this._title = make("span");
    this._pause = this._tool("Pause", "pause", () => {
      this.isPaused = !this.isPaused;
    });
    this._canvas = make("canvas", { tabIndex: 0, role: "img" });
    this._chart = new Chart(this._canvas);
    this._legend = make("ul");
    /** @type {Entry[]} of the legend */
    this._entries = [];
    this._build();
    this._resized = new ResizeObserver(() => this.changed());
  }

  connectedCallback() {
    super.connectedCallback();
    this.querySelectorAll("vscp-series").forEach((element, place) => this.addSeries(
      `${SENSOR}${place}`, element.getAttribute("label") ?? `sensor ${place + 1}`));
    this._resized.observe(this._canvas);
    this._ticking = setInterval(() => this.changed(), 1000); // an axis of time goes on by itself
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this._resized.disconnect();
    clearInterval(this._ticking);
  }

  /** @param {string} name */
  attributeChangedCallback(name) {
    if (name === "span") this._span = clamp(this.number("span", SPAN) * 1000);
    super.attributeChangedCallback(name);
  }

  // ---- for scripts -------------------------------------------------------------------------

  /** Whose time it has: by default the connection's, and this side's where there is none. */
  get clock() {
    return this._clock ?? this._connection?.clock ?? OWN_CLOCK;
  }

  /** @param {DaemonClock} clock */
  set clock(clock) {
    this._clock = clock;
  }

  /**
   * Begin a series; one with the same key goes on. False if there are too many.
   * @param {string} key
   * @param {string} label
   * @param {string} [unit]
   */
  addSeries(key, label, unit = "") {
    if (!this._series.has(key)) {
      if (this._series.size >= MOST_SERIES) return false;
      this._series.set(key, new Series(label, unit));
    }
    this.changed();
    return true;
  }

  /**
   * A point of a series. What is later than now is of now.
   * @param {string} key
   * @param {number} time ms since 1970, by the daemon's clock
   * @param {number} value
   */
  addPoint(key, time, value) {
    this._followClock();
    const now = this.clock.now();
    this._series.get(key)?.add(time <= now ? time : now, value);
    this.changed();
  }

  /** @param {string} key */
  removeSeries(key) {
    this._series.delete(key);
    this.dispatchEvent(new CustomEvent("remove", { detail: key }));
    this.changed();
  }

  /** The keys of the series. */
  get keys() {
    return [...this._series.keys()];
  }

  get isPaused() {
    return this._end !== null;
  }

  set isPaused(paused) {
    this._end = paused ? this._end ?? this.clock.now() : null;
    this.changed();
  }

  /** Show more time (over 1) or less. @param {number} factor */
  zoom(factor) {
    this._span = clamp(this._span * factor);
    this.changed();
  }

  /** Move by a share of what is in sight; forward at most to now. @param {number} share */
  move(share) {
    const now = this.clock.now();
    const end = (this._end ?? now) + share * this._span;
    this._end = end >= now ? null : end;
    this.changed();
  }

  // ---- events ------------------------------------------------------------------------------

  /** @param {import("./catalog.js").Catalog} catalog */
  matcher(catalog) {
    const elements = [...this.querySelectorAll("vscp-series")].slice(0, MOST_SERIES);
    this._sensors = elements.map((element, place) => ({
      key: `${SENSOR}${place}`, matches: matcherOf(element, catalog),
    }));
    return (/** @type {VscpEvent} */ event) => typeof event.reading.value === "number";
  }

  /** @param {VscpEvent} event */
  receive(event) {
    const { value, unit } = event.reading;
    for (const { key, matches } of this._sensors) {
      const series = this._series.get(key);
      if (!series || !matches(event)) continue;
      series.unit = unit;
      this.addPoint(key, event.moment, Number(value));
    }
  }

  /** When the daemon's clock is set, what was drawn stays as long ago as it was. */
  _followClock() {
    const { offset } = this.clock;
    const by = offset - (this._offset ?? offset);
    this._offset = offset;
    if (by === 0) return;
    for (const series of this._series.values()) series.shift(by);
    if (this._end !== null) this._end += by;
  }

  // ---- looks -------------------------------------------------------------------------------

  _build() {
    this._shadow.append(make("figure", {},
      make("figcaption", { className: "head" }, this._title,
        make("span", { className: "tools" },
          this._tool("−", "show more time", () => this.zoom(ZOOM)),
          this._tool("+", "show less time", () => this.zoom(1 / ZOOM)), this._pause)),
      this._canvas, this._legend));
    this._canvas.addEventListener("wheel", (wheel) => {
      wheel.preventDefault();
      this.zoom(wheel.deltaY > 0 ? ZOOM : 1 / ZOOM);
    }, { passive: false });
    this._canvas.addEventListener("keydown", (key) => this._onKey(key));
    this._canvas.addEventListener("pointermove", ({ offsetX }) => this._point(offsetX));
    this._canvas.addEventListener("pointerleave", () => this._point(null));
  }

  /** @param {string} text @param {string} label @param {function(): void} click */
  _tool(text, label, click) {
    const button = make("button", { type: "button", ariaLabel: label, title: label }, text);
    button.addEventListener("click", click);
    return button;
  }

  /** @param {KeyboardEvent} key */
  _onKey(key) {
    /** @type {Record<string, function(): void>} */
    const acts = {
      "+": () => this.zoom(1 / ZOOM), "-": () => this.zoom(ZOOM),
      ArrowLeft: () => this.move(-0.25), ArrowRight: () => this.move(0.25),
      Home: () => { this.isPaused = false; },
      " ": () => { this.isPaused = !this.isPaused; },
    };
    if (!acts[key.key] || key.ctrlKey || key.altKey || key.metaKey) return;
    key.preventDefault();
    acts[key.key]();
  }

  /** @param {number|null} place */
  _point(place) {
    this._pointer = place;
    this.changed();
  }

  render() {
    this._followClock();
    const end = this._end ?? this.clock.now();
    this._title.textContent = this.label;
    this._pause.setAttribute("aria-pressed", String(this.isPaused));
    const series = [...this._series.values()]
      .map((each, place) => ({ series: each, colour: COLOURS[place % COLOURS.length] }));
    const at = this._chart.draw(series, end - this._span, end, this._pointer);
    this._tellLegend(series, at);
    this._canvas.ariaLabel = `${this.label || "plot"}: ${series.length
      ? series.map(({ series: each }) => valueAt(each)).join("; ") : "no values yet"}`;
  }

  /**
   * Labels with the value at the pointer, or the latest.
   * @param {import("./chart.js").Line[]} lines
   * @param {number|null} at the pointer's time
   */
  _tellLegend(lines, at) {
    while (this._entries.length > lines.length) this._entries.pop()?.row.remove();
    while (this._entries.length < lines.length) this._entries.push(this._entry());
    lines.forEach(({ series, colour }, place) => {
      const { key, text, remove } = this._entries[place];
      key.style.background = colour;
      text.textContent = valueAt(series, at);
      remove.hidden = this.keys[place].startsWith(SENSOR);
      remove.ariaLabel = `remove ${series.label}`;
    });
  }

  /** @returns {Entry} */
  _entry() {
    const key = make("span", { className: "key", ariaHidden: "true" });
    const text = make("span");
    const remove = make("button", { type: "button" }, "×");
    const row = make("li", {}, key, text, remove);
    const entry = { row, key, text, remove };
    remove.addEventListener("click", () => {
      this.removeSeries(this.keys[this._entries.indexOf(entry)]);
    });
    this._legend.append(row);
    return entry;
  }
}

/** One sensor of the plot around it; only its attributes count. */
export class VscpSeries extends HTMLElement {}

/** @param {Series} series @param {number|null} [time] */
function valueAt(series, time = null) {
  const place = time === null ? series.times.length - 1 : series.placeOf(time);
  const value = series.values[Math.min(place, series.values.length - 1)];
  if (value === undefined) return series.label;
  return `${series.label} ${numberText(value, DIGITS)} ${series.unit}`.trim();
}

/** @param {number} span */
function clamp(span) {
  return Math.min(LONGEST, Math.max(SHORTEST, span));
}
