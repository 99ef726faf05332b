// One VSCP event, as ws2 carries it and as people read it.

import { hexOf } from "./credentials.js";
import { describe, read } from "./reading.js";

/** An event from the daemon; immutable. */
export class VscpEvent {
  /**
   * @param {object} content of a ws2 event, with the long or the short names of its parts
   * @param {import("./catalog.js").Catalog} catalog
   */
  constructor(content, catalog) {
    /** 16 bits: priority, hard-coded bit and the rest. */
    this.head = content.vscpHead ?? content.head;
    this.class = content.vscpClass ?? content.class;
    this.type = content.vscpType ?? content.type;
    /** The id of the channel on which the daemon got it. */
    this.obid = content.vscpObId ?? content.obid;
    this.date = new Date(content.vscpDateTime ?? content.datetime);
    /** Relative, in microseconds modulo 2 ** 32. */
    this.timestamp = content.vscpTimeStamp ?? content.timestamp;
    /** 16 upper-case pairs of hex digits with colons. */
    this.guid = content.vscpGuid ?? content.guid;
    this.data = Uint8Array.from(content.vscpData ?? content.data ?? []);
    this._catalog = catalog;
    this._reading = null;
  }

  /** 0, the highest, to 7. */
  get priority() {
    return this.head >> 5 & 7;
  }

  /** The node on its interface: the last byte of the GUID. */
  get nickname() {
    return parseInt(this.guid.slice(-2), 16);
  }

  /**
   * Its time in microseconds since 1970. ws2 has whole seconds; where the relative timestamp falls
   * into that second, it gives the rest.
   */
  get micros() {
    const second = Math.floor(this.date.getTime() / 1000) * 1e6;
    const rest = (((this.timestamp - second) % 2 ** 32) + 2 ** 32) % 2 ** 32;
    return rest < 1e6 ? second + rest : second;
  }

  /** What it says, with names. @returns {import("./reading.js").Reading} */
  get reading() {
    this._reading ??= read(this, this._catalog);
    return this._reading;
  }

  /** One line for people. */
  get text() {
    return describe(this.reading);
  }

  /** The data as hex pairs with blanks. */
  get hex() {
    return hexOf(this.data, " ");
  }
}
