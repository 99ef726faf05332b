// The past of sensors, asked for together: a page that has just been opened wants that of all its
// plots at once, and the daemon takes one question a second, about up to sixteen sensors.

import { SYNTAX_ERROR, VscpError, codeOf } from "./errors.js";
import { MOST_WAITING } from "./pace.js";

const TOGETHER = 50; // ms in which a page asks for what it shows
const MOST_SENSORS = 16; // of one question

/**
 * @typedef {Record<string, unknown>} Args of HISTORY about one sensor
 * @typedef {Record<string, unknown>|null} Told what is told of it; null: this daemon knows nothing
 * @typedef {{args: Args, isAlone: boolean, resolve: function(Told): void,
 *   reject: function(unknown): void}} Asked `isAlone`: it is not asked for together with others
 */

export class Histories {
  /**
   * @param {import("./pace.js").Pace} pace
   * @param {function(Args): Promise<Told>} ask one question
   */
  constructor(pace, ask) {
    this._pace = pace;
    this._ask = ask;
    /** @type {Asked[]} */
    this._waiting = [];
    this._isBusy = false;
  }

  /** @param {Args} args @returns {Promise<Told>} */
  ask(args) {
    return new Promise((resolve, reject) => {
      if (this._waiting.length >= MOST_WAITING) {
        reject(new VscpError("too much without an answer yet"));
        return;
      }
      this._waiting.push({ args, isAlone: false, resolve, reject });
      this._work();
    });
  }

  async _work() {
    if (this._isBusy) return;
    this._isBusy = true;
    await new Promise((resolve) => { setTimeout(resolve, TOGETHER); });
    while (this._waiting.length) await this._askSome();
    this._isBusy = false;
  }

  async _askSome() {
    /** @type {Asked[]} */
    let some = [];
    try {
      const told = await this._pace.ask(() => {
        if (!some.length) some = this._take(); // it may be asked again
        return this._question(some.map(({ args }) => args));
      });
      some.forEach(({ resolve }, place) => resolve(told[place] ?? null));
    } catch (error) {
      // One of them may be wrong, or the daemon takes them one by one.
      if (codeOf(error) === SYNTAX_ERROR && some.length > 1) {
        for (const each of some) each.isAlone = true;
        this._waiting.unshift(...some);
      } else {
        for (const { reject } of some) reject(error);
      }
    }
  }

  /** Those that are asked for next. */
  _take() {
    const alone = this._waiting.findIndex(({ isAlone }) => isAlone);
    const together = alone < 0 ? this._waiting.length : alone;
    return this._waiting.splice(0, Math.max(1, Math.min(together, MOST_SENSORS)));
  }

  /** @param {Args[]} all @returns {Promise<Told[]>} */
  async _question(all) {
    if (all.length === 1) return [await this._ask(all[0])];
    const told = (await this._ask({ sensors: all }))?.sensors;
    return Array.isArray(told) ? told : [];
  }
}
