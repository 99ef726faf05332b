// What is seen as a file: candump's log, CSV, JSON.

import { make } from "../vscp/dom.js";
import { GUID_BYTES, LEVEL1_CLASSES, LEVEL2 } from "../vscp/protocol.js";
import { counted } from "../vscp/locale.js";
import { fieldsText, givenNames, nickname } from "./text.js";

/** @typedef {import("../vscp/vscp.js").VscpEvent} VscpEvent */

/** @typedef {{text: string, left: number, kind: string, ending: string}} File */

const CAN_BYTES = 8; // more is CAN FD
const HARD_CODED = 0x10; // in the head
const INTERFACE = "can0";

/**
 * As `candump -L` writes it, for canplayer and python-can.
 * @param {VscpEvent[]} events
 * @returns {{text: string, left: number}} `left`: events of Level II, which no CAN frame can hold
 */
export function candumpLog(events) {
  const lines = events.map(candumpLine).filter((line) => line !== null);
  return { text: lines.join(""), left: events.length - lines.length };
}

/** @param {VscpEvent} event */
function candumpLine(event) {
  if (event.class >= LEVEL2) return null;
  const over = event.class >= LEVEL1_CLASSES; // Level I over Level II
  const data = event.hex.replaceAll(" ", "").slice(over ? 2 * GUID_BYTES : 0);
  // The 29-bit identifier: priority, hard-coded, class, type, nickname.
  const identifier = event.priority * 2 ** 26 + (event.head & HARD_CODED ? 2 ** 25 : 0)
    + (event.class % LEVEL1_CLASSES) * 2 ** 16 + event.type * 2 ** 8 + event.nickname;
  const moment = event.micros;
  const seconds = `${Math.floor(moment / 1e6)}.${String(moment % 1e6).padStart(6, "0")}`;
  const sign = data.length > 2 * CAN_BYTES ? "##0" : "#";
  return `(${seconds}) ${INTERFACE} `
    + `${identifier.toString(16).toUpperCase().padStart(8, "0")}${sign}${data}\n`;
}

/** @type {Record<string, function(VscpEvent): string|number|null>} */
const COLUMNS = {
  time: (event) => new Date(event.micros / 1000).toISOString(),
  class: (event) => event.class,
  "class name": (event) => event.reading.className,
  type: (event) => event.type,
  "type name": (event) => event.reading.typeName,
  priority: (event) => event.priority,
  guid: (event) => event.guid,
  node: nickname,
  "node name": (event) => givenNames(event).node ?? "",
  area: (event) => givenNames(event).area ?? "",
  "sensor name": (event) => givenNames(event).sensor ?? "",
  "zone name": (event) => givenNames(event).zone ?? "",
  index: (event) => event.reading.index,
  zone: (event) => event.reading.zone,
  subzone: (event) => event.reading.subzone,
  value: (event) => event.reading.value,
  unit: (event) => event.reading.unit,
  fields: (event) => fieldsText(event.reading),
  data: (event) => event.hex,
};

const BYTE_ORDER_MARK = "\uFEFF"; // without it a spreadsheet takes "°C" for Latin 1
// What a spreadsheet takes for the beginning of a formula: at the beginning of a cell, or after
// what separates cells where the comma is a decimal point.
const FORMULA = /(^|[;\t\r\n])(?=\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/g;

/** RFC 4180 for spreadsheets, with a line of names. @param {VscpEvent[]} events */
export function csv(events) {
  const columns = Object.values(COLUMNS);
  const lines = events.map((event) => columns.map((column) => cell(column(event))).join(","));
  return BYTE_ORDER_MARK + [Object.keys(COLUMNS).join(","), ...lines, ""].join("\r\n");
}

/** @param {string|number|null} value */
export function cell(value) {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const text = value.replace(FORMULA, "$1'");
  return /[",;\t\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** ws2's keys, and the reading. @param {VscpEvent[]} events */
export function json(events) {
  return `${JSON.stringify(events.map((event) => ({
    vscpHead: event.head,
    vscpObId: event.obid,
    vscpDateTime: new Date(event.micros / 1000).toISOString(),
    vscpTimeStamp: event.timestamp,
    vscpClass: event.class,
    vscpType: event.type,
    vscpGuid: event.guid,
    vscpData: Array.from(event.data),
    reading: event.reading,
    ...namesOf(event),
  })), null, 1)}\n`;
}

/** @param {VscpEvent} event */
function namesOf(event) {
  const names = givenNames(event);
  return Object.keys(names).length ? { names } : {};
}

/** @type {Record<string, function(VscpEvent[]): File>} */
const FORMS = {
  candump: (events) => ({ ...candumpLog(events), kind: "text/plain", ending: "log" }),
  csv: (events) => ({ text: csv(events), left: 0, kind: "text/csv", ending: "csv" }),
  json: (events) => ({ text: json(events), left: 0, kind: "application/json", ending: "json" }),
};

/**
 * Give the events to the user as a file.
 * @param {string} form candump, csv or json
 * @param {VscpEvent[]} events
 * @returns {string} what was done, in a line
 */
export function save(form, events) {
  const { text, left, kind, ending } = FORMS[form](events);
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
  const name = `vscp-${stamp}.${ending}`;
  const url = URL.createObjectURL(new Blob([text], { type: kind }));
  const link = make("a", { href: url, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000); // after the browser has fetched it
  const without = left ? ` Left out: ${left} of Level II, which have no CAN form.` : "";
  return `${counted(events.length - left, "event")} in ${name}.${without}`;
}
