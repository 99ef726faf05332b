// The nodes that were heard: when last, their heartbeat, and what they measure.

import { ago, byId, element, setText } from "./dom.js";
import { isHeartbeat, isMeasurement, nodeName, placeText, shortValue } from "./text.js";

const MOST_NODES = 256; // then the one that was silent for longest makes room
const MOST_STREAMS = 24; // of one node: a fuller list helps nobody
const QUIET_AFTER = 120000; // ms: two missed heartbeats of the slowest usual kind
const DRAW_EVERY = 500; // ms

/**
 * What tells one sensor's measurements from another's.
 * @typedef {{class: number, type: number, guid: string, index: ?number, zone: ?number,
 *   subzone: ?number}} Sensor
 */

/** @returns {Sensor} */
export function sensorOf(event) {
  const { index, zone, subzone } = event.reading;
  return { class: event.class, type: event.type, guid: event.guid, index, zone, subzone };
}

/** @param {Sensor} sensor */
export function sensorKey({ class: vscpClass, type, guid, index, zone, subzone }) {
  return [vscpClass, type, guid, index, zone, subzone].join(" ");
}

export class Nodes extends EventTarget {
  constructor() {
    super();
    this._nodes = new Map(); // by GUID
    this._changed = new Set();
    this._list = byId("nodes");
    this._chosen = "";
    setInterval(() => this._draw(), DRAW_EVERY);
    this._list.addEventListener("click", (click) => this._onClick(click));
  }

  /** @param {VscpEvent} event that has just come */
  add(event) {
    let node = this._nodes.get(event.guid);
    if (!node) {
      if (this._nodes.size >= MOST_NODES) this._forgetOldest();
      node = new Node(event);
      this._nodes.set(event.guid, node);
      this.dispatchEvent(new CustomEvent("new", { detail: event }));
    }
    node.take(event);
    this._changed.add(node);
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

  clear() {
    for (const node of [...this._nodes.values()]) this._forget(node);
    this._draw();
  }

  _forgetOldest() {
    const [oldest] = [...this._nodes.values()].sort((one, other) => one.seen - other.seen);
    this._forget(oldest);
  }

  _forget(node) {
    node.element.remove();
    this._nodes.delete(node.guid);
    this._changed.delete(node);
    this.dispatchEvent(new CustomEvent("gone", { detail: node.guid }));
  }

  _draw() {
    const now = performance.now();
    for (const node of this._changed) {
      if (!node.element.isConnected) this._insert(node);
      node.draw();
      if (this._isPlotted) node.markPlotted(this._isPlotted);
    }
    this._changed.clear();
    for (const node of this._nodes.values()) node.drawAge(now);
    setText(byId("node-count"), String(this._nodes.size));
    byId("no-nodes").hidden = this._nodes.size > 0;
  }

  _insert(node) {
    const after = [...this._list.children].find((other) => other.dataset.guid > node.guid);
    this._list.insertBefore(node.element, after ?? null);
    node.mark(node.guid === this._chosen);
  }

  _onClick(click) {
    const button = click.target.closest("button");
    if (!button) return;
    const node = this._nodes.get(button.closest("li[data-guid]").dataset.guid);
    if (!node) return;
    if (button.dataset.sensor) {
      const { event } = node.streams.get(button.dataset.sensor);
      this.dispatchEvent(new CustomEvent("plot", { detail: event }));
    } else {
      const guid = node.guid === this._chosen ? "" : node.guid;
      this.dispatchEvent(new CustomEvent("choose", { detail: guid }));
    }
  }
}

class Node {
  constructor(event) {
    this.guid = event.guid;
    this.streams = new Map();
    this._beat = 0;
    this._place = "";
    this._age = element("span", { className: "age" });
    this._heart = element("span", { className: "heart" });
    this._where = element("span", { className: "where" });
    this._button = element("button", { type: "button", className: "node",
      title: `${event.guid}\nShow only this node's events`, "aria-pressed": "false" },
    element("span", { className: "dot", "aria-hidden": "true" }),
    element("b", {}, nodeName(event)), this._where, this._age, this._heart);
    this._values = element("ul", { className: "values" });
    this.element = element("li", { "data-guid": event.guid }, this._button, this._values);
  }

  take(event) {
    this.seen = performance.now();
    if (isHeartbeat(event)) {
      this._beat = this.seen;
      this._beats = true;
      this._place = placeText({ ...event.reading, index: null });
    } else if (isMeasurement(event)) {
      const key = sensorKey(sensorOf(event));
      const stream = this.streams.get(key);
      if (stream) stream.event = event;
      else if (this.streams.size < MOST_STREAMS) this.streams.set(key, { event, row: null });
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

  drawAge(now) {
    const quiet = now - this.seen > QUIET_AFTER;
    setText(this._age, `${quiet ? "quiet, " : ""}${ago(now - this.seen)}`);
    this.element.dataset.quiet = String(quiet);
    setText(this._heart, this._beat ? `♥ ${ago(now - this._beat)}` : "no heartbeat yet");
  }

  mark(chosen) {
    this._button.setAttribute("aria-pressed", String(chosen));
  }

  markPlotted(isPlotted) {
    for (const [key, { row }] of this.streams) {
      if (row) row.button.setAttribute("aria-pressed", String(isPlotted(key)));
    }
  }

  _addStream(key, event) {
    const value = element("span", { className: "value" });
    const place = placeText({ ...event.reading, index: event.reading.index || null });
    const button = element("button", { type: "button", className: "sensor", title: "Plot it",
      "data-sensor": key, "aria-pressed": "false" },
    element("span", { className: "visually-hidden" }, "Plot "),
    element("span", {}, [event.reading.typeName, place].filter(Boolean).join(" ")), value);
    this._values.append(element("li", {}, button));
    return { button, value };
  }

  _pulse() {
    this._beats = false;
    this._heart.getAnimations().forEach((animation) => animation.cancel());
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    this._heart.animate([{ transform: "translateX(3px)" }, {}], 300); // stays legible
  }
}
