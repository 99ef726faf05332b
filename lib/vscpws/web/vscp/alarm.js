// Which events are alarms, and what of them is not over yet.
//
// Of class ALARM a warning, an alarm, an emergency stop or pause and a watchdog stay until a reset
// (or resume) comes for their place. Of class SECURITY what nobody wants to overhear stays, until
// an alarm reset for its place or somebody who has seen it; motion, doors and codes that are right
// are told, and don't stay.

import { plainClass } from "./catalog.js";
import { ALL_ZONES } from "./protocol.js";
import { sensorKey, sensorOf } from "./sensor.js";

/** @typedef {import("./event.js").VscpEvent} VscpEvent */

export const ALARM = 1; // classes
export const SECURITY = 2;
const MOST = 256; // alarms that are remembered

const RAISES = new Map([
  [ALARM, new Set([1, 2, 6, 7, 12])],
  [SECURITY, new Set([2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22, 24, 27, 28,
    29, 31, 32, 33, 34, 37])],
]);
const RESET = 13;
/** What ends which types of alarm; a reset ends all. */
const ENDS = new Map([[8, [6]], [9, [7]]]);

/** The word for an event of these classes; empty for others. @param {VscpEvent} event */
export function alarmWord(event) {
  switch (plainClass(event.class)) {
    case ALARM: return event.type === RESET ? "Alarm over" : event.type === 1 ? "Warning" : "Alarm";
    case SECURITY: return "Security";
    default: return "";
  }
}

/** "Security: Glass break", "Alarm occurred". @param {VscpEvent} event */
export function alarmText(event) {
  const word = alarmWord(event);
  const { typeName } = event.reading;
  return !word || typeName.startsWith(word) ? typeName : `${word}: ${typeName}`;
}

/** "alarm", "security" or "": what its colour is. @param {VscpEvent} event */
export function alarmMood(event) {
  const vscpClass = plainClass(event.class);
  if (vscpClass === SECURITY) return "security";
  return vscpClass === ALARM && RAISES.get(ALARM)?.has(event.type) ? "alarm" : "";
}

/** Whether it stays until it is reset. @param {VscpEvent} event */
export function isRaised(event) {
  return Boolean(RAISES.get(plainClass(event.class))?.has(event.type));
}

/** What is raised and not over. */
export class Alarms {
  constructor() {
    /** @type {Map<string, VscpEvent>} the latest of each, by source */
    this._raised = new Map();
  }

  /** Newest first. @returns {VscpEvent[]} */
  get all() {
    return [...this._raised.values()].sort((one, other) => one.age - other.age);
  }

  get count() {
    return this._raised.size;
  }

  /** @param {VscpEvent} event @returns {boolean} whether something has changed */
  add(event) {
    if (isRaised(event)) {
      const key = keyOf(event);
      if (this._raised.size >= MOST && !this._raised.has(key)) this._forgetOldest();
      this._raised.set(key, event);
      return true;
    }
    const ended = plainClass(event.class) !== ALARM ? []
      : [...this._raised].filter(([, raised]) => ends(event, raised));
    for (const [key] of ended) this._raised.delete(key);
    return ended.length > 0;
  }

  /** Somebody has seen it. @param {VscpEvent} event */
  dismiss(event) {
    this._raised.delete(keyOf(event));
  }

  clear() {
    this._raised.clear();
  }

  _forgetOldest() {
    const oldest = this.all.at(-1);
    if (oldest) this.dismiss(oldest);
  }
}

/** @param {VscpEvent} event */
function keyOf(event) {
  return sensorKey({ ...sensorOf(event), class: plainClass(event.class) });
}

/**
 * Whether an event of class ALARM ends an alarm: a reset of its type, from the same node or for the
 * zone that it came from.
 * @param {VscpEvent} event
 * @param {VscpEvent} raised
 */
function ends(event, raised) {
  const isOfType = event.type === RESET
    || plainClass(raised.class) === ALARM && ENDS.get(event.type)?.includes(raised.type);
  if (!isOfType || event.moment < raised.moment) return false;
  const [one, other] = [event.reading, raised.reading];
  const isSamePlace = covers(one.zone, other.zone) && covers(one.subzone, other.subzone);
  const isNamed = one.zone !== null && one.zone !== 0; // zone 0 is what has none
  return isSamePlace && (isNamed || event.guid === raised.guid);
}

/** @param {?number} meant @param {?number} place */
function covers(meant, place) {
  return meant === null || meant === ALL_ZONES || meant === place;
}
