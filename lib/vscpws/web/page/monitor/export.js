// What is seen as a file: candump's log, CSV, JSON.

import { element } from "./dom.js";
import { fieldsText, nodeName } from "./text.js";

const CAN_BYTES = 8; // more is CAN FD
const GUID_BYTES = 16; // of the destination's interface, first in the data of classes 512-1023
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

function candumpLine(event) {
  if (event.class >= 1024) return null;
  const over = event.class >= 512; // Level I over Level II
  const data = event.hex.replaceAll(" ", "").slice(over ? 2 * GUID_BYTES : 0);
  // The 29-bit identifier: priority, hard-coded, class, type, nickname.
  const identifier = event.priority * 2 ** 26 + (event.head & 0x10 ? 2 ** 25 : 0)
    + (event.class % 512) * 2 ** 16 + event.type * 2 ** 8 + event.nickname;
  const moment = event.micros;
  const seconds = `${Math.floor(moment / 1e6)}.${String(moment % 1e6).padStart(6, "0")}`;
  const sign = data.length > 2 * CAN_BYTES ? "##0" : "#";
  return `(${seconds}) ${INTERFACE} `
    + `${identifier.toString(16).toUpperCase().padStart(8, "0")}${sign}${data}\n`;
}

const COLUMNS = {
  time: (event) => new Date(event.micros / 1000).toISOString(),
  class: (event) => event.class,
  "class name": (event) => event.reading.className,
  type: (event) => event.type,
  "type name": (event) => event.reading.typeName,
  priority: (event) => event.priority,
  guid: (event) => event.guid,
  node: nodeName,
  index: (event) => event.reading.index,
  zone: (event) => event.reading.zone,
  subzone: (event) => event.reading.subzone,
  value: (event) => event.reading.value,
  unit: (event) => event.reading.unit,
  fields: (event) => fieldsText(event.reading),
  data: (event) => event.hex,
};

/** RFC 4180, with a line of names. @param {VscpEvent[]} events */
export function csv(events) {
  const columns = Object.values(COLUMNS);
  const lines = events.map((event) => columns.map((column) => cell(column(event))).join(","));
  return [Object.keys(COLUMNS).join(","), ...lines, ""].join("\r\n");
}

function cell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  // A spreadsheet would take these for the beginning of a formula.
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
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
  })), null, 1)}\n`;
}

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
  const link = element("a", { href: url, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000); // after the browser has fetched it
  const without = left ? ` Left out: ${left} of Level II, which have no CAN form.` : "";
  return `${(events.length - left).toLocaleString("en")} events in ${name}.${without}`;
}
