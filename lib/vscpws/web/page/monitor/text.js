// How an event is written for people: the texts of a row, of the search and of the exports.

import { hexOf } from "../vscp/hex.js";
import { counted, localNumber } from "../vscp/locale.js";
import { Names } from "../vscp/names.js";
import { ALL_ZONES, LEVEL1_CLASSES, LEVEL2 } from "../vscp/protocol.js";
import { numberText, valueText } from "../vscp/vscp.js";

/**
 * @typedef {import("../vscp/vscp.js").VscpEvent} VscpEvent
 * @typedef {import("../vscp/reading.js").Reading} Reading
 */

const SHORT = 6; // digits
const HEARTBEATS = new Set(["0:1", "20:9", "1026:2", "1026:3"]);

let names = new Names(); // one daemon, one set of names

/** From now on things are called so. @param {Names} given */
export function useNames(given) {
  names = given;
}

/** "0x03": the nickname of an event's node. @param {VscpEvent} event */
export function nickname(event) {
  return `0x${hexOf([event.nickname])}`;
}

/** "Living room", or its nickname where nobody gave it a name. @param {VscpEvent} event */
export function nodeName(event) {
  return names.node(event) || nickname(event);
}

/** The name that people gave, or "". @param {VscpEvent} event */
export function givenName(event) {
  return names.node(event);
}

/** What a source is called: the sensor's name, or its type. @param {VscpEvent} event */
export function sensorName(event) {
  return names.sensor(event) || event.reading.typeName;
}

/**
 * All that people gave names to: node, sensor, area and zone, as far as they did.
 * @param {VscpEvent} event
 * @returns {Partial<Record<"node"|"sensor"|"area"|"zone", string>>}
 */
export function givenNames(event) {
  const { zone, subzone } = event.reading;
  return Object.fromEntries(Object.entries({
    node: names.node(event), sensor: names.sensor(event), area: names.area(event),
    zone: names.zone(zone, subzone),
  }).filter(([, name]) => name));
}

/** Where a node is, or "". @param {VscpEvent} event */
export function areaOf(event) {
  return names.area(event);
}

/** "14:02:11.402", in local time. @param {number} moment in ms since 1970 */
export function clock(moment) {
  const date = new Date(moment);
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
    + `.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** "10,000 events". @param {number} count */
export function countText(count) {
  return counted(count, "event");
}

/** The value in few digits, as a list has room for. @param {Reading} reading */
export function shortValue({ value, unit }) {
  if (value === null) return "";
  return `${localNumber(value, SHORT)} ${unit}`.trimEnd();
}

/** The value with all its digits. @param {Reading} reading */
export function wholeValue(reading) {
  return valueText(reading, localNumber);
}

/**
 * "#1 zone 2/all", "#1 Ceiling lamp": index, zone and subzone as far as there are any.
 * @param {Pick<Reading, "index"|"zone"|"subzone">} place
 */
export function placeText({ index, zone, subzone }) {
  const called = names.zone(zone, subzone);
  const numbers = zonesText(zone, subzone);
  return [index === null ? "" : `#${index}`, called || numbers].filter(Boolean).join(" ");
}

/** "zone 2/1", whatever people call it. @param {?number} zone @param {?number} subzone */
export function zonesText(zone, subzone) {
  const place = (/** @type {number} */ number) => (number === ALL_ZONES ? "all" : String(number));
  if (zone === null) return "";
  return subzone === null ? `zone ${place(zone)}` : `zone ${place(zone)}/${place(subzone)}`;
}

/** The payload's other fields: "counter 7, level 2". @param {Reading} reading */
export function fieldsText(reading) {
  return Object.entries(reading.fields)
    .map(([name, value]) => `${name} ${numberText(value)}`)
    .join(", ");
}

/** All that the text search looks at, in lower case. @param {VscpEvent} event */
export function searchText(event) {
  const { reading } = event;
  return [reading.className, reading.classToken, reading.typeName, reading.typeToken,
    valueText(reading), wholeValue(reading), placeText(reading),
    zonesText(reading.zone, reading.subzone), fieldsText(reading), event.guid, nickname(event),
    names.node(event), names.sensor(event), names.area(event), names.bus(event), event.hex,
  ].join("\n").toLowerCase();
}

/** @param {VscpEvent} event */
export function isHeartbeat(event) {
  const plain = event.class < LEVEL2 ? event.class % LEVEL1_CLASSES : event.class;
  return HEARTBEATS.has(`${plain}:${event.type}`);
}
