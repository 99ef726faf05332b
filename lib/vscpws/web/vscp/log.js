// <vscp-log>: the latest events, one line each, newest first.

import { make, sheet } from "./dom.js";
import { CHOICE, VscpElement } from "./element.js";
import { localNumber } from "./locale.js";
import { describe } from "./reading.js";

const STYLE = sheet(`
  div { max-height: var(--vscp-log-height, 16em); overflow: auto; font-size: .9em; }
  ol { list-style: none; margin: 0; padding: 0; }
  li { display: flex; gap: .8em; padding: .15em 0; border-bottom: 1px solid var(--line); }
  time { color: var(--muted); flex: none; }
`);
const MOST_ROWS = 1000;

/** Attributes: those of the choice, `label`, `rows` (50, at most 1000). */
export class VscpLog extends VscpElement {
  static observedAttributes = [...CHOICE, "label", "rows"];

  constructor() {
    super(STYLE);
    /** @type {import("./event.js").VscpEvent[]} */
    this._fresh = [];
    // Not live for screen readers: a bus says more than anybody can listen to.
    this._list = make("ol");
    this._box = make("div", { role: "log", ariaLive: "off", tabIndex: 0 }, this._list);
    this._note = make("p", { className: "muted", hidden: true },
      "Not connected: nothing new comes.");
    this._shadow.append(this._note, this._box);
  }

  get rows() {
    return Math.min(MOST_ROWS, Math.max(1, this.number("rows", 50)));
  }

  /** @param {import("./event.js").VscpEvent} event */
  receive(event) {
    if (event.isState) return; // nothing has happened
    this._fresh.push(event);
    if (this._fresh.length > this.rows) this._fresh.shift();
  }

  /** @param {import("./event.js").VscpEvent} event */
  _say(event) {
    const said = describe(event.reading, localNumber);
    const name = this._connection?.nodeNames.node(event);
    return name ? `${name}: ${said}` : said;
  }

  render() {
    this._box.ariaLabel = this.label || "events";
    this._note.hidden = this.isOpen || !this._list.childElementCount;
    const lines = this._fresh.reverse().map((event) => make("li", {},
      make("time", { dateTime: event.date.toISOString() }, event.date.toLocaleTimeString()),
      make("span", {}, this._say(event))));
    this._fresh = [];
    this._list.prepend(...lines);
    while (this._list.childElementCount > this.rows) this._list.lastElementChild?.remove();
  }
}
