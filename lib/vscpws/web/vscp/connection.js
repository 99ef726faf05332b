// The connection to the daemon over ws2: logs in, opens the channel, and comes back by itself.
//
//   closed ── login() ──> connecting ──> login ──> open
//      ^                      ^                      │ lost
//      │ refused, logout()    └────── waiting <──────┘
//
// What was happening when a link ended decides whether it is tried again:
//
//   the login was answered by a refusal          no: it would be refused again
//   close code 1002 or 1007                      no: so would what we say
//   1008 after messages were refused as too many no: we would flood again
//   1008 with the login unanswered               yes: the daemon was too busy for it
//   any other end, also 1008 ("too slow")        yes
//   a first login() finds no daemon              no, unless it is patient: somebody waits for it
//
// Who was ruled out by the daemon is told so by the refusal of the next login.

import { Catalog, loadCatalog } from "./catalog.js";
import { DaemonClock } from "./clock.js";
import { encryptLogin } from "./credentials.js";
import { askTime, catalogUrl, ownDaemon, socketUrl } from "./daemon.js";
import { Emitter } from "./emitter.js";
import { BUSY, FORBIDDEN, VscpError, codeOf, messageOf, unlessRefused } from "./errors.js";
import { VscpEvent } from "./event.js";
import { filterArgs } from "./filter.js";
import { Knowledge } from "./knowledge.js";
import { Link } from "./link.js";
import { Names } from "./names.js";
import { Permissions } from "./permissions.js";
import { PRIORITY, PUBLISHED_KEY, headOf } from "./protocol.js";
import { Retry } from "./retry.js";

const REPLY_TIME = 30000; // ms; a refusal after failed logins is held back for up to 8 s
const SILENCE = 30000; // ms
const HELD = 10000; // ms that a connection must hold before pauses are short again
const NAMES_AGAIN = 30000; // ms until a catalog that didn't come is asked for again
const MOST_UNANSWERED = 5; // first logins that a daemon was too busy for
const ABNORMAL = 1006; // close codes: no close frame,
const OUR_FAULT = [1002, 1007]; // not the protocol, no UTF-8,
const POLICY = 1008; // and whatever the daemon doesn't bear
const WILDCARD = "-"; // as GUID: the interface's
const NO_NAMES = new Catalog({ classes: {} });

/**
 * @typedef {"closed"|"connecting"|"login"|"open"|"waiting"} State
 * @typedef {{state: State, reason: string, retryIn: number|null}} StateDetail `retryIn` in ms
 */

/**
 * Emits `state` (detail: a StateDetail), `vscp` (detail: a VscpEvent that has just happened),
 * `known` (detail: one that the daemon has kept, before the first of those) and `permissions`
 * (detail: the Permissions, where they have changed).
 * @extends {Emitter<{state: StateDetail, vscp: VscpEvent, known: VscpEvent,
 *   permissions: Permissions}>}
 */
export class VscpConnection extends Emitter {
  /**
   * @param {object} [options]
   * @param {string|URL} [options.url] of ws2; by default of the daemon that served this module
   * @param {string} [options.key] the daemon's vscpkey, 32 hex digits
   * @param {typeof WebSocket} [options.WebSocket] where the platform has none
   * @param {Catalog} [options.catalog] by default the daemon's
   * @param {DaemonClock} [options.clock] that is set by the daemon's at each login
   * @param {number} [options.silence] ms after which the daemon is asked whether it is there
   * @param {number} [options.replyTime] ms that a greeting or an answer may take
   * @param {number} [options.between] ms between two questions for state, or for history
   * @param {function(): number} [options.random] of 0 to 1, for the pauses
   */
  constructor({ url, key = PUBLISHED_KEY, WebSocket = globalThis.WebSocket, catalog,
    clock = new DaemonClock(), silence = SILENCE, replyTime = REPLY_TIME, between, random } = {}) {
    super();
    this._url = url ? socketUrl(url) : "";
    this.key = key;
    /** @type {State} */
    this.status = "closed";
    this.user = "";
    /** @type {Catalog|undefined} there from the first login on; without names if none was found */
    this.catalog = catalog;
    this.clock = clock;
    /** Whether STATE and NAMES are asked for at each login, before the first event. */
    this.asksForKnown = false;
    /** Whether it is asked what the user may do (WHOAMI): likewise, and when he may not. */
    this.asksForPermissions = false;
    /** What the user may do; everything until the daemon has told. */
    this.permissions = new Permissions();
    /** What people call the nodes; empty until the daemon has told. */
    this.nodeNames = new Names();
    /** @type {string[]} the daemon's interfaces, as far as its health was asked */
    this.buses = [];
    this._WebSocket = WebSocket;
    this._times = { replyTime, silence, between };
    /** @type {object|null} what SETFILTER was last told */
    this._filter = null;
    this._password = "";
    /** @type {Link|null} */
    this._link = null;
    /** @type {Knowledge|null} what the daemon at the link has kept */
    this._knowledge = null;
    this._retry = new Retry(() => this._connect(), random);
    this._turn = 0; // of connecting; a later one ends the earlier
    this._opened = 0; // ms since 1970; 0: it has not been open since the last try
    this._unanswered = 0; // logins in a row that a daemon was too busy for
    /** @type {{resolve: function(): void, reject: function(Error): void, patient: boolean}|null} */
    this._first = null; // a login that nobody has answered yet
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this._namesTimer = undefined;
  }

  /** Of ws2. Empty until the daemon that served this module was asked. @returns {string} */
  get url() {
    return this._url;
  }

  /** @param {string|URL} url */
  set url(url) {
    this._url = url ? socketUrl(url) : "";
  }

  /**
   * Connect, log in and open the channel. Resolves when it is open; after that the connection is
   * kept until `logout()`.
   * @param {string} user
   * @param {string} password is kept in memory, for logging in again
   * @param {object} [options]
   * @param {boolean} [options.patient] a daemon that isn't there yet is waited for, too
   * @returns {Promise<void>} rejects with a VscpError, `code` 5 if the login was refused
   */
  async login(user, password, { patient = false } = {}) {
    this.logout();
    this.user = user;
    this._password = password;
    const done = new Promise((/** @type {function(void): void} */ resolve, reject) => {
      this._first = { resolve, reject, patient };
    });
    this._connect();
    return done;
  }

  /** Close for good. */
  logout() {
    this._password = "";
    this._filter = null;
    this._opened = 0;
    this._unanswered = 0;
    this._retry.reset();
    this._end(new VscpError("logged out"), "");
  }

  /**
   * Send an event.
   * @param {object} event
   * @param {number|string} event.class by number or name
   * @param {number|string} event.type likewise
   * @param {number} [event.priority] 0 (highest) to 7
   * @param {string} [event.guid] "-": the interface's
   * @param {Iterable<number>} [event.data] bytes
   * @returns {Promise<void>} resolves when the daemon took it; rejects with a VscpError that has
   *   the server's code and text, or a RangeError for a name that nobody has
   */
  async send({ class: eventClass, type, priority = PRIORITY, guid = WILDCARD, data = [] }) {
    if (!this.catalog) throw new VscpError("not connected");
    const number = this.catalog.classNumber(eventClass);
    const event = {
      vscpHead: headOf(priority), vscpClass: number,
      vscpType: this.catalog.typeNumber(number, type), vscpGuid: guid, vscpData: [...data],
    };
    try {
      await this._ask("EVENT", { type: "EVENT", event });
    } catch (error) {
      // The user's rights have changed since the login, or nobody has told them.
      if (FORBIDDEN.includes(codeOf(error))) await this._learnPermissions();
      throw error;
    }
  }

  /**
   * Choose what the daemon sends; without arguments everything. Kept over a lost connection.
   * @param {import("./filter.js").Filter} [filter]
   * @returns {Promise<void>} rejects with a VscpError, `code` 7 if the user may not
   */
  async setFilter(filter = {}) {
    const args = filterArgs(filter);
    await this.command("SETFILTER", args);
    this._filter = args;
  }

  /**
   * Any command of ws2.
   * @param {string} name
   * @param {?object} [args]
   * @returns {Promise<?object>} the reply's args
   */
  command(name, args = null) {
    return this._ask(name, { type: "CMD", command: name, args });
  }

  // ---- what the daemon has kept --------------------------------------------------------------

  /**
   * What is on now: the latest events of all that has a state, with their `age`.
   * @param {import("./knowledge.js").Which} [which] any of its parts narrows it
   * @returns {Promise<VscpEvent[]>} none where the daemon keeps no state
   */
  async state(which) {
    return this._known().state(which);
  }

  /**
   * The past of a sensor, for each step the least, the mean and the greatest value.
   * @param {import("./knowledge.js").HistorySensor} sensor
   * @param {{hours?: number, step?: number}} [span] 24 hours in steps of 60 s
   * @returns {Promise<import("./knowledge.js").History>} empty where the daemon knows nothing
   */
  async history(sensor, span) {
    return this._known().history(sensor, span);
  }

  /**
   * What people call nodes, sensors and zones; `nodeNames` has it from then on.
   * @returns {Promise<import("./names.js").NameTable>} empty where the daemon has no names
   */
  async names() {
    const table = await this._known().names();
    this.nodeNames = new Names(table, this.buses, this._catalog);
    return table;
  }

  async _learnPermissions() {
    if (!this.asksForPermissions) return;
    this.permissions = new Permissions(await this._known().whoAmI().catch(unlessRefused));
    if (this.status === "open") this.emit("permissions", this.permissions);
  }

  _known() {
    if (!this._knowledge) throw new VscpError("not connected");
    return this._knowledge;
  }

  /** Wait no longer before the next try. */
  retry() {
    if (this.status === "waiting") this._retry.now();
  }

  /** @param {string} name @param {object} message */
  _ask(name, message) {
    return this._link?.ask(name, message) ?? Promise.reject(new VscpError("not connected"));
  }

  // ---- one connection ----------------------------------------------------------------------

  async _connect() {
    this._turn += 1;
    const turn = this._turn;
    this._become("connecting");
    let prepared;
    try {
      if (this.url) prepared = askTime(this.url, this.clock);
      else ({ url: this._url, buses: this.buses } = await ownDaemon(this.clock));
      if (this._turn !== turn) return; // logged out, or logging in anew
      prepared = Promise.all([prepared, this._loadNames()]);
      this._link = this._open(new this._WebSocket(this.url), prepared);
    } catch (error) {
      if (this._turn === turn) this._lost(0, messageOf(error));
    }
  }

  /** @param {WebSocket} socket @param {Promise<unknown>} prepared for the first event */
  _open(socket, prepared) {
    const { between } = this._times;
    const link = new Link(socket, {
      greeted: (sid) => this._logIn(link, sid, prepared),
      event: (content) => this._receive(content),
      told: (message) => this._knowledge?.told(message),
      lost: (code, reason) => this._lost(code, reason),
    }, this._times);
    this._knowledge = new Knowledge(link, (content, told) => this._event(content, told),
      () => this._catalog, between);
    return link;
  }

  /** @param {Link} link @param {string} sid @param {Promise<unknown>} prepared */
  async _logIn(link, sid, prepared) {
    this._become("login");
    try {
      const crypto = await encryptLogin(this.user, this._password, this.key, sid);
      if (this._link !== link) return;
      await link.command("AUTH", { iv: sid, crypto });
      await prepared;
      if (this._filter) await link.command("SETFILTER", this._filter);
      await this._learnPermissions();
      if (this.asksForKnown) await this._begin(this._knowledge);
      await link.command("OPEN");
    } catch (error) {
      // A lost link has been seen to.
      if (this._link === link) this._refused(/** @type {Error} */ (error));
      return;
    }
    link.listen();
    this._opened = Date.now();
    this._unanswered = 0;
    this._first?.resolve();
    this._first = null;
    this._become("open"); // last, for who hears of it may log out or in
  }

  get _catalog() {
    return this.catalog ?? NO_NAMES;
  }

  /** State before events: nothing is between them. @param {Knowledge|null} knowledge */
  async _begin(knowledge) {
    await this.names().catch(unlessRefused);
    await knowledge?.state({}, (event) => this.emit("known", event)).catch(unlessRefused);
  }

  /** @param {object} content of a ws2 event @param {import("./knowledge.js").Told} [told] */
  _event(content, told) {
    return new VscpEvent(content, this._catalog, this.clock, told);
  }

  /** @param {object} content of a ws2 event */
  _receive(content) {
    const event = this._event(content);
    if (this.clock.isDoubted) askTime(this.url, this.clock);
    this.emit("vscp", event);
  }

  /** Without names there are numbers, and the names are asked for again. */
  async _loadNames() {
    clearTimeout(this._namesTimer);
    if (this.catalog && this.catalog !== NO_NAMES) return;
    try {
      this.catalog = await loadCatalog(catalogUrl(this.url));
    } catch {
      this.catalog = NO_NAMES;
      if (this.status === "closed") return;
      this._namesTimer = setTimeout(() => this._loadNames(), NAMES_AGAIN);
    }
  }

  // ---- and its end -------------------------------------------------------------------------

  /** The daemon has answered the login, but not by yes. @param {Error} error */
  _refused(error) {
    if (BUSY.includes(codeOf(error))) this._lost(0, error.message);
    else this._end(error, error.message);
  }

  /** @param {number} code of the close, or 0 @param {string} reason */
  _lost(code, reason) {
    const said = reason || (code === ABNORMAL || !code ? "no connection" : `closed with ${code}`);
    const error = new VscpError(`${said} (${this.url})`);
    if (!this._isWorthIt(code)) {
      this._end(error, said);
      return;
    }
    this._forget(error);
    if (this._opened && Date.now() - this._opened >= HELD && code !== POLICY) this._retry.reset();
    this._opened = 0;
    this._become("waiting", said, this._retry.wait());
  }

  /** Whether a lost link is to be tried again. @param {number} code of the close */
  _isWorthIt(code) {
    if (OUR_FAULT.includes(code)) return false;
    const unanswered = code === POLICY && this.status === "login";
    if (code === POLICY && !unanswered && this._link?.isThrottled) return false;
    if (!this._first || this._first.patient) return true;
    this._unanswered += 1;
    return unanswered && this._unanswered < MOST_UNANSWERED;
  }

  /** No further try. @param {Error} error @param {string} reason */
  _end(error, reason) {
    this._turn += 1;
    this._forget(error);
    this._retry.stop();
    clearTimeout(this._namesTimer);
    this._first?.reject(error);
    this._first = null;
    if (this.status !== "closed") this._become("closed", reason);
  }

  /** @param {Error} error for those who wait for a reply */
  _forget(error) {
    const link = this._link;
    this._link = null;
    link?.close(error);
    this._knowledge?.end();
    this._knowledge = null;
  }

  /** @param {State} state */
  _become(state, reason = "", /** @type {number|null} */ retryIn = null) {
    this.status = state;
    this.emit("state", { state, reason, retryIn });
  }
}
