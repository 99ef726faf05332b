// The catalog: what the protocol calls its classes and types, and how their data is laid out.
//
// The table is catalog.json beside this file. A name is found in any case, with or without blanks,
// _ and -: the number, the whole token, the token without its prefix (CLASS1.,
// VSCP_TYPE_MEASUREMENT_), or the name. Where several are called the same, the lowest number is
// meant.

import { meant } from "./nearest.js";
import { LEVEL1_CLASSES, LEVEL2 } from "./protocol.js";

/**
 * @typedef {{name: string, text: string, type: "byte"|"uint16"|"uint32"|"single"}} Field
 * @typedef {{number: number, token: string, name: string, units: string[], fields: Field[]}}
 *   EventType `units[0]` is the default unit, the others are the optional ones by their number
 * @typedef {{number: number, token: string, name: string, shape: string, fields: Field[],
 *   types: Map<number, EventType>}} EventClass `shape` is empty where the data is no measurement
 * @typedef {{token: string, name: string, units?: string[], fields?: Field[]}} TypeEntry
 * @typedef {{token: string, name: string, shape?: string, fields?: Field[],
 *   types: Record<string, TypeEntry>}} ClassEntry as catalog.json has them
 * @typedef {{number: number, token: string, name: string}} Named
 */

const ASK_TIME = 5000; // ms for catalog.json

const LARGEST = 0xFFFF; // of a class and of a type
const LEVEL2_MEASUREMENTS = [1040, 1060]; // their type's high byte counts the classes from 10 on
const MEASUREMENT = 10;
const LAST_MEASUREMENT = 14;
const PREFIX = /^(?:CLASS[12]\.|VSCP2?_TYPE_[A-Z0-9]+_)/;

/**
 * The class whose events a class carries: of Level I over Level II the one of Level I.
 * @param {number} number
 */
export function plainClass(number) {
  return number >= LEVEL1_CLASSES && number < LEVEL2 ? number - LEVEL1_CLASSES : number;
}

export class Catalog {
  /** @param {{classes: Record<string, ClassEntry>}} table the content of catalog.json */
  constructor(table) {
    /** @type {Map<number, EventClass>} */
    this._classes = new Map(Object.entries(table.classes)
      .map(([number, entry]) => [Number(number), readClass(Number(number), entry)]));
    this._classNames = namesOf(this._classes.values());
    /** @type {Map<number, Map<string, number>>} by class */
    this._typeNames = new Map();
  }

  /** All classes by their number. @returns {EventClass[]} */
  classes() {
    return [...this._classes.values()];
  }

  /**
   * The class with this number or name; of 512-1023 the one whose events they carry.
   * @param {number|string} which
   * @returns {EventClass|undefined}
   */
  findClass(which) {
    const number = numberOf(which, this._classNames);
    return number === undefined ? undefined : this._classes.get(plainClass(number));
  }

  /**
   * The type of a class. A type over 255 of the Level II measurements is one of classes 11 to 14.
   * @param {number|string} eventClass
   * @param {number|string} which
   * @returns {EventType|undefined}
   */
  findType(eventClass, which) {
    const known = this.findClass(eventClass);
    if (!known) return undefined;
    const number = numberOf(which, this._namesOf(known));
    if (number === undefined) return undefined;
    const further = MEASUREMENT + (number >> 8);
    if (LEVEL2_MEASUREMENTS.includes(known.number) && further > MEASUREMENT
        && further <= LAST_MEASUREMENT) {
      return this._classes.get(further)?.types.get(number & 0xFF);
    }
    return known.types.get(number);
  }

  /**
   * The number of a class, known or not.
   * @param {number|string} which
   * @throws {RangeError} for a name that nobody has
   */
  classNumber(which) {
    const number = numberOf(which, this._classNames);
    if (number === undefined) {
      throw new RangeError(`no class is called "${which}"${meant(String(which),
        wordsOf(this._classes.values()))}`);
    }
    return number;
  }

  /**
   * The number of a type, known or not.
   * @param {number|string} eventClass
   * @param {number|string} which
   * @throws {RangeError} for a name that nobody has
   */
  typeNumber(eventClass, which) {
    const known = this.findClass(eventClass);
    const number = numberOf(which, known ? this._namesOf(known) : new Map());
    if (number === undefined) {
      throw new RangeError(`no type of class ${known?.name ?? eventClass} is called "${which}"${
        meant(String(which), wordsOf(known?.types.values() ?? []))}`);
    }
    return number;
  }

  /** @param {EventClass} known */
  _namesOf(known) {
    const names = this._typeNames.get(known.number) ?? namesOf(known.types.values());
    this._typeNames.set(known.number, names);
    return names;
  }
}

/** @type {Promise<Catalog>|undefined} */
let loaded; // the promise of the catalog at the default place

/**
 * The catalog that comes with the daemon; fetched once.
 * @param {URL|string} [url]
 * @returns {Promise<Catalog>}
 */
export function loadCatalog(url) {
  if (url !== undefined) return fetchCatalog(url);
  loaded ??= fetchCatalog(new URL("catalog.json", import.meta.url)).catch((error) => {
    loaded = undefined; // the next one tries again
    throw error;
  });
  return loaded;
}

/** @param {URL|string} url */
async function fetchCatalog(url) {
  const answer = await fetch(url, { signal: AbortSignal.timeout(ASK_TIME) });
  if (!answer.ok) throw new Error(`no catalog at ${url}: ${answer.status}`);
  return new Catalog(await answer.json());
}

/** @param {number} number @param {ClassEntry} entry @returns {EventClass} */
function readClass(number, entry) {
  const fields = entry.fields ?? [];
  const types = new Map(Object.entries(entry.types).map(([key, type]) => [Number(key), {
    number: Number(key), token: type.token, name: type.name, units: type.units ?? [],
    fields: type.fields ?? fields,
  }]));
  return { number, token: entry.token, name: entry.name, shape: entry.shape ?? "", fields, types };
}

/**
 * What can be said for a number. Tokens go before names, and lower numbers before higher.
 * @param {Iterable<Named>} entries
 */
function namesOf(entries) {
  const sorted = [...entries].sort((one, other) => one.number - other.number);
  /** @type {Map<string, number>} */
  const names = new Map();
  /** @type {(function(Named): string)[]} */
  const ways = [({ token }) => token, ({ token }) => token.replace(PREFIX, ""),
    ({ name }) => name];
  for (const called of ways) {
    for (const entry of sorted) {
      const name = folded(called(entry));
      if (!names.has(name)) names.set(name, entry.number);
    }
  }
  return names;
}

/** What people may have meant by a wrong name. @param {Iterable<Named>} entries */
function wordsOf(entries) {
  return [...entries].flatMap(({ name, token }) => [name, token.replace(PREFIX, "")]);
}

/** @param {number|string} which @param {Map<string, number>} names */
function numberOf(which, names) {
  const text = String(which).trim();
  if (/^(?:\d{1,8}|0x[0-9a-f]{1,8})$/i.test(text)) {
    const number = Number(text);
    return number <= LARGEST ? number : undefined;
  }
  return names.get(folded(text));
}

/** @param {string} text */
function folded(text) {
  return text.replace(/[\s_-]+/g, "").toLowerCase();
}
