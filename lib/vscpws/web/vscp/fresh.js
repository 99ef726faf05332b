// An element that shows the latest of what it means, and how old that is.
//
// It is grey when it is older than it should be: after `stale` seconds, or else after three times
// the interval at which its sensor speaks, as far as that is learnt; and always while there is no
// daemon, or when the daemon knows it from before its own start only.

import { make } from "./dom.js";
import { VscpElement } from "./element.js";
import { ago } from "./locale.js";
import { Rhythm } from "./rhythm.js";

/** @typedef {import("./event.js").VscpEvent} VscpEvent */

const LOOK_EVERY = 1000; // ms
const WORTH_SAYING = 60000; // ms: younger is now

/** Further attributes of all of these. */
export const FRESH = ["label", "stale"];

export class FreshElement extends VscpElement {
  /** @param {CSSStyleSheet} style */
  constructor(style) {
    super(style);
    /** @type {VscpEvent|null} the latest */
    this.event = null;
    /** Whether it speaks by itself and so often that silence says something. */
    this.isRegular = false;
    this._rhythm = new Rhythm();
    this._ageText = make("p", { className: "muted age", hidden: true });
    /** @type {ReturnType<typeof setInterval>|undefined} */
    this._looking = undefined;
  }

  connectedCallback() {
    super.connectedCallback();
    this._shadow.append(this._ageText);
    this._looking = setInterval(() => this._tellAge(), LOOK_EVERY);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this._looking);
  }

  /** @param {VscpEvent} event */
  _offer(event) {
    // What is known may be told again, or later than news.
    if (event.isState && this.event && this.event.moment > event.moment) return;
    super._offer(event);
  }

  /** @param {VscpEvent} event */
  receive(event) {
    if (!event.isState) this._rhythm.hear(event.moment);
    this.event = event;
  }

  /** Whether what is shown may no longer be so. */
  get isOld() {
    if (!this.event) return false;
    const seconds = this.number("stale", 0);
    const limit = seconds > 0 ? seconds * 1000 : this.isRegular ? this._rhythm.limit : Infinity;
    return this.event.isRestored || !this.isOpen || this.event.age > limit;
  }

  _tellAge() {
    const { event, isOld } = this;
    const isWorthIt = event !== null && (isOld || event.age >= WORTH_SAYING);
    const parts = event?.isRestored ? ["restored"] : [];
    if (event && !this.isOpen) parts.push("not connected");
    this.classList.toggle("stale", isOld); // for the page's own style, too
    this._ageText.hidden = !isWorthIt;
    const text = isWorthIt ? [...parts, ago(event.age)].join(", ") : "";
    if (this._ageText.textContent !== text) this._ageText.textContent = text;
  }

  _draw() {
    super._draw();
    this._tellAge();
  }
}
