// What the daemon has kept, asked for over one link: the state of things, the history of values,
// and names. A daemon that doesn't have it answers error 2, and then there is nothing known.
//
// It takes one STATE and one HISTORY a second; what is asked for faster waits here.

import { plainClass } from "./catalog.js";
import { UNKNOWN_COMMAND, codeOf } from "./errors.js";
import { Histories } from "./histories.js";
import { MOST_WAITING, Pace } from "./pace.js";

const BETWEEN = 1100; // ms between two questions of a kind
const WHOLE_TIME = 10000; // ms until the last message of a STATE must have come
const MOST_STEPS = 1440; // that an answer about history has, unless told otherwise
const KEPT_FOR = 20000; // ms for which an answer about history is as good as a new one

/**
 * @typedef {import("./event.js").VscpEvent} VscpEvent
 * @typedef {import("./link.js").Link} Link
 * @typedef {{class?: number|string, type?: number|string, guid?: string, maxAge?: number}} Which
 *   `maxAge` in seconds
 * @typedef {{guid: string, class: number, type: number, index?: ?number, zone?: ?number,
 *   subzone?: ?number}} HistorySensor
 * @typedef {(number|null)[]} Samples
 * @typedef {{from: number, step: number, unit: string, min: Samples, mean: Samples,
 *   max: Samples}} History `from` in ms since 1970, `step` in seconds; null: nothing came
 * @typedef {{event?: object, age?: number, restored?: boolean}} Told
 */

export class Knowledge {
  /**
   * @param {Link} link
   * @param {function(object, Told): VscpEvent} makeEvent
   * @param {function(): import("./catalog.js").Catalog} catalog as it is by then
   * @param {number} [between] ms between two questions of a kind
   */
  constructor(link, makeEvent, catalog, between = BETWEEN) {
    this._link = link;
    this._makeEvent = makeEvent;
    this._catalog = catalog;
    this._states = new Pace(link, between);
    this._histories = new Histories(new Pace(link, between),
      (args) => this._answered("HISTORY", args));
    /** @type {{events: VscpEvent[], count: number, each: function(VscpEvent): void,
     *   whole: function(): void}|null} of the STATE under way */
    this._batch = null;
    /** @type {Map<string, {until: number, answer: Promise<History>}>} */
    this._answers = new Map();
  }

  /**
   * What is on now.
   * @param {Which} [which]
   * @param {function(VscpEvent): void} [each] is given them as they come
   * @returns {Promise<VscpEvent[]>}
   * @throws {RangeError} for a name that nobody has
   */
  state({ class: vscpClass, type, guid, maxAge } = {}, each = () => {}) {
    const catalog = this._catalog();
    /** @type {Record<string, unknown>} */
    const args = {};
    if (vscpClass !== undefined) args.class = catalog.classNumber(vscpClass);
    if (type !== undefined) args.type = catalog.typeNumber(vscpClass ?? "", type);
    if (guid !== undefined) args.guid = guid;
    if (maxAge !== undefined) args.max_age = maxAge;
    return this._states.ask(() => this._askState(args, each));
  }

  /** @param {object} args @param {function(VscpEvent): void} each */
  async _askState(args, each) {
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    let timer;
    /** @type {VscpEvent[]} */
    const events = [];
    const whole = new Promise((/** @type {function(void): void} */ resolve) => {
      this._batch = { events, count: Infinity, each, whole: resolve };
      timer = setTimeout(resolve, WHOLE_TIME);
    });
    try {
      const reply = await this._answered("STATE", args);
      const count = Number(reply?.count ?? 0);
      if (this._batch) this._batch.count = count;
      if (events.length < count && !this._link.isClosed) await whole;
      return events;
    } finally {
      clearTimeout(timer);
      this._batch = null;
    }
  }

  /** A message of a STATE. @param {Told} message */
  told(message) {
    const batch = this._batch;
    if (!batch || !message.event) return;
    const event = this._makeEvent(message.event, message);
    batch.events.push(event);
    batch.each(event);
    if (batch.events.length >= batch.count) batch.whole();
  }

  /**
   * The past of a sensor.
   * @param {HistorySensor} sensor
   * @param {{hours?: number, step?: number}} [span] `step` in seconds
   * @returns {Promise<History>} with empty lists where nothing is known
   */
  history({ guid, class: vscpClass, type, ...place }, { hours = 24, step = stepFor(hours) } = {}) {
    const args = { guid, class: plainClass(vscpClass), type, hours, step };
    for (const name of /** @type {const} */ (["index", "zone", "subzone"])) {
      if (typeof place[name] === "number") Object.assign(args, { [name]: place[name] });
    }
    const key = JSON.stringify(args);
    const known = this._answers.get(key);
    if (known && known.until > Date.now()) return known.answer;
    const answer = this._histories.ask(args).then((told) => historyOf(told, step));
    this._answers.set(key, { until: Date.now() + KEPT_FOR, answer });
    if (this._answers.size > MOST_WAITING) {
      this._answers.delete(/** @type {string} */ (this._answers.keys().next().value));
    }
    answer.catch(() => this._answers.delete(key));
    return answer;
  }

  /** @returns {Promise<import("./names.js").NameTable>} names.json, empty where there is none */
  async names() {
    return await this._answered("NAMES", {}) ?? {};
  }

  /** Who is logged in. @returns {Promise<Record<string, unknown>|null>} null: nobody tells */
  whoAmI() {
    return this._answered("WHOAMI", {});
  }

  /** The link is gone. */
  end() {
    this._batch?.whole();
  }

  /**
   * The reply's args; null from a daemon that doesn't know the command.
   * @param {string} name
   * @param {object} args
   */
  async _answered(name, args) {
    try {
      return await this._link.command(name, args);
    } catch (error) {
      if (codeOf(error) === UNKNOWN_COMMAND) return null;
      throw error;
    }
  }
}

/** Whole minutes, so that there are at most a day's worth of steps. @param {number} hours */
function stepFor(hours) {
  return 60 * Math.max(1, Math.ceil(hours * 60 / MOST_STEPS));
}

/** @param {Record<string, unknown>|null} reply @param {number} step @returns {History} */
function historyOf(reply, step) {
  const list = (/** @type {string} */ name) => {
    const given = reply?.[name];
    return /** @type {Samples} */ (Array.isArray(given) ? given : []);
  };
  return {
    from: Date.parse(String(reply?.from ?? "")) || 0, step: Number(reply?.step ?? step),
    unit: String(reply?.unit ?? ""), min: list("min"), mean: list("mean"), max: list("max"),
  };
}
