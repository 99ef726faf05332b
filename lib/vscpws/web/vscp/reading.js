// An event as people read it: what it is called, what it says, and for which place.

import { decode, single, unsigned } from "./measurement.js";
import { plainClass } from "./catalog.js";
import { ALL_ZONES, FIELD_SIZES, GUID_BYTES } from "./protocol.js";

/**
 * What an event says. Texts are empty and numbers null where it doesn't.
 * @typedef {object} Reading
 * @property {string} classToken
 * @property {string} className "Class 300" for one that is not in the catalog
 * @property {string} typeToken
 * @property {string} typeName "Type 7" likewise
 * @property {number|string|null} value of a measurement
 * @property {string} unit
 * @property {number|null} index
 * @property {number|null} zone
 * @property {number|null} subzone
 * @property {Object<string, number>} fields the other named parts of the data
 */

/**
 * The reading of an event, whatever its data is.
 * @param {{class: number, type: number, data: Uint8Array}} event
 * @param {import("./catalog.js").Catalog} catalog
 * @returns {Reading}
 */
export function read(event, catalog) {
  const known = catalog.findClass(event.class);
  const type = catalog.findType(event.class, event.type);
  const over = plainClass(event.class) !== event.class;
  const data = over ? event.data.subarray(GUID_BYTES) : event.data;
  /** @type {Reading} */
  const reading = {
    classToken: known?.token ?? "", className: known?.name ?? `Class ${event.class}`,
    typeToken: type?.token ?? "", typeName: type?.name ?? `Type ${event.type}`,
    value: null, unit: "", index: null, zone: null, subzone: null, fields: {},
  };
  if (known?.shape) {
    const measured = decode(known.shape, data);
    const unit = measured.value === null ? "" : type?.units[measured.unit] ?? "";
    return Object.assign(reading, measured, { unit });
  }
  if (known) {
    const { index = null, zone = null, subzone = null, ...fields } =
      readFields((type ?? known).fields, data);
    Object.assign(reading, { index, zone, subzone, fields });
  }
  return reading;
}

/**
 * One line: "Measurement: Temperature 26.3 °C, index 2, zone 1".
 * @param {Reading} reading
 * @param {function(number|string): string} [write] numbers
 */
export function describe(reading, write = numberText) {
  const value = valueText(reading, write);
  return [`${reading.className}: ${reading.typeName}${value && ` ${value}`}`,
    ...placeAndFields(reading).map((part) => part.join(" "))].join(", ");
}

/**
 * The value with its unit; empty if there is none.
 * @param {Reading} reading
 * @param {function(number|string): string} [write] numbers
 */
export function valueText(reading, write = numberText) {
  if (reading.value === null) return "";
  return `${write(reading.value)} ${reading.unit}`.trimEnd();
}

/**
 * Index, zone, subzone and the other fields that there are, as pairs of texts.
 * @param {Reading} reading
 * @returns {[string, string][]}
 */
export function placeAndFields(reading) {
  const { index, zone, subzone, fields } = reading;
  return Object.entries({ index, zone, subzone, ...fields })
    .flatMap(([name, value]) => (value === null ? [] : [[name,
      isAll(name, value) ? "all" : numberText(value)]]));
}

/** @param {string} name @param {number} value */
function isAll(name, value) {
  return value === ALL_ZONES && (name === "zone" || name === "subzone");
}

/**
 * Twelve digits: a sum of tenths is not to show its last bit.
 * @param {number|string} value
 * @param {number} [digits]
 */
export function numberText(value, digits = 12) {
  return typeof value === "number" ? String(Number(value.toPrecision(digits))) : value;
}

/**
 * The fields that are there as a whole; what is left over has no name.
 * @param {import("./catalog.js").Field[]} fields
 * @param {Uint8Array} data
 */
function readFields(fields, data) {
  /** @type {Record<string, number>} */
  const values = {};
  let place = 0;
  for (const field of fields) {
    const part = data.subarray(place, place + FIELD_SIZES[field.type]);
    if (part.length < FIELD_SIZES[field.type]) break;
    const value = field.type === "single" ? single(part) : unsigned(part);
    if (value !== null) values[field.name] = value;
    place += part.length;
  }
  return values;
}
