// One event with all that is known of it, in a dialog.

import { byId, element } from "./dom.js";
import { clock, fieldsText, isMeasurement, nodeName, placeText } from "./text.js";
import { valueText } from "../vscp/vscp.js";

export class Details extends EventTarget {
  constructor() {
    super();
    this._dialog = byId("details");
    for (const name of ["plot", "like", "node", "template"]) {
      byId(`details-${name}`).addEventListener("click", () => {
        this._dialog.close();
        this.dispatchEvent(new CustomEvent(name, { detail: this._event }));
      });
    }
  }

  /** @param {Entry} entry */
  show({ event, own }) {
    this._event = event;
    const { reading } = event;
    byId("details-title").textContent = reading.typeName;
    byId("details-plot").hidden = !isMeasurement(event);
    byId("details-node").hidden = own;
    const lines = {
      Value: valueText(reading),
      Place: placeText(reading),
      Fields: fieldsText(reading),
      Class: `${event.class} ${reading.className}`,
      "Class token": reading.classToken,
      Type: `${event.type} ${reading.typeName}`,
      "Type token": reading.typeToken,
      Priority: `${event.priority} (0 is the highest)`,
      Node: own ? "sent from this page" : nodeName(event),
      GUID: event.guid,
      Time: `${event.date.toLocaleDateString()} ${clock(event.micros / 1000)}`,
      Timestamp: `${event.timestamp} µs`,
      Head: `0x${event.head.toString(16).toUpperCase().padStart(4, "0")}`,
      Data: event.hex || "none",
    };
    byId("details-list").replaceChildren(...Object.entries(lines)
      .filter(([, text]) => text)
      .flatMap(([name, text]) => [element("dt", {}, name), element("dd", {}, text)]));
    this._dialog.showModal();
  }
}
