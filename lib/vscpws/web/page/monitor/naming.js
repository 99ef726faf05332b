// Changes of the table of names. Each is made in the table as it is by then, so that of two who
// edit at a time each keeps what the other one has not touched.

import { plainClass } from "../vscp/catalog.js";

/**
 * @typedef {import("../vscp/names.js").NameTable} NameTable
 * @typedef {import("../vscp/names.js").NodeEntry} NodeEntry
 * @typedef {import("../vscp/names.js").SensorEntry} SensorEntry
 * @typedef {Omit<SensorEntry, "name">} Sensor
 * @typedef {function(NameTable, string): void} Change in place, with what was written
 */

const PLACE = /** @type {const} */ (["index", "zone", "subzone"]);

/**
 * The sensor that an event is of, as the table says it.
 * @param {import("../vscp/vscp.js").VscpEvent} event
 */
export function sensorOfTable({ class: vscpClass, type, reading }) {
  /** @type {Sensor} */
  const sensor = { class: plainClass(vscpClass), type };
  for (const part of PLACE) if (reading[part] !== null) sensor[part] = reading[part];
  return sensor;
}

/** @param {Sensor} sensor */
export function sensorId({ class: vscpClass, type, ...place }) {
  return [vscpClass, type, ...PLACE.map((part) => place[part] ?? "")].join(" ");
}

/** @param {NameTable} table @param {string} guid @returns {NodeEntry|undefined} */
export function findNode({ nodes = [] }, guid) {
  return nodes.find((node) => node.guid?.toUpperCase() === guid.toUpperCase());
}

/** @param {string} guid @returns {Change} */
export function nameNode(guid) {
  return (table, name) => { nodeOf(table, guid).name = name; };
}

/** @param {string} guid @returns {Change} */
export function placeNode(guid) {
  return (table, area) => {
    const node = nodeOf(table, guid);
    if (area) node.area = area;
    else delete node.area;
  };
}

/** @param {string} guid @param {Sensor} sensor @returns {Change} */
export function nameSensor(guid, sensor) {
  const wanted = sensorId(sensor);
  return (table, name) => {
    const node = nodeOf(table, guid);
    const others = (node.sensors ?? []).filter((each) => sensorId(each) !== wanted);
    node.sensors = name ? [...others, { ...sensor, name }] : others;
  };
}

/** @param {number} zone @param {number} [subzone] all of the zone's @returns {Change} */
export function nameZone(zone, subzone) {
  return (table, name) => {
    const others = (table.zones ?? []).filter((each) => each.zone !== zone
      || each.subzone !== subzone);
    const entry = subzone === undefined ? { zone, name } : { zone, subzone, name };
    table.zones = name ? [...others, entry] : others;
  };
}

/**
 * What nobody has named any more goes.
 * @param {NameTable} table in place
 * @throws {RangeError} for a node that has no name, but sensors that have
 */
export function tidy(table) {
  table.nodes = (table.nodes ?? []).filter((node) => node.name || node.area
    || node.sensors?.length);
  for (const node of table.nodes) {
    if (!node.sensors?.length) delete node.sensors;
    if (!node.name) throw new RangeError(`the node ${node.guid} needs a name, too`);
  }
}

/** @param {NameTable} table @param {string} guid */
function nodeOf(table, guid) {
  const found = findNode(table, guid);
  if (found) return found;
  /** @type {NodeEntry} */
  const made = { guid, name: "" };
  table.nodes = [...(table.nodes ?? []), made];
  return made;
}
