// Who waits for a reply. A reply names its command and nothing else, and replies to one command
// come in its order: so for each name there is a queue.

import { NO_ROOM, VscpError } from "./errors.js";

const MOST_WAITING = 256; // of one command: more is a program that sends without looking

/**
 * @typedef {Record<string, unknown>} Args
 * @typedef {object} Waiting
 * @property {function(Args|null): void} resolve
 * @property {function(Error): void} reject
 * @property {ReturnType<typeof setTimeout>} timer
 */

export class Requests {
  /**
   * @param {number} replyTime ms that a reply may take
   * @param {function(): void} onLate called when one took longer
   */
  constructor(replyTime, onLate) {
    this._replyTime = replyTime;
    this._onLate = onLate;
    /** @type {Map<string, Waiting[]>} by command */
    this._waiting = new Map();
    this.busy = 0; // ms since 1970: when the daemon last had no room
  }

  /** Whether another one with this name may be sent. @param {string} name */
  hasRoom(name) {
    return (this._waiting.get(name)?.length ?? 0) < MOST_WAITING;
  }

  /** What will be the reply to a command that is sent now. @param {string} name */
  add(name) {
    return new Promise((/** @type {function(Args|null): void} */ resolve, reject) => {
      // A late reply would be taken for the next one's.
      const timer = setTimeout(this._onLate, this._replyTime);
      const queue = this._waiting.get(name) ?? [];
      this._waiting.set(name, queue);
      queue.push({ resolve, reject, timer });
    });
  }

  /**
   * @param {{type: string, command?: string, args?: Args, errcode?: number, errstr?: string,
   *   reason?: string}} reply
   */
  answer({ type, command = "", args, errcode, errstr = "", reason = "" }) {
    if (errcode === NO_ROOM) this.busy = Date.now();
    const first = this._waiting.get(command)?.shift();
    if (!first) return;
    clearTimeout(first.timer);
    if (type === "+") first.resolve(args ?? null);
    else first.reject(new VscpError(reason || errstr, errcode));
  }

  /** No reply will come any more. @param {Error} error */
  fail(error) {
    const waiting = [...this._waiting.values()].flat();
    this._waiting.clear();
    for (const { reject, timer } of waiting) {
      clearTimeout(timer);
      reject(error);
    }
  }
}
