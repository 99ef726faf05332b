// What the user may do, as the daemon tells it (WHOAMI). Where it tells nothing, all: it will
// refuse what may not be.

import { LEVEL1_CLASSES, LEVEL2 } from "./protocol.js";

const HLO = 1028;
/** The right that a class needs besides send-events. @type {Map<number, string>} */
const CLASS_RIGHTS = new Map([[0, "l1ctrl-events"], [LEVEL1_CLASSES, "l1ctrl-events"],
  [LEVEL2, "l2ctrl-events"], [HLO, "hlo-events"]]);

export class Permissions {
  /** @param {Record<string, unknown>|null} [told] the reply's args */
  constructor(told = null) {
    const { rights, sends, fullname } = told ?? {};
    /** For people; empty where there is none. */
    this.fullname = String(fullname ?? "");
    this._rights = Array.isArray(rights) ? new Set(rights) : null;
    /** @type {Set<string>|null} class:type, with * for any */
    this._sends = Array.isArray(sends) ? new Set(sends) : null;
  }

  /** @param {string} right by its name, such as "set-filter" */
  may(right) {
    return !this._rights || this._rights.has(right);
  }

  /** Whether any event may be sent. */
  get maySend() {
    return this.may("send-events") && this._sends?.size !== 0;
  }

  /**
   * Whether events of this class and type may be sent.
   * @param {number} vscpClass
   * @param {number|null} [type] null: any of the class
   */
  maySendOf(vscpClass, type = null) {
    const right = CLASS_RIGHTS.get(vscpClass);
    if (!this.maySend || (right && !this.may(right))) return false;
    if (!this._sends) return true;
    if (type === null) {
      return [...this._sends].some((kind) => /^\*:/.test(kind)
        || kind.startsWith(`${vscpClass}:`));
    }
    return [`${vscpClass}:${type}`, `${vscpClass}:*`, `*:${type}`, "*:*"].some(
      (kind) => this._sends?.has(kind));
  }
}
