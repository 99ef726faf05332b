// The state of bus and connection at a glance, in the page's head.

import { Emitter } from "../vscp/emitter.js";
import { localCount, localFixed } from "../vscp/locale.js";
import { byId, setText } from "./dom.js";

const ASK_EVERY = 5000; // ms between two looks at the daemon's health
const RATE_OVER = 2; // s over which the rate is taken

/**
 * @typedef {import("../vscp/connection.js").StateDetail} StateDetail
 * @typedef {{status: string, demo?: boolean, buses: {name: string, state: string}[]}} HealthAnswer
 */

/** @type {Record<StateDetail["state"], [string, string]>} mood and text */
const STATES = {
  closed: ["off", "not connected"],
  connecting: ["wait", "connecting"],
  login: ["wait", "logging in"],
  open: ["good", "connected"],
  waiting: ["bad", "connection lost"],
};

/** The chip of the connection. */
export class ConnectionState {
  constructor() {
    this._retryAt = 0;
    this._text = "";
    this._reason = "";
    /** @type {Date|null} */
    this._lostAt = null;
    /** @type {ReturnType<typeof setInterval>|undefined} */
    this._timer = undefined;
  }

  /** @param {StateDetail} detail @param {string} user */
  show({ state, reason, retryIn }, user) {
    const [mood, text] = STATES[state];
    this._retryAt = performance.now() + (retryIn ?? 0);
    this._text = state === "open" ? `connected as ${user}` : text;
    this._reason = state === "waiting" || state === "closed" ? reason : "";
    mark("connection", mood);
    this._tellPast(state === "open");
    byId("retry").hidden = state !== "waiting";
    clearInterval(this._timer);
    if (state === "waiting") this._timer = setInterval(() => this._draw(true), 1000);
    this._draw(state === "waiting");
  }

  /** @param {boolean} waiting */
  _draw(waiting) {
    const seconds = Math.max(0, Math.ceil((this._retryAt - performance.now()) / 1000));
    const again = seconds ? `, next try in ${seconds} s` : ", trying again";
    setText(byId("connection-text"), waiting ? this._text + again : this._text);
    byId("connection").title = this._reason;
  }

  /** What is shown is of the past while nothing comes. @param {boolean} isLive */
  _tellPast(isLive) {
    if (isLive) this._lostAt = null;
    else this._lostAt ??= new Date();
    byId("app").dataset.live = String(isLive);
    byId("past").hidden = isLive || byId("app").hidden;
    setText(byId("past"), isLive ? "" : `Not connected since ${
      this._lostAt?.toLocaleTimeString()}: what is shown is as it was then.`);
  }
}

/**
 * The chip of the bus and the notice of the demo, from `healthz`. Emits `buses` with their names.
 * @extends {Emitter<{buses: string[]}>}
 */
export class Health extends Emitter {
  constructor() {
    super();
    /** @type {string[]} the interfaces' names, in the order of their channels */
    this.buses = [];
    document.addEventListener("visibilitychange", () => this.ask());
    setInterval(() => this.ask(), ASK_EVERY);
    this.ask();
  }

  async ask() {
    if (document.hidden) return;
    try {
      // 503 has a body, too: it says which bus is down.
      this._show(await (await fetch("healthz", { signal: AbortSignal.timeout(ASK_EVERY) })).json());
    } catch {
      mark("bus", "off");
      this._say("bus unknown");
    }
  }

  /** @param {HealthAnswer} health */
  _show(health) {
    byId("demo").hidden = !health.demo;
    byId("demo-login").hidden = !health.demo;
    const names = health.buses.map(({ name }) => name);
    if (this.buses.join("\n") !== names.join("\n")) {
      this.buses = names;
      this.emit("buses", names);
    }
    mark("bus", health.status === "ok" ? "good" : "bad");
    this._say(health.buses.map(({ name, state }) => `${name} ${state}`).join(", "));
  }

  /** On the button, and to who can't see it. @param {string} text */
  _say(text) {
    setText(byId("bus-text"), text);
    setText(byId("bus-said"), `Bus: ${text}`);
  }
}

/** Events a second, and all of them. */
export class Rate {
  constructor() {
    /** @type {number[]} */
    this._counts = [];
    setInterval(() => this._tick(), 1000);
    this.total = 0;
  }

  _tick() {
    this._counts.push(this.total);
    if (this._counts.length > RATE_OVER + 1) this._counts.shift();
    const seconds = this._counts.length - 1;
    if (!seconds) return;
    const rate = (this._counts[seconds] - this._counts[0]) / seconds;
    const text = rate < 10 ? localFixed(rate, 1) : localCount(Math.round(rate));
    setText(byId("rate"), `${text} events/s`);
  }
}

/** @param {string} id @param {string} mood */
function mark(id, mood) {
  byId(id).dataset.mood = mood;
}
