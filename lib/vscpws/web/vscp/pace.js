// Questions to the daemon that it takes only so often: one after the other, and not too fast.

import { NO_ROOM, VscpError, codeOf } from "./errors.js";

export const MOST_WAITING = 64; // questions of a kind
const TRIES = 3; // of a question that came too fast

/** @typedef {import("./link.js").Link} Link */

export class Pace {
  /** @param {Link} link @param {number} between ms */
  constructor(link, between) {
    this._link = link;
    this._between = between;
    this._waiting = 0;
    /** @type {Promise<unknown>} */
    this._last = Promise.resolve();
  }

  /** @template T @param {function(): Promise<T>} question @returns {Promise<T>} */
  ask(question) {
    if (this._waiting >= MOST_WAITING) {
      return Promise.reject(new VscpError("too much without an answer yet"));
    }
    this._waiting += 1;
    const answer = this._last.then(() => this._try(question));
    this._last = answer.catch(() => {}).then(() => {
      this._waiting -= 1;
      return this._pause();
    });
    return answer;
  }

  /** @template T @param {function(): Promise<T>} question @returns {Promise<T>} */
  async _try(question) {
    for (let left = TRIES - 1; ; left -= 1) {
      try {
        return await question();
      } catch (error) {
        if (codeOf(error) !== NO_ROOM || left <= 0) throw error;
        await this._pause();
      }
    }
  }

  _pause() {
    if (this._link.isClosed) return undefined;
    return new Promise((resolve) => { setTimeout(resolve, this._between); });
  }
}
