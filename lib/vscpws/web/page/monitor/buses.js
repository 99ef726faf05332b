// Which bus an event came from: a column, a name and a colour, where there are several.

/** @typedef {import("../vscp/vscp.js").VscpEvent} VscpEvent */

const COLOURS = 6; // --bus-0 to --bus-5 of the stylesheet

/** @type {string[]} the interfaces' names, in the order of their channels from 1 on */
let buses = [];

/** @param {string[]} names */
export function useBuses(names) {
  buses = names;
}

/** Whether there is anything to tell apart. */
export function areSeveral() {
  return buses.length > 1;
}

/** The bus of an event; empty for what a client sent. @param {VscpEvent} event */
export function busName({ obid }) {
  return buses[obid - 1] ?? "";
}

/** Which colour it has; empty for none. @param {VscpEvent} event */
export function busColour({ obid }) {
  return buses[obid - 1] === undefined ? "" : String((obid - 1) % COLOURS);
}
