// What is raised and not reset: a list, a badge in the title, and a notification for whoever wants
// one.

import { Alarms, alarmMood, alarmText, alarmWord } from "../vscp/alarm.js";
import { make } from "../vscp/dom.js";
import { ago, counted } from "../vscp/locale.js";
import { sensorKey, sensorOf } from "../vscp/sensor.js";
import { keep, recall } from "../vscp/storage.js";
import { byId, setText } from "./dom.js";
import { nodeName, placeText } from "./text.js";

/** @typedef {import("../vscp/vscp.js").VscpEvent} VscpEvent */

const PLACE = "vscpwsd.notify"; // in the browser's storage for this site
const DRAW_EVERY = 1000; // ms
const SOON = 200; // ms: alarms may come in a flood, too
const STILL = 500; // ms: what was pressed sooner than that was meant for what stood there before

export class AlarmList {
  constructor() {
    this._alarms = new Alarms();
    this._title = document.title;
    /** @type {Map<VscpEvent, HTMLElement>} where the age stands */
    this._ages = new Map();
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this._drawing = undefined;
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this._settling = undefined;
    this._listed = ""; // what the rows say, but for their ages
    this._list = byId("alarms");
    this._button = byId("notify");
    this._isWanted = recall(PLACE)?.notify === "yes";
    // Browsers tell only pages of this host, and those over TLS, of permissions.
    this._button.hidden = !("Notification" in globalThis) || !globalThis.isSecureContext;
    this._button.addEventListener("click", () => this._toggle());
    setInterval(() => this._drawAges(), DRAW_EVERY);
    this.draw();
  }

  /** @param {VscpEvent} event that has come, or that the daemon has kept */
  add(event) {
    const before = this._alarms.count;
    if (!this._alarms.add(event)) return;
    if (!event.isState && this._alarms.count >= before) this._notify(event);
    this._drawing ??= setTimeout(() => this.draw(), SOON);
  }

  clear() {
    this._alarms.clear();
    this.draw();
  }

  /** Show what there is; by itself it is shown soon. */
  draw() {
    clearTimeout(this._drawing);
    this._drawing = undefined;
    const { all, count } = this._alarms;
    document.title = count ? `(${counted(count, "alarm")}) ${this._title}` : this._title;
    byId("alarms-section").hidden = count === 0;
    setText(byId("alarm-count"), count ? counted(count, "alarm") : "");
    const listed = all.map((event) => `${sensorKey(sensorOf(event))} ${textOf(event)}`).join("\n");
    if (listed !== this._listed) this._relist(all); // else somebody may be pressing one
    this._listed = listed;
    const ages = /** @type {NodeListOf<HTMLElement>} */ (this._list.querySelectorAll(".age"));
    this._ages = new Map(all.map((event, place) => [event, ages[place]]));
    this._button.setAttribute("aria-pressed", String(this._mayNotify));
    this._drawAges();
  }

  /** @param {VscpEvent[]} all */
  _relist(all) {
    this._list.replaceChildren(...all.map((event) => this._row(event)));
    clearTimeout(this._settling);
    this._settling = setTimeout(() => {
      for (const button of this._list.querySelectorAll("button")) button.ariaDisabled = null;
    }, STILL);
  }

  /** @param {VscpEvent} event */
  _row(event) {
    const seen = make("button", { type: "button", ariaDisabled: "true", // the focus may be there
      ariaLabel: `Seen: ${event.reading.typeName}, ${nodeName(event)}` }, "Seen");
    seen.addEventListener("click", () => {
      if (seen.ariaDisabled) return;
      this._alarms.dismiss(event);
      this.draw();
    });
    return make("li", { "data-alarm": alarmMood(event) },
      make("b", { className: "badge" }, alarmWord(event)),
      make("span", { className: "what" }, textOf(event)),
      make("span", { className: "age" }), seen);
  }

  _drawAges() {
    for (const [event, element] of this._ages) {
      setText(element, `${event.isRestored ? "restored, " : ""}${ago(event.age)}`);
    }
  }

  get _mayNotify() {
    return this._isWanted && !this._button.hidden && Notification.permission === "granted";
  }

  async _toggle() {
    this._isWanted = !this._mayNotify
      && await Notification.requestPermission() === "granted";
    keep(PLACE, { notify: this._isWanted ? "yes" : "no" });
    this.draw();
  }

  /** @param {VscpEvent} event */
  _notify(event) {
    if (!this._mayNotify) return;
    try {
      const notification = new Notification(alarmText(event),
        { body: textOf(event), tag: `${event.guid} ${event.class} ${event.type}` });
      notification.addEventListener("click", () => globalThis.focus());
    } catch {
      // Some browsers have it for service workers only; the list and the title say it anyway.
    }
  }
}

/** "Smoke sensor, Hall, zone 2/1". @param {VscpEvent} event */
function textOf(event) {
  return [event.reading.typeName, nodeName(event), placeText({ ...event.reading, index: null })]
    .filter(Boolean).join(", ");
}
