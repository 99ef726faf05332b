// The list of events, newest first. Only the rows in sight exist: however long the list is, it
// scrolls as a short one does.
//
// While it is at its top it is live. Scrolling down, moving through the rows by keyboard and the
// pause button hold it, so that nothing moves under the eyes; the events are collected meanwhile.

import { make } from "../vscp/dom.js";
import { Emitter } from "../vscp/emitter.js";
import { alarmMood, alarmWord } from "../vscp/alarm.js";
import { localCount } from "../vscp/locale.js";
import { isMeasurement } from "../vscp/sensor.js";
import { areSeveral, busColour, busName } from "./buses.js";
import { byId, eachFrame, setText } from "./dom.js";
import { clock, countText, fieldsText, nodeName, placeText, shortValue } from "./text.js";

const SPARE = 4; // rows above and below those in sight
const WORK = 8; // ms a frame for looking at new events

/**
 * @typedef {import("./ring.js").Entry} Entry
 * @typedef {import("./ring.js").Ring} Ring
 * @typedef {import("./ring.js").View} View
 */

/**
 * Emits `open` and `plot` with the chosen entry, and `resume`.
 * @extends {Emitter<{open: Entry, plot: Entry, resume: null}>}
 */
export class EventList extends Emitter {
  /** @param {Ring} ring @param {View} view */
  constructor(ring, view) {
    super();
    this._ring = ring;
    this._view = view;
    this._scroller = byId("events");
    this._space = byId("events-space");
    this._rows = byId("events-rows");
    /** @type {Row[]} */
    this._slots = [];
    this._paused = false;
    this._fresh = false; // there is a new filter
    this._length = -1; // that was drawn
    this._rowHeight = NaN;
    /** @type {Entry|null} that the keyboard is at */
    this._active = null;
    /** @type {Entry|null} */
    this._pressed = null;
    this.wake = eachFrame(() => this._frame());
    this._scroller.addEventListener("scroll", this.wake, { passive: true });
    this._scroller.addEventListener("keydown", (key) => this._onKey(key));
    this._scroller.addEventListener("pointerdown", (press) => this._onPress(press));
    this._scroller.addEventListener("click", (click) => this._onClick(click));
    new ResizeObserver(() => this._measure()).observe(this._scroller);
    byId("resume").addEventListener("click", () => this.resume());
  }

  get isPaused() {
    return this._paused;
  }

  set isPaused(paused) {
    this._paused = paused;
    this.wake();
  }

  /** Whether the rows stand still. */
  get isHeld() {
    return this._paused || this._active !== null || this._scroller.scrollTop > this._rowHeight / 2;
  }

  /** Names or buses have changed: all rows are written anew. */
  refresh() {
    byId("events").dataset.buses = String(areSeveral());
    for (const slot of this._slots) slot.isStale = true;
    this.wake();
  }

  /** Show what this lets through. @param {(function(Entry): boolean)|null} matches */
  filter(matches) {
    this._view.restart(matches);
    this._fresh = true;
    this._toTop();
  }

  /** Be live again. */
  resume() {
    this._paused = false;
    this._toTop();
    this.emit("resume", null);
  }

  _toTop() {
    this._setActive(null);
    this._scroller.scrollTop = 0;
    this.wake();
  }

  _measure() {
    const style = getComputedStyle(this._scroller);
    this._rowHeight = parseFloat(style.getPropertyValue("--row-height"));
    const wanted = Math.ceil(this._scroller.clientHeight / this._rowHeight) + 2 * SPARE;
    while (this._slots.length < wanted) this._slots.push(new Row());
    this._slots.length = wanted;
    this._rows.replaceChildren(...this._slots.map((slot) => slot.node));
    this.wake();
  }

  _frame() {
    // A new filter is looked at in whole even while the list is held.
    if (!this.isHeld || this._fresh) {
      this._view.catchUp(WORK);
      if (this._view.behind) this.wake();
      else this._fresh = false;
    }
    this._draw();
  }

  _draw() {
    const { length } = this._view;
    const height = this._rowHeight;
    const last = Math.max(0, length - this._slots.length);
    const first = Math.min(last, Math.max(
      0, Math.floor(this._scroller.scrollTop / height) - SPARE));
    if (length !== this._length) {
      this._length = length;
      this._space.style.height = `${length * height}px`;
      this._scroller.setAttribute("aria-rowcount", String(length + 1));
    }
    this._rows.style.transform = `translateY(${first * height}px)`;
    this._slots.forEach((slot, place) => {
      const entry = first + place < length ? this._view.newest(first + place) : null;
      slot.show(entry, first + place, entry !== null && entry === this._active);
    });
    this._summarize(length);
  }

  /** @param {number} length */
  _summarize(length) {
    const waiting = this.isHeld ? this._view.behind : 0;
    byId("resume").hidden = !this.isHeld;
    setText(byId("resume"), waiting ? `Held · ${localCount(waiting)} newer · resume`
      : "Held · resume");
    const kept = this._ring.end - this._ring.start;
    setText(byId("count"), length === kept || this.isHeld ? countText(length)
      : `${localCount(length)} of ${countText(kept)}`);
    byId("no-events").hidden = length > 0;
  }

  // ---- keyboard and pointer ----------------------------------------------------------------

  /** @param {KeyboardEvent} key */
  _onKey(key) {
    const page = Math.max(1, Math.floor(this._scroller.clientHeight / this._rowHeight) - 1);
    const at = this._activePlace();
    /** @type {Record<string, number>} */
    const steps = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: Math.max(at, 0) + page,
      PageUp: at - page, Home: 0, End: this._view.length - 1 };
    if (key.key in steps) {
      this._moveTo(Math.min(this._view.length - 1, steps[key.key]));
    } else if (key.key === "Enter" && this._active) {
      this._choose("open", this._active);
    } else if (key.key === "p" && this._active && isMeasurement(this._active.event)) {
      this._choose("plot", this._active);
    } else if (key.key === "Escape") {
      this.resume();
    } else {
      return;
    }
    key.preventDefault();
  }

  _activePlace() {
    if (!this._active) return -1;
    for (let place = 0; place < this._view.length; place += 1) {
      if (this._view.newest(place) === this._active) return place;
    }
    return -1;
  }

  /** @param {number} place */
  _moveTo(place) {
    if (place < 0) {
      this.resume();
      return;
    }
    this._setActive(this._view.newest(place));
    const top = place * this._rowHeight;
    const { scrollTop, clientHeight } = this._scroller;
    const room = clientHeight - this._headHeight() - this._rowHeight;
    if (top < scrollTop) this._scroller.scrollTop = top;
    else if (top > scrollTop + room) this._scroller.scrollTop = top - room;
    this.wake();
  }

  _headHeight() {
    return byId("events-head").offsetHeight;
  }

  /** @param {Entry|null} entry */
  _setActive(entry) {
    this._active = entry;
    if (entry) this._scroller.setAttribute("aria-activedescendant", "active-event");
    else this._scroller.removeAttribute("aria-activedescendant");
  }

  // A live list may have moved on between press and release: what was pressed is meant.
  /** @param {PointerEvent} press */
  _onPress(press) {
    this._pressed = this._entryAt(press.target);
  }

  /** @param {MouseEvent} click */
  _onClick(click) {
    const entry = this._pressed ?? this._entryAt(click.target);
    this._pressed = null;
    if (!entry) return;
    const plots = elementOf(click.target)?.closest(".plot-it") && isMeasurement(entry.event);
    this._choose(plots ? "plot" : "open", entry);
  }

  /** @param {EventTarget|null} target */
  _entryAt(target) {
    const row = elementOf(target)?.closest("[role=row]");
    const slot = this._slots.find((candidate) => candidate.node === row);
    return slot ? slot.entry : null;
  }

  /** @param {"open"|"plot"} what @param {Entry} entry */
  _choose(what, entry) {
    this.emit(what, entry);
  }
}

/** @param {EventTarget|null} target */
function elementOf(target) {
  return target instanceof Element ? target : null;
}

/** One row's elements, which show one event after the other. */
class Row {
  constructor() {
    const cell = (/** @type {string} */ name) => make("span",
      { role: "gridcell", className: `cell-${name}` });
    this._time = cell("time");
    this._node = cell("node");
    this._badge = make("b", { className: "badge" });
    this._bus = cell("bus");
    this._type = make("b");
    this._class = make("small");
    this._value = make("span", { className: "plot-it" });
    this._place = cell("place");
    this._priority = cell("priority");
    this._data = cell("data");
    const name = cell("name");
    name.append(this._badge, this._type, " ", this._class);
    const value = cell("value");
    value.append(this._value);
    this.node = make("div", { role: "row", className: "row", hidden: true }, this._time,
      this._node, name, value, this._place, this._priority, this._data);
    /** @type {Entry|null} */
    this.entry = null;
    this.isStale = false; // it is to be written anew, and means its entry until then
  }

  /**
   * @param {Entry|null} entry null: nothing is here
   * @param {number} place counted from the newest
   * @param {boolean} active
   */
  show(entry, place, active) {
    this.node.hidden = entry === null;
    if (entry === null) {
      this.entry = null;
      return;
    }
    this.node.setAttribute("aria-rowindex", String(place + 2)); // the head is the first
    if (active) this.node.id = "active-event";
    else this.node.removeAttribute("id");
    this.node.setAttribute("aria-selected", String(active));
    if (entry === this.entry && !this.isStale) return;
    this.entry = entry;
    this.isStale = false;
    const { event } = entry;
    const { reading } = event;
    setText(this._time, clock(event.micros / 1000));
    setText(this._node, entry.own ? "sent" : nodeName(event));
    this._node.title = entry.own ? "" : event.guid;
    setText(this._badge, alarmWord(event));
    this._badge.hidden = !alarmWord(event);
    this.node.dataset.alarm = alarmMood(event);
    this._showBus(entry);
    setText(this._type, reading.typeName);
    setText(this._class, reading.className);
    setText(this._value, shortValue(reading) || fieldsText(reading));
    setText(this._place, placeText(reading));
    setText(this._priority, String(event.priority));
    setText(this._data, event.hex);
    this.node.dataset.own = String(entry.own);
    this._value.classList.toggle("can-plot", isMeasurement(event));
    this._value.classList.toggle("fields", reading.value === null);
    this._value.title = isMeasurement(event) ? "Plot it" : "";
  }

  /** Where there are several. @param {Entry} entry */
  _showBus({ event, own }) {
    if (!areSeveral()) {
      this._bus.remove();
      return;
    }
    if (!this._bus.isConnected) this._time.after(this._bus);
    setText(this._bus, own ? "" : busName(event));
    this._bus.dataset.bus = own ? "" : busColour(event);
  }
}
