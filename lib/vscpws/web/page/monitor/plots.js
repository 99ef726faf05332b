// The plots above the list. Sensors of one unit share a plot; each other unit gets its own.

import { make } from "../vscp/dom.js";
import { Emitter } from "../vscp/emitter.js";
import { VscpPlot } from "../vscp/plot.js";
import { byId } from "./dom.js";
import { sensorKey, sensorOf } from "./nodes.js";
import { nodeName, placeText } from "./text.js";

/** @typedef {import("../vscp/vscp.js").VscpEvent} VscpEvent */

/**
 * Emits `change` with what is to be told.
 * @extends {Emitter<{change: string}>}
 */
export class Plots extends Emitter {
  /**
   * @param {import("./ring.js").Ring} ring whose events a new plot begins with
   * @param {import("../vscp/clock.js").DaemonClock} clock
   */
  constructor(ring, clock) {
    super();
    this._ring = ring;
    this._clock = clock;
    /** @type {Map<string, VscpPlot>} by unit */
    this._plots = new Map();
    /** @type {Map<string, string>} units of the plotted sensors, by key */
    this._units = new Map();
    this._place = byId("plots");
  }

  /** @param {string} key of a sensor */
  has(key) {
    return this._units.has(key);
  }

  /** A measurement has come. @param {VscpEvent} event */
  add(event) {
    if (!this._units.size) return;
    const key = sensorKey(sensorOf(event));
    const plot = this._plotOf(key);
    if (plot) addPoint(plot, key, event);
  }

  /** Plot the sensor that this event is of, or no longer. @param {VscpEvent} event */
  toggle(event) {
    const key = sensorKey(sensorOf(event));
    const plot = this._plotOf(key);
    if (plot) plot.removeSeries(key);
    else this._begin(key, event);
  }

  clear() {
    for (const key of [...this._units.keys()]) this._plotOf(key)?.removeSeries(key);
  }

  /** @param {string} key of a sensor */
  _plotOf(key) {
    return this._plots.get(/** @type {string} */ (this._units.get(key)));
  }

  /** @param {string} key @param {VscpEvent} event */
  _begin(key, event) {
    const { unit } = event.reading;
    const plot = this._plots.get(unit) ?? this._make(unit);
    if (!plot.addSeries(key, labelOf(event), unit)) {
      this._tell(`This plot is full: remove a series before ${labelOf(event)} is added.`);
      return;
    }
    this._units.set(key, unit);
    this._name(plot, event.reading.typeName);
    for (let number = this._ring.start; number < this._ring.end; number += 1) {
      const earlier = this._ring.at(number);
      if (earlier.event.class !== event.class || earlier.event.guid !== event.guid) continue;
      if (!earlier.own && sensorKey(sensorOf(earlier.event)) === key) {
        addPoint(plot, key, earlier.event);
      }
    }
    plot.scrollIntoView({ block: "nearest" });
    this._tell(`${labelOf(event)} is plotted.`);
  }

  /** @param {string} unit */
  _make(unit) {
    const plot = new VscpPlot();
    plot.clock = this._clock;
    plot.addEventListener("remove", (event) => {
      this._removed(unit, /** @type {CustomEvent<string>} */ (event).detail);
    });
    this._plots.set(unit, plot);
    this._place.append(make("div", { className: "card" }, plot));
    return plot;
  }

  /** It is called what it has shown. @param {VscpPlot} plot @param {string} name */
  _name(plot, name) {
    const names = plot.getAttribute("label")?.split(", ") ?? [];
    plot.setAttribute("label", [...new Set([...names, name])].join(", "));
  }

  /** @param {string} unit @param {string} key */
  _removed(unit, key) {
    this._units.delete(key);
    const plot = this._plots.get(unit);
    if (plot && !plot.keys.length) {
      plot.parentElement?.remove();
      this._plots.delete(unit);
    }
    this._tell("");
  }

  /** @param {string} text */
  _tell(text) {
    byId("plots-empty").hidden = this._plots.size > 0;
    byId("plots-section").dataset.empty = String(this._plots.size === 0);
    this.emit("change", text);
  }
}

/** @param {VscpPlot} plot @param {string} key @param {VscpEvent} event */
function addPoint(plot, key, event) {
  const { value } = event.reading;
  if (typeof value === "number") plot.addPoint(key, event.moment, value);
}

/** @param {VscpEvent} event */
function labelOf(event) {
  const place = placeText({ ...event.reading, index: event.reading.index || null });
  return [nodeName(event), event.reading.typeName, place].filter(Boolean).join(" ");
}
