// The plots above the list. Sensors of one unit share a plot; each other unit gets its own. Which
// sensors they are is remembered on the device, and their past comes from the daemon.

import { make } from "../vscp/dom.js";
import { Emitter } from "../vscp/emitter.js";
import { VscpPlot } from "../vscp/plot.js";
import { sensorKey, sensorOf } from "../vscp/sensor.js";
import { keep, recall } from "../vscp/storage.js";
import { byId } from "./dom.js";
import { nodeName, placeText, sensorName } from "./text.js";

const PLACE = "vscpwsd.plots"; // in the browser's storage for this site, for each user
const MOST = 32; // sensors that are remembered

/**
 * @typedef {import("../vscp/vscp.js").VscpEvent} VscpEvent
 * @typedef {import("../vscp/sensor.js").Sensor} Sensor
 * @typedef {{sensor: Sensor, label: string, unit: string, name: string}} Plotted `name`: what its
 *   plot is called after
 */

/**
 * Emits `change` with what is to be told.
 * @extends {Emitter<{change: string}>}
 */
export class Plots extends Emitter {
  /**
   * @param {import("./ring.js").Ring} ring whose events a new plot begins with
   * @param {import("../vscp/vscp.js").VscpConnection} connection
   */
  constructor(ring, connection) {
    super();
    this._ring = ring;
    this._connection = connection;
    /** @type {Map<string, VscpPlot>} by unit */
    this._plots = new Map();
    /** @type {Map<string, Plotted>} by the sensors' keys */
    this._plotted = new Map();
    this._place = byId("plots");
  }

  /** @param {string} key of a sensor */
  has(key) {
    return this._plotted.has(key);
  }

  /** A measurement has come, or is known. @param {VscpEvent} event */
  add(event) {
    if (!this._plotted.size) return;
    const key = sensorKey(sensorOf(event));
    const plot = this._plotOf(key);
    if (plot) addPoint(plot, key, event);
  }

  /** It may have another name now. @param {VscpEvent} event of a sensor */
  rename(event) {
    const key = sensorKey(sensorOf(event));
    const plotted = this._plotted.get(key);
    const label = labelOf(event);
    if (!plotted || plotted.label === label) return;
    plotted.label = label;
    this._plotOf(key)?.nameSeries(key, label);
    this._keep();
  }

  /** Plot the sensor that this event is of, or no longer. @param {VscpEvent} event */
  toggle(event) {
    const key = sensorKey(sensorOf(event));
    const plot = this._plotOf(key);
    if (plot) {
      plot.removeSeries(key);
      this._keep();
    } else {
      this._show(event);
    }
  }

  /** Somebody has logged in: what was plotted before, and the past of all that is. */
  resume() {
    const kept = recall(this._storage)?.plotted;
    for (const plotted of listOf(kept)) this._begin(plotted);
    for (const [key, { sensor }] of this._plotted) this._askPast(key, sensor);
    if (this._plots.size) this._tell("");
  }

  /** Nothing is shown; what was plotted is remembered. */
  clear() {
    for (const plot of [...this._plots.values()]) plot.parentElement?.remove();
    this._plots.clear();
    this._plotted.clear();
    this._tell("");
  }

  /** Nor is it remembered any more. */
  forget() {
    keep(this._storage, {});
  }

  get _storage() {
    return `${PLACE}.${this._connection.user}`;
  }

  /** @param {string} key of a sensor */
  _plotOf(key) {
    const plotted = this._plotted.get(key);
    return plotted && this._plots.get(plotted.unit);
  }

  /** @param {VscpEvent} event */
  _show(event) {
    const plotted = { sensor: sensorOf(event), label: labelOf(event), unit: event.reading.unit,
      name: event.reading.typeName };
    const plot = this._begin(plotted);
    if (!plot) {
      this._tell(`This plot is full: remove a series before ${plotted.label} is added.`);
      return;
    }
    const key = sensorKey(plotted.sensor);
    for (let number = this._ring.start; number < this._ring.end; number += 1) {
      const earlier = this._ring.at(number);
      if (earlier.event.class !== event.class || earlier.event.guid !== event.guid) continue;
      if (!earlier.own && sensorKey(sensorOf(earlier.event)) === key) {
        addPoint(plot, key, earlier.event);
      }
    }
    addPoint(plot, key, event);
    this._askPast(key, plotted.sensor);
    this._keep();
    plot.scrollIntoView({ block: "nearest" });
    this._tell(`${plotted.label} is plotted.`);
  }

  /** @param {Plotted} plotted @returns {VscpPlot|null} null: it is full */
  _begin(plotted) {
    const { sensor, label, unit, name } = plotted;
    const key = sensorKey(sensor);
    const plot = this._plots.get(unit) ?? this._make(unit);
    if (!plot.addSeries(key, label, unit)) return null;
    this._plotted.set(key, plotted);
    const names = plot.getAttribute("label")?.split(", ") ?? [];
    plot.setAttribute("label", [...new Set([...names, name])].join(", "));
    return plot;
  }

  /** @param {string} key @param {Sensor} sensor */
  async _askPast(key, sensor) {
    try {
      const history = await this._connection.history(sensor);
      this._plotOf(key)?.addHistory(key, history);
    } catch {
      // Then it is what was heard.
    }
  }

  /** @param {string} unit */
  _make(unit) {
    const plot = new VscpPlot();
    plot.clock = this._connection.clock;
    plot.addEventListener("remove", (event) => {
      this._removed(unit, /** @type {CustomEvent<string>} */ (event).detail);
    });
    this._plots.set(unit, plot);
    this._place.append(make("div", { className: "card" }, plot));
    return plot;
  }

  /** @param {string} unit @param {string} key */
  _removed(unit, key) {
    this._plotted.delete(key);
    const plot = this._plots.get(unit);
    if (plot && !plot.keys.length) {
      plot.parentElement?.remove();
      this._plots.delete(unit);
    }
    this._keep();
    this._tell("");
  }

  _keep() {
    keep(this._storage, { plotted: [...this._plotted.values()].slice(0, MOST) });
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
  if (typeof value !== "number") return;
  // What is known may have been heard, too.
  if (!event.isState || !plot.hasPoint(key, event.moment)) {
    plot.addPoint(key, event.moment, value);
  }
}

/** @param {VscpEvent} event */
function labelOf(event) {
  const place = placeText({ ...event.reading, index: event.reading.index || null });
  return [nodeName(event), sensorName(event), place].filter(Boolean).join(" ");
}

/** What is kept may be anybody's. @param {unknown} kept @returns {Plotted[]} */
function listOf(kept) {
  if (!Array.isArray(kept)) return [];
  return kept.filter((each) => typeof each?.label === "string" && typeof each.unit === "string"
    && typeof each.name === "string" && typeof each.sensor?.guid === "string"
    && Number.isInteger(each.sensor.class) && Number.isInteger(each.sensor.type)).slice(0, MOST);
}
