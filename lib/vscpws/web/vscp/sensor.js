// What tells one source of events from another: its node, what it says, and of which place.

/**
 * @typedef {{class: number, type: number, guid: string, index: ?number, zone: ?number,
 *   subzone: ?number}} Sensor
 */

/** @param {import("./event.js").VscpEvent} event @returns {Sensor} */
export function sensorOf(event) {
  const { index, zone, subzone } = event.reading;
  return { class: event.class, type: event.type, guid: event.guid, index, zone, subzone };
}

/** @param {Sensor} sensor */
export function sensorKey({ class: vscpClass, type, guid, index, zone, subzone }) {
  return `${vscpClass} ${type} ${guid} ${index} ${zone} ${subzone}`;
}

/**
 * Whether it is a measurement: something that can be plotted.
 * @param {import("./event.js").VscpEvent} event
 */
export function isMeasurement(event) {
  return typeof event.reading.value === "number";
}
