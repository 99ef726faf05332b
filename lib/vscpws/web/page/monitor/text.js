// How an event is written for people: the texts of a row, of the search and of the exports.

import { numberText, valueText } from "../vscp/vscp.js";

const SHORT = 6; // digits
const ALL = 255; // a zone or subzone that means all of them
const HEARTBEATS = new Set(["0:1", "20:9", "1026:2", "1026:3"]);

export function nodeName(event) {
  return `0x${event.nickname.toString(16).toUpperCase().padStart(2, "0")}`;
}

/** "14:02:11.402", in local time. @param {number} moment in ms since 1970 */
export function clock(moment) {
  const date = new Date(moment);
  const two = (number) => String(number).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
    + `.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** "10,000 events". */
export function countText(count) {
  return `${count.toLocaleString("en")} event${count === 1 ? "" : "s"}`;
}

/** The value in few digits, as a list has room for. */
export function shortValue(reading) {
  if (typeof reading.value !== "number") return valueText(reading);
  return `${numberText(reading.value, SHORT)} ${reading.unit}`.trimEnd();
}

/** "#1 zone 2/all": index, zone and subzone as far as there are any. */
export function placeText({ index, zone, subzone }) {
  const parts = [];
  const place = (number) => (number === ALL ? "all" : String(number));
  if (isNumber(index)) parts.push(`#${index}`);
  if (isNumber(zone)) {
    parts.push(isNumber(subzone) ? `zone ${place(zone)}/${place(subzone)}` : `zone ${place(zone)}`);
  }
  return parts.join(" ");
}

/** The payload's other fields: "counter 7, level 2". */
export function fieldsText(reading) {
  return Object.entries(reading.fields)
    .map(([name, value]) => `${name} ${numberText(value)}`)
    .join(", ");
}

/** All that the text search looks at, in lower case. */
export function searchText(event) {
  const { reading } = event;
  return [reading.className, reading.classToken, reading.typeName, reading.typeToken,
    valueText(reading), placeText(reading), fieldsText(reading), event.guid, nodeName(event),
    event.hex].join("\n").toLowerCase();
}

export function isHeartbeat(event) {
  return HEARTBEATS.has(`${event.class < 1024 ? event.class % 512 : event.class}:${event.type}`);
}

/** Whether it is a measurement: something that can be plotted. */
export function isMeasurement(event) {
  return typeof event.reading.value === "number";
}

function isNumber(value) {
  return typeof value === "number";
}
