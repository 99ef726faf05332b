// What people call nodes, sensors and zones, as the daemon's names.json says and its NAMES tells.

import { plainClass } from "./catalog.js";
import { meant } from "./nearest.js";

/**
 * @typedef {{class: number|string, type: number|string, name: string, index?: number,
 *   zone?: number, subzone?: number}} SensorEntry
 * @typedef {{name: string, guid?: string, interface?: string, nickname?: number, area?: string,
 *   sensors?: SensorEntry[]}} NodeEntry
 * @typedef {{name: string, zone: number, subzone?: number}} ZoneEntry
 * @typedef {{nodes?: NodeEntry[], zones?: ZoneEntry[]}} NameTable
 * @typedef {import("./event.js").VscpEvent} VscpEvent
 */

export class Names {
  /**
   * @param {NameTable} [table] in the form of names.json
   * @param {string[]} [buses] the interfaces' names, in the order of their channels from 1 on
   * @param {import("./catalog.js").Catalog} [catalog] for sensors that are told by name
   */
  constructor(table = {}, buses = [], catalog = undefined) {
    this.table = table;
    this._buses = buses;
    /** @type {Map<string, NodeEntry>} by GUID, or by interface and nickname */
    this._nodes = new Map();
    /** @type {Map<NodeEntry, SensorEntry[]>} with numbers of class and type */
    this._sensors = new Map();
    /** @type {Map<string, string>} by zone and subzone */
    this._zones = new Map();
    for (const node of listOf(table.nodes)) {
      this._nodes.set(node.guid ? node.guid.toUpperCase() : `${node.interface} ${node.nickname}`,
        node);
      this._sensors.set(node, listOf(node.sensors).flatMap((each) => numbered(each, catalog)));
    }
    for (const { zone, subzone, name } of listOf(table.zones)) {
      this._zones.set(`${zone} ${subzone ?? ""}`, name);
    }
  }

  get isEmpty() {
    return this._nodes.size + this._zones.size === 0;
  }

  /** The name of the bus that an event came from; empty for a client's. @param {VscpEvent} event */
  bus({ obid }) {
    return this._buses[obid - 1] ?? "";
  }

  /** The name of an event's node; empty if it has none. @param {VscpEvent} event */
  node(event) {
    return this._entry(event)?.name ?? "";
  }

  /** Where a node is; empty if nobody said. @param {VscpEvent} event */
  area(event) {
    return this._entry(event)?.area ?? "";
  }

  /** The name of an event's sensor; of several that fit the narrowest. @param {VscpEvent} event */
  sensor(event) {
    const entry = this._entry(event);
    const sensors = entry && this._sensors.get(entry);
    if (!sensors?.length) return "";
    const { reading } = event;
    const fits = sensors.filter((sensor) => sensor.type === event.type
      && sensor.class === plainClass(event.class)
      && PLACE.every((part) => sensor[part] === undefined || sensor[part] === reading[part]));
    const narrow = (/** @type {SensorEntry} */ sensor) =>
      PLACE.filter((part) => sensor[part] !== undefined).length;
    return fits.sort((one, other) => narrow(other) - narrow(one))[0]?.name ?? "";
  }

  /** The name of a zone; empty if it has none. @param {?number} zone @param {?number} [subzone] */
  zone(zone, subzone = null) {
    if (zone === null) return "";
    return this._zones.get(`${zone} ${subzone ?? ""}`) ?? this._zones.get(`${zone} `) ?? "";
  }

  /**
   * Whether events are of the node or of the sensor that is called so.
   * @param {string} name in any case
   * @returns {function(VscpEvent): boolean}
   * @throws {RangeError} for a name that nobody has
   */
  matcher(name) {
    const wanted = name.trim().toLowerCase();
    const nodes = [...this._nodes.values()];
    const names = nodes.flatMap((node) => [node.name, ...listOf(node.sensors).map(
      (sensor) => sensor.name)]).filter((each) => typeof each === "string");
    if (!names.some((each) => each.toLowerCase() === wanted)) {
      throw new RangeError(names.length ? `no node is called "${name}"${meant(name, names)}`
        : `no node is called "${name}": the daemon has no names`);
    }
    return (event) => [this.node(event), this.sensor(event)].some(
      (each) => each.toLowerCase() === wanted);
  }

  /** @param {VscpEvent} event */
  _entry(event) {
    if (!this._nodes.size) return undefined;
    return this._nodes.get(event.guid) ?? this._nodes.get(`${this.bus(event)} ${event.nickname}`);
  }
}

const PLACE = /** @type {const} */ (["index", "zone", "subzone"]);

/**
 * With the numbers of its class and type; nothing where there are none.
 * @param {SensorEntry} sensor
 * @param {import("./catalog.js").Catalog} [catalog]
 */
function numbered(sensor, catalog) {
  try {
    const number = catalog ? catalog.classNumber(sensor.class) : Number(sensor.class);
    return [{ ...sensor, class: plainClass(number),
      type: catalog ? catalog.typeNumber(number, sensor.type) : Number(sensor.type) }];
  } catch {
    return []; // a daemon that knows more names than this side
  }
}

/** @template T @param {T[]|undefined} value @returns {T[]} */
function listOf(value) {
  return Array.isArray(value) ? value.filter((each) => each && typeof each === "object") : [];
}
