// The nodes that were heard: when last, their heartbeat, and what they measure.

import { make } from "../vscp/dom.js";
import { Emitter } from "../vscp/emitter.js";
import { ago, localCount } from "../vscp/locale.js";
import { isMeasurement, sensorKey, sensorOf } from "../vscp/sensor.js";
import { byId, setText } from "./dom.js";
import { areaOf, givenName, isHeartbeat, nickname, nodeName, placeText, sensorName, shortValue }
  from "./text.js";

const MOST_NODES = 256; // then the one that was silent for longest makes room
const MOST_STREAMS = 24; // of one node: a fuller list helps nobody
const QUIET_AFTER = 120000; // ms: two missed heartbeats of the slowest usual kind
const DRAW_EVERY = 500; // ms

/**
 * @typedef {import("../vscp/vscp.js").VscpEvent} VscpEvent
 * @typedef {import("./filters.js").Wanted} Wanted
 */

/**
 * Emits `new` (an event of a new node), `gone` (a node's GUID), `plot` (an event of the sensor) and
 * `choose` (a node's GUID, or "").
 * @extends {Emitter<{new: VscpEvent, gone: string, plot: VscpEvent, choose: string}>}
 */
export class Nodes extends Emitter {
  constructor() {
    super();
    /** @type {Map<string, Node>} by GUID */
    this._nodes = new Map();
    /** @type {Set<Node>} */
    this._changed = new Set();
    /** @type {function(string): boolean} */
    this._isPlotted = () => false;
    this._list = byId("nodes");
    this._chosen = "";
    /** @type {Wanted|null} what alone is received; null: all */
    this._received = null;
    this._since = 0; // of performance.now() when that began
    setInterval(() => this._draw(), DRAW_EVERY);
    this._list.addEventListener("click", (click) => this._onClick(click));
  }

  /** @param {VscpEvent} event that has just come, or that the daemon has kept */
  add(event) {
    let node = this._nodes.get(event.guid);
    if (!node) {
      if (this._nodes.size >= MOST_NODES) this._forgetOldest();
      node = new Node(event);
      this._nodes.set(event.guid, node);
      this.emit("new", event);
    }
    node.take(event);
    this._changed.add(node);
  }

  /**
   * Only these events are received from now on; null: all. What isn't received doesn't grow old.
   * @param {Wanted|null} received
   */
  receiveOnly(received) {
    const now = performance.now();
    if (this._received && !received) {
      for (const node of this._nodes.values()) node.skip(this._since, now);
    }
    if (!this._received && received) this._since = now;
    this._received = received;
  }

  /** The node that the list is filtered by is marked. @param {string} guid or "" */
  mark(guid) {
    this._chosen = guid;
    for (const node of this._nodes.values()) node.mark(node.guid === guid);
  }

  /** Sensors that are plotted are marked. @param {function(string): boolean} isPlotted by key */
  markPlotted(isPlotted) {
    this._isPlotted = isPlotted;
    for (const node of this._nodes.values()) node.markPlotted(isPlotted);
  }

  /** What is there, whatever it is called. @returns {import("./names-editor.js").Heard[]} */
  heard() {
    return [...this._nodes.values()].map(({ event, streams }) => ({ event,
      sensors: [...streams.values()].map((stream) => stream.event) }));
  }

  /** Things have other names from now on. */
  rename() {
    for (const node of this._nodes.values()) node.rename();
  }

  clear() {
    for (const node of [...this._nodes.values()]) this._forget(node);
    this._draw();
  }

  _forgetOldest() {
    const [oldest] = [...this._nodes.values()].sort((one, other) => one.seen - other.seen);
    this._forget(oldest);
  }

  /** @param {Node} node */
  _forget(node) {
    node.element.remove();
    this._nodes.delete(node.guid);
    this._changed.delete(node);
    this.emit("gone", node.guid);
  }

  _draw() {
    const now = performance.now();
    for (const node of this._changed) {
      if (!node.element.isConnected) this._insert(node);
      node.draw();
      node.markPlotted(this._isPlotted);
    }
    this._changed.clear();
    for (const node of this._nodes.values()) {
      node.drawAge(now, this._isPartly(node), this._since);
    }
    setText(byId("node-count"), localCount(this._nodes.size));
    byId("no-nodes").hidden = this._nodes.size > 0;
  }

  /** Whether not all of a node is received. @param {Node} node */
  _isPartly({ guid }) {
    if (!this._received) return false;
    const { guid: wanted, ...rest } = this._received;
    return wanted !== guid || Object.keys(rest).length > 0;
  }

  /** @param {Node} node */
  _insert(node) {
    const rows = /** @type {HTMLElement[]} */ ([...this._list.children]);
    const after = rows.find(({ dataset }) => (dataset.guid ?? "") > node.guid);
    this._list.insertBefore(node.element, after ?? null);
    node.mark(node.guid === this._chosen);
  }

  /** @param {MouseEvent} click */
  _onClick({ target }) {
    const button = target instanceof Element ? target.closest("button") : null;
    const row = /** @type {HTMLElement|null} */ (button?.closest("li[data-guid]"));
    const node = this._nodes.get(row?.dataset.guid ?? "");
    if (!button || !node) return;
    const stream = node.streams.get(button.dataset.sensor ?? "");
    if (stream) this.emit("plot", stream.event);
    else this.emit("choose", node.guid === this._chosen ? "" : node.guid);
  }
}

/**
 * @typedef {{button: HTMLElement, value: HTMLElement, label: HTMLElement}} Row
 * @typedef {{event: VscpEvent, row: Row|null}} Stream
 */

class Node {
  /** @param {VscpEvent} event the first that was heard */
  constructor(event) {
    this.guid = event.guid;
    this.event = event;
    /** @type {Map<string, Stream>} the latest of each sensor, by key */
    this.streams = new Map();
    this.seen = -Infinity; // of performance.now(), as all times here
    this._beat = -Infinity;
    this._beats = false;
    this._place = areaOf(event);
    this._age = make("span", { className: "age" });
    this._heart = make("span", { className: "heart" });
    this._where = make("span", { className: "where" });
    this._isRestored = false;
    this._name = make("b");
    this._button = make("button", { type: "button", className: "node", "aria-pressed": "false" },
      make("span", { className: "dot", "aria-hidden": "true" }),
      this._name, this._where, this._age, this._heart);
    this._values = make("ul", { className: "values" });
    this.element = make("li", { "data-guid": event.guid }, this._button, this._values);
    this.rename();
  }

  /** Write what it and its sensors are called now. */
  rename() {
    const { event } = this;
    this._place = areaOf(event) || this._place;
    setText(this._name, nodeName(event));
    setText(this._where, this._place);
    this._button.title = `${givenName(event) ? `${nickname(event)}, ` : ""}${event.guid}\n`
      + "Show only this node's events";
    for (const { event: latest, row } of this.streams.values()) {
      if (row) setText(row.label, labelOf(latest));
    }
  }

  /** @param {string} key @param {VscpEvent} event */
  _begin(key, event) {
    if (this.streams.size < MOST_STREAMS) this.streams.set(key, { event, row: null });
  }

  /** @param {VscpEvent} event */
  take(event) {
    const time = performance.now() - event.age;
    if (time >= this.seen) this._isRestored = event.isRestored;
    this.seen = Math.max(this.seen, time);
    if (isHeartbeat(event)) {
      this._beat = Math.max(this._beat, time);
      this._beats = !event.isState;
      this._place = areaOf(event) || placeText({ ...event.reading, index: null });
    } else if (isMeasurement(event)) {
      const key = sensorKey(sensorOf(event));
      const stream = this.streams.get(key);
      if (!stream) this._begin(key, event);
      else if (!event.isState || event.age < stream.event.age) stream.event = event;
    }
  }

  draw() {
    setText(this._where, this._place);
    for (const [key, stream] of this.streams) {
      stream.row ??= this._addStream(key, stream.event);
      setText(stream.row.value, shortValue(stream.event.reading));
    }
    if (this._beats) this._pulse();
  }

  /**
   * Between two times it could not be heard: that doesn't count. Times are of performance.now().
   * @param {number} from
   * @param {number} to
   */
  skip(from, to) {
    if (this.seen < from) this.seen += to - from;
    if (this._beat < from) this._beat += to - from;
  }

  /**
   * @param {number} now
   * @param {boolean} partly not all of it is received
   * @param {number} since when
   */
  drawAge(now, partly, since) {
    const isHidden = partly && this.seen < since;
    const quiet = !partly && now - this.seen > QUIET_AFTER;
    const age = isHidden ? "not received" : ago(now - this.seen);
    setText(this._age, `${this._isRestored ? "restored, " : quiet ? "quiet, " : ""}${age}`);
    this.element.dataset.quiet = String(quiet);
    const isBeatHidden = partly && this._beat < since;
    setText(this._heart, this._beat === -Infinity ? "no heartbeat yet"
      : `♥ ${isBeatHidden ? "not received" : ago(now - this._beat)}`);
  }

  /** @param {boolean} chosen */
  mark(chosen) {
    this._button.setAttribute("aria-pressed", String(chosen));
  }

  /** @param {function(string): boolean} isPlotted */
  markPlotted(isPlotted) {
    for (const [key, { row }] of this.streams) {
      if (row) row.button.setAttribute("aria-pressed", String(isPlotted(key)));
    }
  }

  /** @param {string} key @param {VscpEvent} event @returns {Row} */
  _addStream(key, event) {
    const value = make("span", { className: "value" });
    const label = make("span", {}, labelOf(event));
    const button = make("button", { type: "button", className: "sensor", title: "Plot it",
      "data-sensor": key, "aria-pressed": "false" },
    make("span", { className: "visually-hidden" }, "Plot "),
    label, value);
    this._values.append(make("li", {}, button));
    return { button, value, label };
  }

  _pulse() {
    this._beats = false;
    this._heart.getAnimations().forEach((animation) => animation.cancel());
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    this._heart.animate([{ transform: "translateX(3px)" }, {}], 300); // stays legible
  }
}

/** @param {VscpEvent} event */
function labelOf(event) {
  const place = placeText({ ...event.reading, index: event.reading.index || null });
  return [sensorName(event), place].filter(Boolean).join(" ");
}
