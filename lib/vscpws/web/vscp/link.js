// One websocket to the daemon, from its greeting to its end.
//
// A network that just went away closes nothing. So a daemon that said nothing for a while is asked
// for a NOOP, and what isn't answered in time ends the link.

import { VscpError } from "./errors.js";
import { Requests } from "./requests.js";

const OPEN = 1; // WebSocket.readyState
const JUST = 5000; // ms: a daemon that closes for a flood has refused a second's worth before

/**
 * What a link tells; none of it after `close()`.
 * @typedef {object} Hearer
 * @property {function(string): void} greeted with the session id
 * @property {function(object): void} event with the event's content
 * @property {function(object): void} told with a message of a STATE
 * @property {function(number, string): void} lost with the close code, or 0, and the reason
 */

export class Link {
  /**
   * @param {WebSocket} socket that was just made
   * @param {Hearer} hearer
   * @param {{replyTime: number, silence: number}} times in ms: for a greeting or a reply; after
   *   which the daemon is asked whether it is there
   */
  constructor(socket, hearer, { replyTime, silence }) {
    this._socket = socket;
    this._hearer = hearer;
    this._silence = silence;
    this._heard = 0; // ms since 1970
    this._isClosed = false;
    this._requests = new Requests(replyTime, () => this._lose());
    /** Of the greeting, then of silence. */
    this._watch = setTimeout(() => this._lose(), replyTime);
    socket.onmessage = ({ data }) => this._read(data);
    socket.onclose = ({ code = 0, reason = "" }) => this._lose(code, reason);
    socket.onerror = () => this._lose(0, ""); // after which not every platform closes
  }

  /**
   * @param {string} name of the command that the reply will name
   * @param {object} message
   * @returns {Promise<import("./requests.js").Args|null>} the reply's args
   */
  ask(name, message) {
    if (this._isClosed || this._socket.readyState !== OPEN) {
      return Promise.reject(new VscpError("not connected"));
    }
    if (!this._requests.hasRoom(name)) {
      return Promise.reject(new VscpError("too much without an answer yet"));
    }
    const reply = this._requests.add(name);
    this._socket.send(JSON.stringify(message));
    return reply;
  }

  get isClosed() {
    return this._isClosed;
  }

  /** Whether the daemon has just refused something for coming too fast. */
  get isThrottled() {
    return Date.now() - this._requests.busy < JUST;
  }

  /** @param {string} name @param {?object} [args] */
  command(name, args = null) {
    return this.ask(name, { type: "CMD", command: name, args });
  }

  /** From now on the daemon is not to be silent for too long. */
  listen() {
    this._watch = setTimeout(() => {
      if (Date.now() - this._heard >= this._silence) this.command("NOOP").catch(() => {});
      this.listen();
    }, this._silence);
  }

  /** Nobody waits for this link any more. @param {Error} error for those who did */
  close(error) {
    this._isClosed = true;
    clearTimeout(this._watch);
    this._socket.close();
    this._requests.fail(error);
  }

  /** @param {string} data */
  _read(data) {
    if (this._isClosed) return;
    this._heard = Date.now();
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      message = null;
    }
    if (typeof message !== "object" || message === null) {
      this._socket.close(); // this is no VSCP daemon
    } else if (message.type === "EVENT") {
      if (message.event) this._hearer.event(message.event);
    } else if (message.type === "STATE") {
      this._hearer.told(message);
    } else if (message.command === undefined && message.args?.[0] === "AUTH0") {
      clearTimeout(this._watch);
      this._hearer.greeted(message.args[1]);
    } else {
      this._requests.answer(message);
    }
  }

  _lose(code = 0, reason = "no answer") {
    if (!this._isClosed) this._hearer.lost(code, reason);
  }
}
