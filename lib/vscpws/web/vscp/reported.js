// An element that sends, and shows what the bus reports.
//
// It never believes itself: it shows the state that somebody on the bus has reported. Until a
// report comes it is busy, and says so if none does. What the daemon has kept is a state, and no
// report.

import { messageOf } from "./errors.js";
import { FreshElement } from "./fresh.js";

/** @typedef {import("./element.js").SentEvent} SentEvent */

const ANSWER_TIME = 3000; // ms for the bus to report what was asked for

export class Reported extends FreshElement {
  /** @param {CSSStyleSheet} style */
  constructor(style) {
    super(style);
    this.isBusy = false;
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this._timer = undefined;
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this._timer);
  }

  /** @param {import("./event.js").VscpEvent} event */
  receive(event) {
    super.receive(event);
    if (event.isState) return;
    this._failure.textContent = "";
    this._wait(false);
  }

  /**
   * Send what `makeEvent` gives, and wait for a report; what can't be sent is said.
   * @param {function(): SentEvent} makeEvent
   */
  async ask(makeEvent) {
    this._wait(true);
    try {
      await this.send(makeEvent());
    } catch (error) {
      this._failure.textContent = messageOf(error);
      this._wait(false);
      return;
    }
    if (!this.isBusy) return; // the report was faster than the reply
    this._timer = setTimeout(() => {
      this._wait(false);
      this._failure.textContent = "Sent, but nobody has reported back.";
    }, ANSWER_TIME);
  }

  /** @param {boolean} busy */
  _wait(busy) {
    clearTimeout(this._timer);
    this.isBusy = busy;
    this.changed();
  }
}
