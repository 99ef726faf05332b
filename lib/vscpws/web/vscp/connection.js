// The connection to the daemon over ws2: logs in, opens the channel, and comes back by itself.
//
//   closed ── login() ──> connecting ──> login ──> open
//      ^                      ^                      │ lost
//      │ refused, logout()    └────── waiting <──────┘
//
// A reply names its command and nothing else, and replies to one command come in its order: so for
// each name there is a queue of those who wait. A lost connection is tried again after growing
// pauses, which chance makes unequal, for all pages lose a daemon that is restarted in the same
// second. A login that was refused, and a close that says that we did wrong, are not repeated.
//
// A network that just went away closes nothing. So a daemon that said nothing for a while is asked
// for a NOOP, and what isn't answered in time ends the connection.

import { loadCatalog } from "./catalog.js";
import { encryptLogin } from "./credentials.js";
import { VscpError } from "./errors.js";
import { VscpEvent } from "./event.js";

const DEFAULT_KEY = "2DBB079A38985AF00EBEEFE22F9FFA0E"; // the published one, of the samples
const REPLY_TIME = 30000; // ms; a refusal after failed logins is held back for up to 8 s
const SILENCE = 30000; // ms
const HELD = 10000; // ms that a connection must hold before pauses are short again
const MOST_WAITING = 256; // commands and events without a reply yet
const FIRST_PAUSE = 500; // ms
const LONGEST_PAUSE = 30000;
const OUR_FAULT = [1002, 1007, 1008]; // close codes
const OPEN = 1; // WebSocket.readyState

/**
 * Emits `state` (detail: `{state, reason, retryIn}`, the last in ms while waiting) and `vscp`
 * (detail: a VscpEvent).
 */
export class VscpConnection extends EventTarget {
  /**
   * @param {object} [options]
   * @param {string|URL} [options.url] of ws2; by default of the daemon that served this module
   * @param {string} [options.key] the daemon's vscpkey, 32 hex digits
   * @param {typeof WebSocket} [options.WebSocket] where the platform has none
   * @param {import("./catalog.js").Catalog} [options.catalog] by default the daemon's
   * @param {number} [options.silence] ms after which the daemon is asked whether it is there
   * @param {number} [options.replyTime] ms that a greeting or an answer may take
   * @param {function(): number} [options.random] of 0 to 1, for the pauses
   */
  constructor({ url, key = DEFAULT_KEY, WebSocket = globalThis.WebSocket, catalog,
    silence = SILENCE, replyTime = REPLY_TIME, random = Math.random } = {}) {
    super();
    this.url = url;
    this.key = key;
    /** @type {"closed"|"connecting"|"login"|"open"|"waiting"} */
    this.state = "closed";
    this.user = "";
    /** @type {import("./catalog.js").Catalog|undefined} there from the first login on */
    this.catalog = catalog;
    this._WebSocket = WebSocket;
    this._silence = silence;
    this._replyTime = replyTime;
    this._random = random;
    this._filter = null; // what SETFILTER was last told
    this._password = "";
    this._socket = null;
    this._waiting = new Map(); // command -> [{resolve, reject, timer}]
    this._attempt = 0;
    this._timer = null; // of the next try
    this._watch = null; // of the greeting, then of silence
    this._heard = 0; // ms since 1970
    this._turn = 0; // of connecting; a later one ends the earlier
    this._opened = 0; // ms since 1970; 0: it has not been open since the last try
    this._login = null; // {resolve, reject} of a login that nobody has answered yet
    this._hurry = () => this._retryNow();
  }

  /** Of ws2. Empty until the daemon that served this module was asked for its own. */
  get url() {
    return this._url;
  }

  set url(url) {
    this._url = url ? socketUrl(url) : "";
  }

  /**
   * Connect, log in and open the channel. Resolves when it is open; after that the connection is
   * kept until `logout()`.
   * @param {string} user
   * @param {string} password is kept in memory, for logging in again
   * @returns {Promise<void>} rejects with a VscpError, `code` 5 if the login was refused
   */
  async login(user, password) {
    this.logout();
    this.user = user;
    this._password = password;
    const done = new Promise((resolve, reject) => {
      this._login = { resolve, reject };
    });
    this._connect();
    return done;
  }

  /** Close for good. */
  logout() {
    this._password = "";
    this._filter = null;
    this._attempt = 0;
    this._opened = 0;
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
  async send({ class: eventClass, type, priority = 3, guid = "-", data = [] }) {
    const number = this._known().classNumber(eventClass);
    return this._ask("EVENT", {
      type: "EVENT",
      event: {
        vscpHead: priority << 5, vscpClass: number,
        vscpType: this._known().typeNumber(number, type), vscpGuid: guid,
        vscpData: [...data],
      },
    });
  }

  /**
   * Choose what the daemon sends. A mask's bit of 1 means that the filter's must equal the event's;
   * without arguments everything comes. Kept over a lost connection.
   * @param {object} [filter]
   * @param {number} [filter.priority]
   * @param {number} [filter.class]
   * @param {number} [filter.type]
   * @param {string} [filter.guid]
   * @param {number} [filter.maskPriority] 0-7
   * @param {number} [filter.maskClass] 0-0xFFFF
   * @param {number} [filter.maskType] 0-0xFFFF
   * @param {string} [filter.maskGuid]
   * @returns {Promise<void>} rejects with a VscpError, `code` 7 if the user may not
   */
  async setFilter({ priority = 0, class: eventClass = 0, type = 0, guid = "-", maskPriority = 0,
    maskClass = 0, maskType = 0, maskGuid = "-" } = {}) {
    const args = {
      filter_priority: priority, filter_class: eventClass, filter_type: type, filter_guid: guid,
      mask_priority: maskPriority, mask_class: maskClass, mask_type: maskType, mask_guid: maskGuid,
    };
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

  // ---- one connection ----------------------------------------------------------------------

  async _connect() {
    this._turn += 1;
    const turn = this._turn;
    this._become("connecting");
    let socket;
    try {
      this.catalog ??= await loadCatalog(catalogUrl(this.url));
      this.url ||= await ownUrl();
      if (this._turn !== turn) return; // logged out, or logging in anew
      socket = new this._WebSocket(this.url);
    } catch (error) {
      if (this._turn === turn) this._lost(0, error.message);
      return;
    }
    this._socket = socket;
    this._watch = setTimeout(() => this._lost(0, "no answer"), this._replyTime);
    socket.onmessage = ({ data }) => {
      if (this._socket === socket) this._read(data);
    };
    const gone = ({ code = 0, reason = "" }) => {
      if (this._socket === socket) this._lost(code, reason);
    };
    socket.onclose = gone;
    socket.onerror = gone; // after which not every platform closes
  }

  _read(data) {
    this._heard = Date.now();
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      this._socket.close(); // this is no VSCP daemon
      return;
    }
    this._receive(message);
  }

  _receive(message) {
    if (message.type === "EVENT") {
      const event = new VscpEvent(message.event, this.catalog);
      this.dispatchEvent(new CustomEvent("vscp", { detail: event }));
    } else if (message.command === undefined && message.args?.[0] === "AUTH0") {
      this._authenticate(message.args[1]);
    } else {
      this._answer(message);
    }
  }

  async _authenticate(sid) {
    clearTimeout(this._watch);
    this._become("login");
    const socket = this._socket;
    try {
      const crypto = await encryptLogin(this.user, this._password, this.key, sid);
      if (this._socket !== socket) return;
      await this.command("AUTH", { iv: sid, crypto });
      if (this._filter) await this.command("SETFILTER", this._filter);
      await this.command("OPEN");
    } catch (error) {
      // A lost connection has been seen to; what is left was refused.
      if (this._socket === socket) this._end(error, error.message);
      return;
    }
    this._opened = Date.now();
    this._listen();
    this._login?.resolve();
    this._login = null;
    this._become("open"); // last, for who hears of it may log out or in
  }

  _listen() {
    this._watch = setTimeout(() => {
      if (Date.now() - this._heard >= this._silence) this.command("NOOP").catch(() => {});
      this._listen();
    }, this._silence);
  }

  _lost(code, reason) {
    const said = reason || (code === 1006 || !code ? "no connection" : `closed with ${code}`);
    const error = new VscpError(`${said} (${this.url})`);
    if (this._login || OUR_FAULT.includes(code)) {
      this._end(error, said);
    } else {
      this._forget(error);
      this._wait(said);
    }
  }

  _wait(reason) {
    if (this._opened && Date.now() - this._opened >= HELD) this._attempt = 0;
    this._opened = 0;
    const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this._attempt);
    const pause = Math.round(longest * (0.5 + this._random() / 2));
    this._attempt = Math.min(this._attempt + 1, 16);
    this._timer = setTimeout(() => this._connect(), pause);
    globalThis.addEventListener?.("online", this._hurry);
    globalThis.document?.addEventListener("visibilitychange", this._hurry);
    this._become("waiting", reason, pause);
  }

  /** The network is back, or somebody looks at the page again. */
  _retryNow() {
    if (this.state !== "waiting" || globalThis.document?.hidden) return;
    this._stopWaiting();
    this._connect();
  }

  _stopWaiting() {
    clearTimeout(this._timer);
    globalThis.removeEventListener?.("online", this._hurry);
    globalThis.document?.removeEventListener("visibilitychange", this._hurry);
  }

  /** No further try. */
  _end(error, reason) {
    this._turn += 1;
    this._forget(error);
    this._stopWaiting();
    this._login?.reject(error);
    this._login = null;
    if (this.state !== "closed") this._become("closed", reason);
  }

  /** Nobody waits for this socket any more. */
  _forget(error) {
    const socket = this._socket;
    this._socket = null;
    clearTimeout(this._watch);
    socket?.close();
    const waiting = [...this._waiting.values()].flat();
    this._waiting.clear();
    for (const { reject, timer } of waiting) {
      clearTimeout(timer);
      reject(error);
    }
  }

  _become(state, reason = "", retryIn = null) {
    if (state === "connecting") this._stopWaiting();
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: { state, reason, retryIn } }));
  }

  // ---- messages and their replies ----------------------------------------------------------

  _ask(name, message) {
    const socket = this._socket;
    if (socket?.readyState !== OPEN) {
      return Promise.reject(new VscpError("not connected"));
    }
    const queue = this._waiting.get(name) ?? [];
    if (queue.length >= MOST_WAITING) {
      return Promise.reject(new VscpError("too much without an answer yet"));
    }
    this._waiting.set(name, queue);
    return new Promise((resolve, reject) => {
      // A reply that is late would be taken for the next one's: so the connection goes, too.
      const timer = setTimeout(() => this._lost(0, "no answer"), this._replyTime);
      queue.push({ resolve, reject, timer });
      socket.send(JSON.stringify(message));
    });
  }

  _answer({ type, command, args, errcode, errstr }) {
    const first = this._waiting.get(command)?.shift();
    if (!first) return;
    clearTimeout(first.timer);
    if (type === "+") first.resolve(args);
    else first.reject(new VscpError(errstr, errcode));
  }

  _known() {
    if (!this.catalog) throw new VscpError("not connected");
    return this.catalog;
  }
}

/** Where ws2 is at the daemon that served this module; below whatever path a proxy gave it. */
async function ownUrl() {
  const answer = await fetch(new URL("../healthz", import.meta.url)); // 503 has a body, too
  const path = (await answer.json()).paths.ws2;
  if (path === undefined) throw new VscpError("ws2 is switched off at the daemon");
  return socketUrl(new URL(`..${path}`, import.meta.url));
}

/** The catalog beside ws2, where no daemon served this module: in node it comes out of a file. */
function catalogUrl(url) {
  if (!url || !import.meta.url.startsWith("file:")) return undefined;
  const place = new URL("vscp/catalog.json", url);
  place.protocol = place.protocol.replace("ws", "http");
  return place;
}

function socketUrl(url) {
  const full = new URL(url, globalThis.location?.href);
  full.protocol = full.protocol.replace("http", "ws");
  return full.href;
}
