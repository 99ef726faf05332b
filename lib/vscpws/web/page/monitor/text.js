// How an event is written for people: the texts of a row, of the search and of the exports.

import { hexOf } from "../vscp/hex.js";
import { ALL_ZONES, LEVEL1_CLASSES, LEVEL2 } from "../vscp/protocol.js";
import { numberText, valueText } from "../vscp/vscp.js";

/**
 * @typedef {import("../vscp/vscp.js").VscpEvent} VscpEvent
 * @typedef {import("../vscp/reading.js").Reading} Reading
 */

const SHORT = 6; // digits
const HEARTBEATS = new Set(["0:1", "20:9", "1026:2", "1026:3"]);

/** "0x03": the nickname of an event's node. @param {VscpEvent} event */
export function nodeName(event) {
  return `0x${hexOf([event.nickname])}`;
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
  return `${count.toLocaleString("en")} event${count === 1 ? "" : "s"}`;
}

/** The value in few digits, as a list has room for. @param {Reading} reading */
export function shortValue(reading) {
  if (typeof reading.value !== "number") return valueText(reading);
  return `${numberText(reading.value, SHORT)} ${reading.unit}`.trimEnd();
}

/**
 * "#1 zone 2/all": index, zone and subzone as far as there are any.
 * @param {Pick<Reading, "index"|"zone"|"subzone">} place
 */
export function placeText({ index, zone, subzone }) {
  const parts = [];
  const place = (/** @type {number} */ number) => (number === ALL_ZONES ? "all" : String(number));
  if (index !== null) parts.push(`#${index}`);
  if (zone !== null) {
    parts.push(subzone !== null ? `zone ${place(zone)}/${place(subzone)}` : `zone ${place(zone)}`);
  }
  return parts.join(" ");
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
    valueText(reading), placeText(reading), fieldsText(reading), event.guid, nodeName(event),
    event.hex].join("\n").toLowerCase();
}

/** @param {VscpEvent} event */
export function isHeartbeat(event) {
  const plain = event.class < LEVEL2 ? event.class % LEVEL1_CLASSES : event.class;
  return HEARTBEATS.has(`${plain}:${event.type}`);
}

/** Whether it is a measurement: something that can be plotted. @param {VscpEvent} event */
export function isMeasurement(event) {
  return typeof event.reading.value === "number";
}
