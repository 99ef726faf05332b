// The part of the send form that asks for an event's data, made from the catalog, and the bytes
// that come out of it.

import { make } from "../vscp/dom.js";
import { bytesOf } from "../vscp/hex.js";
import { FIELD_SIZES, LEVEL1_CLASSES } from "../vscp/protocol.js";
import { Format, decode, encode } from "../vscp/vscp.js";

const PLACED = ["zone-coded", "text", "float"]; // shapes that have index, zone and subzone first
const CODED = ["coded", "zone-coded"];
const LEVEL2_BYTES = 512;
const CLASSIC_BYTES = 8;
const FORMATS = {
  NORMALIZED: "number with a decimal point", INTEGER: "whole number", SINGLE: "single precision",
  DOUBLE: "double precision", TEXT: "number as text", BYTES: "bytes", BITS: "bits",
};

/**
 * @typedef {import("../vscp/catalog.js").EventClass} EventClass
 * @typedef {import("../vscp/catalog.js").EventType} EventType
 * @typedef {{name: string, text: string, value?: string, most?: number|null,
 *   options?: [string, string][]}} Question
 */

/** @param {EventClass} known @param {EventType} type @returns {Question[]} what the data says */
export function questions(known, type) {
  if (!known.shape) {
    return type.fields.map(({ name, text, type: form }) => ({ name, text, value: "0",
      most: form === "single" ? null : 2 ** (8 * FIELD_SIZES[form]) - 1 }));
  }
  /** @type {Question[]} */
  const asked = [{ name: "value", text: "the measured value", value: "" }];
  const units = type.units.map((unit, number) =>
    /** @type {[string, string]} */ ([String(number), unit]));
  if (units.length && known.shape !== "double" && known.shape !== "single") {
    asked.push({ name: "unit", text: "the unit of the value", options: units });
  } else if (units.length) {
    asked[0].text = `the measured value in ${units[0][1] || "the default unit"}`;
  }
  if (known.shape === "coded") {
    asked.push({ name: "index", text: "which of the node's sensors, 0-7", value: "0", most: 7 });
  }
  if (PLACED.includes(known.shape)) {
    asked.push({ name: "index", text: "which of the node's sensors", value: "0", most: 255 },
      { name: "zone", text: "zone, 255 is all", value: "0", most: 255 },
      { name: "subzone", text: "subzone, 255 is all", value: "0", most: 255 });
  }
  if (CODED.includes(known.shape)) {
    asked.push({ name: "format", text: "how the number is written into the data",
      options: Object.entries(FORMATS) });
  }
  return asked;
}

/** The form's elements for a question. @param {Question} question */
export function fieldFor({ name, text, value, most, options }) {
  const id = `field-${name}`;
  const hint = make("small", { id: `${id}-hint` }, text);
  const input = options
    ? make("select", {}, ...options.map(([key, label]) =>
      make("option", { value: key }, label)))
    : make("input", { required: true, value, inputMode: "decimal", autocomplete: "off",
      placeholder: most ? `0 to ${most}` : "" });
  Object.assign(input, { id, name: id });
  input.setAttribute("aria-describedby", hint.id);
  return make("div", { className: "field" },
    make("label", { htmlFor: id }, name), input, hint);
}

/**
 * The data that the answers make.
 * @param {EventClass} known
 * @param {EventType} type
 * @param {Object<string, string>} answers by the questions' names
 * @returns {number[]}
 * @throws {RangeError} for an answer that can't be said that way
 */
export function bytesFor(known, type, answers) {
  if (known.shape) return measured(known.shape, answers);
  return type.fields.flatMap(({ name, type: form }) => (form === "single"
    ? encode("single", { value: answers[name] })
    : integer(name, answers[name], FIELD_SIZES[form])));
}

/**
 * The answers that make an event's data; null where none do, and bytes have to be written.
 * @param {EventClass} known
 * @param {EventType} type
 * @param {Uint8Array} data
 * @returns {Record<string, string>|null}
 */
export function answersOf(known, type, data) {
  const answers = known.shape ? measuredAnswers(known.shape, data) : fieldAnswers(type, data);
  try {
    const made = bytesFor(known, type, answers);
    return made.length === data.length && made.every((byte, at) => byte === data[at]) ? answers
      : null;
  } catch {
    return null;
  }
}

/** @param {string} shape @param {Uint8Array} data @returns {Record<string, string>} */
function measuredAnswers(shape, data) {
  const coding = data[shape === "zone-coded" ? 3 : 0] ?? 0;
  const format = Object.entries(Format).find(([, number]) => number === coding >> 5)?.[0] ?? "";
  const { value, ...rest } = decode(shape, data);
  return { value: String(value ?? ""), format, ...Object.fromEntries(
    Object.entries(rest).map(([name, number]) => [name, String(number ?? 0)])) };
}

/** @param {EventType} type @param {Uint8Array} data @returns {Record<string, string>} */
function fieldAnswers(type, data) {
  let place = 0;
  return Object.fromEntries(type.fields.map(({ name, type: form }) => {
    const part = data.subarray(place, place += FIELD_SIZES[form]);
    const value = form === "single" ? decode("single", part).value
      : part.reduce((sum, byte) => sum * 256 + byte, 0);
    return [name, String(value ?? "")];
  }));
}

/** @param {string} shape @param {Record<string, string>} answers */
function measured(shape, { value, unit, index, zone, subzone, format }) {
  /** @type {Parameters<typeof encode>[1]} */
  const what = { value: shape === "text" ? value.trim() : value, unit: Number(unit ?? 0) };
  if (index !== undefined) [what.index] = integer("index", index, 1);
  if (zone !== undefined) [what.zone] = integer("zone", zone, 1);
  if (subzone !== undefined) [what.subzone] = integer("subzone", subzone, 1);
  return encode(shape, what, Format[/** @type {keyof typeof Format} */ (format)]);
}

/** @param {string} name @param {string} text @param {number} size in bytes */
function integer(name, text, size) {
  const number = parse(text);
  const limit = 2 ** (8 * size) - 1;
  if (!(number >= 0 && number <= limit)) {
    throw new RangeError(`${name} must be a whole number from 0 to ${limit}`);
  }
  return Array.from({ length: size }, (_, place) =>
    Math.floor(number / 2 ** (8 * (size - 1 - place))) % 256);
}

/** Decimal or 0x…; NaN for what is no whole number. @param {string} text */
function parse(text) {
  return /^(\d+|0x[0-9a-f]+)$/i.test(text.trim()) ? Number(text) : NaN;
}

/**
 * Bytes as a person writes them: "00 FF 1a", "0x00,0xff".
 * @param {string} text
 * @param {number} vscpClass whose events may have so many
 * @returns {number[]}
 */
export function bytesFromHex(text, vscpClass) {
  const digits = text.replace(/0x|[\s,;:]/gi, "");
  if (!/^([0-9a-f]{2})*$/i.test(digits)) {
    throw new RangeError("data is pairs of hex digits, such as 00 FF 1A");
  }
  const most = vscpClass < LEVEL1_CLASSES ? CLASSIC_BYTES : LEVEL2_BYTES;
  if (digits.length > 2 * most) throw new RangeError(`data has at most ${most} bytes here`);
  return [...bytesOf(digits)];
}
