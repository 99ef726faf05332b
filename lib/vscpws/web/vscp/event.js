// One VSCP event, as ws2 carries it and as people read it.

import { hexOf } from "./hex.js";
import { priorityOf } from "./protocol.js";
import { describe, read } from "./reading.js";

const MODULUS = 2 ** 32; // of relative timestamps
const SECOND = 1e6; // µs

/**
 * The content of a ws2 event, with the long or the short names of its parts.
 * @typedef {{vscpHead?: number, vscpObId?: number, vscpDateTime?: string, vscpTimeStamp?: number,
 *   vscpClass?: number, vscpType?: number, vscpGuid?: string, vscpData?: Iterable<number>,
 *   head?: number, obid?: number, datetime?: string, timestamp?: number, class?: number,
 *   type?: number, guid?: string, data?: Iterable<number>}} Content
 */

/** An event from the daemon; immutable. */
export class VscpEvent {
  /**
   * @param {Content} content
   * @param {import("./catalog.js").Catalog} catalog
   * @param {import("./clock.js").DaemonClock} [clock] of the daemon from which it has just come
   * @param {{age?: number, restored?: boolean}} [told] of one that the daemon has kept: how many
   *   seconds ago it came, and whether that is known from a file
   */
  constructor(content, catalog, clock, told) {
    /** 16 bits: priority, hard-coded bit and the rest. */
    this.head = content.vscpHead ?? content.head ?? 0;
    this.class = content.vscpClass ?? content.class ?? 0;
    this.type = content.vscpType ?? content.type ?? 0;
    /** The id of the channel on which the daemon got it. */
    this.obid = content.vscpObId ?? content.obid ?? 0;
    this.date = dateOf(content.vscpDateTime ?? content.datetime, clock);
    /** Relative, in microseconds modulo 2 ** 32. */
    this.timestamp = content.vscpTimeStamp ?? content.timestamp ?? 0;
    /** 16 upper-case pairs of hex digits with colons. */
    this.guid = content.vscpGuid ?? content.guid ?? "";
    this.data = Uint8Array.from(content.vscpData ?? content.data ?? []);
    this._catalog = catalog;
    this._clock = clock;
    this._came = clock?.steady() ?? 0;
    /** Whether it is what was last heard, told by STATE, and no news. */
    this.isState = told !== undefined;
    /** Whether the daemon knows it from before its own start only. */
    this.isRestored = Boolean(told?.restored);
    this._late = latenessOf(this.micros / 1000, clock, told?.age);
    /** @type {import("./reading.js").Reading|null} */
    this._reading = null;
  }

  /** 0, the highest, to 7. */
  get priority() {
    return priorityOf(this.head);
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
    const second = Math.floor(this.date.getTime() / 1000) * SECOND;
    const rest = (((this.timestamp - second) % MODULUS) + MODULUS) % MODULUS;
    return rest < SECOND ? second + rest : second;
  }

  /**
   * When it happened, in ms since 1970 by the daemon's clock: its time, or when it came where that
   * can't be. For what has to stand in an order, as on an axis.
   */
  get moment() {
    return this._clock ? this._clock.at(this._came) - this._late : this.micros / 1000;
  }

  /** How long ago that was, in ms. */
  get age() {
    if (!this._clock) return Math.max(0, Date.now() - this.moment);
    return Math.max(0, this._clock.steady() - this._came + this._late);
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

/**
 * @param {string|undefined} text
 * @param {import("./clock.js").DaemonClock|undefined} clock for what has no date
 */
function dateOf(text, clock) {
  const date = new Date(text ?? NaN);
  return Number.isNaN(date.getTime()) ? new Date(clock?.now() ?? 0) : date;
}

/**
 * How long ago in ms an event was that has just come.
 * @param {number} time ms since 1970, as it says itself
 * @param {import("./clock.js").DaemonClock|undefined} clock
 * @param {number|undefined} age in seconds, where the daemon knows it
 */
function latenessOf(time, clock, age) {
  if (age !== undefined) return Math.max(0, Number(age) || 0) * 1000;
  return clock?.lateness(time) ?? 0;
}
