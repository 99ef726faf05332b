// The plots above the list. Sensors of one unit share a plot; each other unit gets its own.

import { byId, element } from "./dom.js";
import { sensorKey, sensorOf } from "./nodes.js";
import { nodeName, placeText } from "./text.js";

export class Plots extends EventTarget {
  /** @param {Ring} ring whose events a new plot begins with */
  constructor(ring) {
    super();
    this._ring = ring;
    this._plots = new Map(); // by unit
    this._units = new Map(); // of the plotted sensors, by key
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
    if (this._units.has(key)) this._addPoint(key, event);
  }

  /** Plot the sensor that this event is of, or no longer. */
  toggle(event) {
    const key = sensorKey(sensorOf(event));
    if (this._units.has(key)) this._plots.get(this._units.get(key)).removeSeries(key);
    else this._begin(key, event);
  }

  clear() {
    for (const [key, unit] of [...this._units]) this._plots.get(unit).removeSeries(key);
  }

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
        this._addPoint(key, earlier.event);
      }
    }
    plot.scrollIntoView({ block: "nearest" });
    this._tell(`${labelOf(event)} is plotted.`);
  }

  _addPoint(key, event) {
    const { value } = event.reading;
    if (typeof value !== "number") return;
    this._plots.get(this._units.get(key)).addPoint(key, event.micros / 1000, value);
  }

  _make(unit) {
    const plot = element("vscp-plot");
    plot.addEventListener("remove", ({ detail }) => this._removed(unit, detail));
    this._plots.set(unit, plot);
    this._place.append(element("div", { className: "card" }, plot));
    return plot;
  }

  /** It is called what it has shown. */
  _name(plot, name) {
    const names = plot.getAttribute("label")?.split(", ") ?? [];
    plot.setAttribute("label", [...new Set([...names, name])].join(", "));
  }

  _removed(unit, key) {
    this._units.delete(key);
    const plot = this._plots.get(unit);
    if (!plot.keys.length) {
      plot.parentElement.remove();
      this._plots.delete(unit);
    }
    this._tell("");
  }

  _tell(text) {
    byId("plots-empty").hidden = this._plots.size > 0;
    byId("plots-section").dataset.empty = String(this._plots.size === 0);
    this.dispatchEvent(new CustomEvent("change", { detail: text }));
  }
}

function labelOf(event) {
  const place = placeText({ ...event.reading, index: event.reading.index || null });
  return [nodeName(event), event.reading.typeName, place].filter(Boolean).join(" ");
}
