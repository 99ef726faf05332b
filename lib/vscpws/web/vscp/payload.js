// What the attributes of an element say of an event to be sent. What the daemon couldn't parse is a
// RangeError with the attribute's name, and is never sent.

import { encode } from "./measurement.js";
import { given } from "./element.js";
import { bytesOf } from "./hex.js";
import { LEVEL1_CLASSES, PRIORITY } from "./protocol.js";

/**
 * @typedef {import("./element.js").Kind} Kind
 * @typedef {import("./element.js").SentEvent} SentEvent
 */

const BYTE = 255;
const LOWEST_PRIORITY = 7;
const CLASSIC_BYTES = 8;
const LEVEL2_BYTES = 512;

/**
 * A number from an attribute that the data has a byte or less for.
 * @param {Element} element
 * @param {string} name
 * @param {number} otherwise
 * @param {number} [most]
 */
function within(element, name, otherwise, most = BYTE) {
  return checked(name, given(element, name) ?? otherwise, most);
}

/** @param {string} name @param {number} value @param {number} [most] */
export function checked(name, value, most = BYTE) {
  if (!Number.isInteger(value) || value < 0 || value > most) {
    throw new RangeError(`${name} ${value} is no whole number from 0 to ${most}`);
  }
  return value;
}

/**
 * An event with these data, of an element's priority and for the GUID that it names.
 * @param {Element} element
 * @param {Kind} kind
 * @param {number[]} data
 * @returns {SentEvent}
 */
export function eventOf(element, kind, data) {
  return {
    class: kind.class ?? "", type: kind.type ?? "",
    priority: within(element, "priority", PRIORITY, LOWEST_PRIORITY),
    guid: element.getAttribute("to-guid") ?? "-", data,
  };
}

/**
 * One for the zone and subzone of the element, behind a first byte.
 * @param {Element} element
 * @param {Kind} kind
 * @param {number} firstByte
 */
export function placed(element, kind, firstByte) {
  return eventOf(element, kind, [checked("value", firstByte),
    within(element, "zone", 0), within(element, "subzone", 0)]);
}

/** The index of an element, for the first byte. @param {Element} element */
export function indexOf(element) {
  return within(element, "index", 0);
}

/**
 * A measured or set value in the shape of its class.
 * @param {Element} element
 * @param {Kind} kind
 * @param {import("./catalog.js").Catalog} catalog
 * @param {number} value
 * @param {string} unit empty: the type's default
 */
export function measured(element, kind, catalog, value, unit) {
  const { shape, number } = shapeOf(kind, catalog);
  return eventOf(element, kind, encode(shape, {
    value, unit: number(unit), index: within(element, "index", 0),
    zone: within(element, "zone", 0), subzone: within(element, "subzone", 0),
  }));
}

/**
 * How values of a kind are written; `number` is that of a unit.
 * @param {Kind} kind
 * @param {import("./catalog.js").Catalog} catalog
 * @returns {{shape: string, units: string[], number: function(string): number}}
 * @throws {RangeError} for what has no value
 */
export function shapeOf(kind, catalog) {
  const vscpClass = catalog.classNumber(kind.class ?? "");
  const type = catalog.typeNumber(vscpClass, kind.type ?? "");
  const shape = catalog.findClass(vscpClass)?.shape;
  if (!shape || vscpClass >= LEVEL1_CLASSES && vscpClass < 2 * LEVEL1_CLASSES) {
    throw new RangeError(`events of class ${kind.class} have no measured value`);
  }
  const units = catalog.findType(vscpClass, type)?.units ?? [];
  return { shape, units, number: (unit) => {
    const place = unit ? units.indexOf(unit) : 0;
    if (place < 0) throw new RangeError(`unit "${unit}": there are ${units.join(", ") || "none"}`);
    if (place && (shape === "double" || shape === "single")) {
      throw new RangeError(`unit "${unit}": class ${kind.class} has only ${units[0]}`);
    }
    return place;
  } };
}

/**
 * The bytes of an attribute.
 * @param {string} text pairs of hex digits
 * @param {number} vscpClass
 */
export function bytesFrom(text, vscpClass) {
  const digits = text.replace(/0x|[\s,;:]/gi, "");
  if (!/^([0-9a-f]{2})*$/i.test(digits)) {
    throw new RangeError(`data="${text}" is no pairs of hex digits`);
  }
  const most = vscpClass < LEVEL1_CLASSES ? CLASSIC_BYTES : LEVEL2_BYTES;
  if (digits.length > 2 * most) throw new RangeError(`data has at most ${most} bytes here`);
  return [...bytesOf(digits)];
}
