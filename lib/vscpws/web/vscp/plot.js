// <vscp-plot>: measurements over time, live.
//
// Each <vscp-series> in it is one sensor, chosen by its attributes; a script adds further ones with
// addSeries(). The units have axes of their own, the first at the left and the second at the right;
// time is the daemon's. Buttons and the keys + and - zoom, and so does the wheel while the plot is
// held: clicked, pressed, or with Ctrl. Arrow keys and dragging move, space pauses, Home goes back
// to now.

import { axisOf } from "./axis.js";
import { Chart } from "./chart.js";
import { OWN_CLOCK } from "./clock.js";
import { make, sheet } from "./dom.js";
import { VscpElement, matcherOf } from "./element.js";
import { Legend } from "./legend.js";
import { isMeasurement, sensorKey, sensorOf } from "./sensor.js";
import { Series } from "./series.js";

const STYLE = sheet(`
  figure { margin: 0; }
  canvas { display: block; width: 100%; height: var(--vscp-plot-height, 16em);
    touch-action: pan-y; cursor: crosshair; }
  canvas:focus { outline: 2px solid var(--accent); outline-offset: 2px; }
  .head { display: flex; flex-wrap: wrap; gap: .4em .8em; align-items: center;
    justify-content: space-between; }
  .tools { display: flex; flex-wrap: wrap; gap: .4em; }
  .tools button { padding: .15em .6em; min-width: 40px; }
  button[aria-pressed=true] { background: var(--accent); color: var(--paper); }
  ul { list-style: none; display: flex; flex-wrap: wrap; gap: 0 1.2em; padding: 0;
    margin: .4em 0 0; font-size: .9em; }
  li { display: flex; gap: .5em; align-items: center; min-height: 1.8em; }
  .key { width: 1em; height: .25em; border-radius: .1em; flex: none; }
  li button { border: 0; padding: 0; color: var(--muted); min-width: 40px; }
  @media (pointer: fine) and (min-width: 821px) {
    .tools button, li button { min-height: 1.9rem; min-width: 1.9rem; }
  }
`);
// Three to one at least against white and against black.
const COLOURS = ["#2a9385", "#d06a24", "#7378de", "#c9529a", "#7a9320", "#3a8fcb", "#ac7d3e",
  "#9a70d2"];
const MOST_SERIES = 16;
const HOUR = 3600; // s, in sight at first
const DAY = 86400;
const HOURS = 24; // of the past that a series begins with
const ZOOM = 1.5;
const BETWEEN = 250; // ms between two drawings for what comes
const SENSOR = "vscp-series "; // before the keys of the elements, which stay
const WHEEL = "Click it, or hold Ctrl, and the wheel zooms. Drag it to move.";

/**
 * @typedef {import("./clock.js").DaemonClock} DaemonClock
 * @typedef {import("./event.js").VscpEvent} VscpEvent
 */

/**
 * Attributes: `label`, `span` (seconds in sight, an hour), `hours` of the past that is asked for
 * (24; 0 for none), `min` and `max` that the first axis reaches at least.
 */
export class VscpPlot extends VscpElement {
  static observedAttributes = ["label", "span", "hours", "min", "max"];

  constructor() {
    super(STYLE);
    /** @type {Map<string, Series>} by key */
    this._series = new Map();
    /** @type {{key: string, matches: function(VscpEvent): boolean}[]} */
    this._sensors = [];
    /** @type {Set<string>} sensors whose past was asked for since the connection is open */
    this._asked = new Set();
    /** @type {DaemonClock|null} */
    this._clock = null;
    /** @type {number|null} of the clock when the points got their times; null: there are none */
    this._offset = null;
    /** @type {import("./axis.js").TimeAxis|null} */
    this._axis = null;
    this._leaveAxis = () => {};
    /** @type {ReturnType<typeof setInterval>|undefined} */
    this._ticking = undefined;
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this._soon = undefined;
    /** @type {number|null} px from the left where it is held */
    this._held = null;
    this._title = make("span");
    this._pause = this._tool("Pause", "pause", () => { this.isPaused = !this.isPaused; });
    this._spans = [["1 h", HOUR], ["24 h", DAY]].map(([text, seconds]) => {
      const button = this._tool(String(text), `show ${text}`, () => {
        this.axis.span = Number(seconds) * 1000;
      });
      return { button, span: Number(seconds) * 1000 };
    });
    this._canvas = make("canvas", { tabIndex: 0, role: "img", title: WHEEL });
    this._chart = new Chart(this._canvas);
    this._legend = new Legend((key) => this.removeSeries(key));
    this._offline = make("p", { className: "muted", hidden: true }, "Not connected.");
    this._build();
    this._resized = new ResizeObserver(() => this.changed());
  }

  connectedCallback() {
    super.connectedCallback();
    this.querySelectorAll("vscp-series").forEach((element, place) => this.addSeries(
      `${SENSOR}${place}`, element.getAttribute("label") ?? element.getAttribute("name")
        ?? `sensor ${place + 1}`));
    this._joinAxis();
    this._resized.observe(this._canvas);
    this._ticking = setInterval(() => this.changed(), 1000); // an axis of time goes on by itself
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this._leaveAxis();
    this._axis = null;
    this._resized.disconnect();
    clearInterval(this._ticking);
    clearTimeout(this._soon);
    this._soon = undefined;
  }

  /** @param {string} name */
  attributeChangedCallback(name) {
    if (name === "span" && this.isConnected) this._joinAxis();
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
    if (this.isConnected) this._joinAxis();
  }

  /** The axis of time, which the plots of a page share. */
  get axis() {
    return this._axis ?? axisOf(this.clock, this.number("span", HOUR) * 1000);
  }

  /** ms in sight. */
  get span() {
    return this.axis.span;
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
    this._changedSoon();
  }

  /**
   * The past of a series, where it has no points of its own.
   * @param {string} key
   * @param {import("./knowledge.js").History} history
   */
  addHistory(key, history) {
    this._followClock();
    const series = this._series.get(key);
    if (series && !series.unit) series.unit = history.unit;
    if (!series || history.unit && history.unit !== series.unit) return;
    series.fill(history, this.clock.now());
    const latest = Math.max(...[...this._series.values()].map(({ times }) => times.at(-1) ?? 0));
    this.axis.reach(latest);
    this.changed();
  }

  /** Whether a series has a point at this time. @param {string} key @param {number} time */
  hasPoint(key, time) {
    return this._series.get(key)?.has(time) ?? false;
  }

  /** @param {string} key @param {string} label */
  nameSeries(key, label) {
    const series = this._series.get(key);
    if (series) series.label = label;
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
    return this.axis.isPaused;
  }

  set isPaused(paused) {
    this.axis.isPaused = paused;
  }

  /** Show more time (over 1) or less. @param {number} factor */
  zoom(factor) {
    this.axis.span *= factor;
  }

  /** Move by a share of what is in sight; forward at most to now. @param {number} share */
  move(share) {
    this.axis.move(share * this.axis.span);
  }

  // ---- events ------------------------------------------------------------------------------

  /** @param {import("./catalog.js").Catalog} catalog */
  matcher(catalog) {
    const elements = [...this.querySelectorAll("vscp-series")].slice(0, MOST_SERIES);
    this._sensors = elements.map((element, place) => ({
      key: `${SENSOR}${place}`,
      matches: matcherOf(element, catalog, this._connection?.nodeNames),
    }));
    return isMeasurement;
  }

  /** What was missed is asked for again. @param {boolean} open */
  opened(open) {
    this._offline.hidden = open;
    if (open) this._asked.clear();
  }

  /** @param {VscpEvent} event */
  receive(event) {
    const { value, unit } = event.reading;
    for (const { key, matches } of this._sensors) {
      const series = this._series.get(key);
      if (!series || !matches(event)) continue;
      series.unit = unit;
      if (!event.isState || !series.has(event.moment)) {
        this.addPoint(key, event.moment, Number(value));
      }
      this._askPast(key, event);
    }
  }

  /** @param {string} key @param {VscpEvent} event the first that was heard of its sensor */
  async _askPast(key, event) {
    const sensor = sensorOf(event);
    const hours = this.number("hours", HOURS);
    const asked = `${key} ${sensorKey(sensor)}`;
    if (!(hours > 0) || this._asked.has(asked) || this._asked.size >= MOST_SERIES) return;
    this._asked.add(asked);
    try {
      const history = await this._connection?.history(sensor, { hours });
      if (history) this.addHistory(key, history);
    } catch {
      // Then it begins with what comes.
    }
  }

  _joinAxis() {
    const axis = axisOf(this.clock, this.number("span", HOUR) * 1000);
    if (axis === this._axis) return;
    this._leaveAxis();
    this._axis = axis;
    this._leaveAxis = axis.on("change", () => this.changed());
    this.changed();
  }

  /** When the daemon's clock is set, what was drawn stays as long ago as it was. */
  _followClock() {
    const { offset } = this.clock;
    const by = offset - (this._offset ?? offset);
    this._offset = offset;
    if (by === 0) return;
    for (const series of this._series.values()) series.shift(by);
  }

  // ---- looks -------------------------------------------------------------------------------

  _build() {
    const canvas = this._canvas;
    this._shadow.append(make("figure", {},
      make("figcaption", { className: "head" }, this._title,
        make("span", { className: "tools" },
          ...this._spans.map(({ button }) => button),
          this._tool("−", "show more time", () => this.zoom(ZOOM)),
          this._tool("+", "show less time", () => this.zoom(1 / ZOOM)), this._pause)),
      canvas, this._legend.element, this._offline));
    canvas.addEventListener("wheel", (wheel) => this._onWheel(wheel), { passive: false });
    canvas.addEventListener("keydown", (key) => this._onKey(key));
    canvas.addEventListener("pointerdown", (press) => {
      this._held = press.offsetX;
      canvas.setPointerCapture(press.pointerId);
    });
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, () => { this._held = null; });
    }
    canvas.addEventListener("pointermove", ({ offsetX }) => this._onMove(offsetX));
    canvas.addEventListener("pointerleave", () => { this.axis.pointer = null; });
  }

  /** The page scrolls, unless the plot is held. @param {WheelEvent} wheel */
  _onWheel(wheel) {
    const isHeld = this._held !== null || wheel.ctrlKey || wheel.metaKey
      || this._shadow.activeElement === this._canvas;
    if (!isHeld) return;
    wheel.preventDefault();
    this.zoom(wheel.deltaY > 0 ? ZOOM : 1 / ZOOM);
  }

  /** @param {number} place px from the left */
  _onMove(place) {
    if (this._held !== null && place !== this._held) {
      this.axis.move((this._held - place) * this._chart.perPixel);
      this._held = place;
    }
    this.axis.pointer = this._chart.timeAt(place);
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
      Escape: () => this._canvas.blur(),
    };
    if (!acts[key.key] || key.ctrlKey || key.altKey || key.metaKey) return;
    key.preventDefault();
    acts[key.key]();
  }

  /** Events come faster than eyes see. */
  _changedSoon() {
    this._soon ??= setTimeout(() => {
      this._soon = undefined;
      this.changed();
    }, BETWEEN);
  }

  /** @param {VscpEvent} event */
  _offer(event) {
    if (this._matcher()(event)) this.receive(event);
  }

  render() {
    this._followClock();
    const { end, span, isPaused, pointer } = this.axis;
    this._title.textContent = this.label;
    this._pause.setAttribute("aria-pressed", String(isPaused));
    for (const { button, span: own } of this._spans) {
      button.setAttribute("aria-pressed", String(own === span));
    }
    const lines = [...this._series].map(([key, series], place) => ({ key, series,
      colour: COLOURS[place % COLOURS.length], isFixed: key.startsWith(SENSOR) }));
    this._chart.draw(lines, end - span, end, pointer,
      { min: this.number("min", null), max: this.number("max", null) });
    const said = this._legend.show(lines, end - span, end, pointer);
    this._canvas.ariaLabel = `${this.label || "plot"}: ${said || "no values yet"}`;
  }
}

/** One sensor of the plot around it; only its attributes count. */
export class VscpSeries extends HTMLElement {}
