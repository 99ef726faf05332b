// One event with all that is known of it, in a dialog.

import { make } from "../vscp/dom.js";
import { Emitter } from "../vscp/emitter.js";
import { hexOf } from "../vscp/hex.js";
import { Permissions } from "../vscp/permissions.js";
import { byId } from "./dom.js";
import { isMeasurement } from "../vscp/sensor.js";
import { alarmText } from "../vscp/alarm.js";
import { busName } from "./buses.js";
import { clock, fieldsText, givenName, nickname, placeText, sensorName, wholeValue }
  from "./text.js";

/** @typedef {import("../vscp/vscp.js").VscpEvent} VscpEvent */

const BUTTONS = /** @type {const} */ (["plot", "like", "node", "template"]);

/**
 * Emits what is to be done with the event.
 * @extends {Emitter<Record<typeof BUTTONS[number], VscpEvent>>}
 */
export class Details extends Emitter {
  constructor() {
    super();
    this._dialog = byId("details", HTMLDialogElement);
    /** @type {VscpEvent|null} */
    this._event = null;
    this._permissions = new Permissions();
    for (const name of BUTTONS) {
      byId(`details-${name}`).addEventListener("click", () => {
        this._dialog.close();
        if (this._event) this.emit(name, this._event);
      });
    }
  }

  /** Nobody is offered to send what he may not. @param {Permissions} permissions */
  allow(permissions) {
    this._permissions = permissions;
  }

  /** @param {import("./ring.js").Entry} entry */
  show({ event, own }) {
    this._event = event;
    const { reading } = event;
    byId("details-title").textContent = alarmText(event);
    byId("details-plot").hidden = !isMeasurement(event);
    byId("details-node").hidden = own;
    byId("details-template").hidden = !this._permissions.maySendOf(event.class, event.type);
    const lines = {
      Value: wholeValue(reading),
      Sensor: sensorName(event) === reading.typeName ? "" : sensorName(event),
      Place: placeText(reading),
      Fields: fieldsText(reading),
      Class: `${event.class} ${reading.className}`,
      "Class token": reading.classToken,
      Type: `${event.type} ${reading.typeName}`,
      "Type token": reading.typeToken,
      Priority: `${event.priority} (0 is the highest)`,
      Node: own ? "sent from this page"
        : [givenName(event), nickname(event)].filter(Boolean).join(", "),
      Bus: busName(event),
      GUID: event.guid,
      Time: `${event.date.toLocaleDateString()} ${clock(event.micros / 1000)}`,
      Timestamp: `${event.timestamp} µs`,
      Head: `0x${hexOf([event.head >> 8, event.head & 0xFF])}`,
      Data: event.hex || "none",
    };
    byId("details-list").replaceChildren(...Object.entries(lines)
      .filter(([, text]) => text)
      .flatMap(([name, text]) => [make("dt", {}, name), make("dd", {}, text)]));
    this._dialog.showModal();
  }
}
