// <vscp-nodes>: who is there: a row for each node, when it was last heard, and what it said.

import { make, sheet } from "./dom.js";
import { CHOICE, VscpElement } from "./element.js";
import { hexOf } from "./hex.js";
import { ago, localNumber } from "./locale.js";
import { Rhythm } from "./rhythm.js";
import { isMeasurement } from "./sensor.js";

/** @typedef {import("./event.js").VscpEvent} VscpEvent */

const MOST = 256; // nodes; then the one that was silent for longest makes room
const LOOK_EVERY = 1000; // ms
const DIGITS = 4; // of a value
const QUIET = 120; // s: two missed heartbeats of the slowest usual kind

const STYLE = sheet(`
  .box { overflow-x: auto; }
  table { border-collapse: collapse; width: 100%; font-size: .95em; }
  caption { text-align: left; padding: 0 0 .3em; font-weight: 600; }
  th, td { text-align: left; padding: .35em .8em .35em 0; border-bottom: 1px solid var(--line); }
  th { color: var(--muted); font-size: .85em; font-weight: 600; }
  td.quiet { color: var(--alarm); }
  td:nth-child(2) { white-space: nowrap; }
  tbody th { color: inherit; font-size: inherit; }
`);

/**
 * Attributes: those of the choice (any), `label`, `stale`: the seconds after which a node counts as
 * quiet (120, or three times the interval at which it speaks, if that is longer).
 */
export class VscpNodes extends VscpElement {
  static observedAttributes = [...CHOICE, "label", "stale"];

  constructor() {
    super(STYLE);
    /** @type {Map<string, Row>} by GUID */
    this._rows = new Map();
    this._caption = make("caption");
    this._body = make("tbody");
    this._none = make("p", { className: "muted" }, "No node was heard yet.");
    const heads = ["Node", "Heard", "Says"].map((text) => make("th", { scope: "col" }, text));
    this._box = make("div", { className: "box", tabIndex: 0, role: "region" },
      make("table", {}, this._caption, make("thead", {}, make("tr", {}, ...heads)), this._body));
    this._shadow.append(this._box, this._none);
    /** @type {ReturnType<typeof setInterval>|undefined} */
    this._looking = undefined;
  }

  connectedCallback() {
    super.connectedCallback();
    this._looking = setInterval(() => this.changed(), LOOK_EVERY);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this._looking);
  }

  /** @param {VscpEvent} event */
  receive(event) {
    let row = this._rows.get(event.guid);
    if (!row) {
      if (this._rows.size >= MOST) this._forgetOldest();
      row = new Row();
      this._rows.set(event.guid, row);
      this._body.append(row.element);
    }
    row.take(event);
  }

  _forgetOldest() {
    const [[guid, row]] = [...this._rows].sort(([, one], [, other]) => other.age - one.age);
    row.element.remove();
    this._rows.delete(guid);
  }

  render() {
    const limit = this.number("stale", 0) * 1000;
    this._caption.textContent = this.label;
    this._caption.hidden = !this.label;
    this._box.ariaLabel = this.label || "nodes";
    this._none.hidden = this._rows.size > 0;
    this._box.hidden = !this._rows.size;
    for (const row of this._rows.values()) {
      row.draw(limit, this.isOpen, this._connection?.nodeNames);
    }
  }
}

class Row {
  constructor() {
    /** @type {VscpEvent|null} the latest of all */
    this._event = null;
    /** @type {VscpEvent|null} the latest with a value, which says more */
    this._measured = null;
    this._rhythm = new Rhythm();
    this._name = make("th", { scope: "row" });
    this._heard = make("td");
    this._says = make("td");
    this.element = make("tr", {}, this._name, this._heard, this._says);
  }

  get age() {
    return this._event?.age ?? Infinity;
  }

  /** @param {VscpEvent} event */
  take(event) {
    if (event.isState && this.age < event.age) return;
    if (!event.isState) this._rhythm.hear(event.moment);
    this._event = event;
    if (isMeasurement(event)) this._measured = event;
  }

  /**
   * @param {number} limit ms; 0: as usual
   * @param {boolean} isOpen
   * @param {import("./names.js").Names} [names]
   */
  draw(limit, isOpen, names) {
    const event = this._event;
    if (!event) return;
    const usual = this._rhythm.limit;
    const most = limit || Math.max(QUIET * 1000, usual === Infinity ? 0 : usual);
    const isQuiet = isOpen && event.age > most;
    const text = [...(isQuiet ? ["quiet"] : []), ...(event.isRestored ? ["restored"] : []),
      ago(event.age)].join(", ");
    const said = this._measured ?? event;
    const { reading } = said;
    const value = reading.value === null ? ""
      : ` ${localNumber(reading.value, DIGITS)} ${reading.unit}`.trimEnd();
    setText(this._name, names?.node(event) || `0x${hexOf([event.nickname])}`);
    setText(this._heard, isOpen ? text : `${text}, not connected`);
    setText(this._says, (names?.sensor(said) || reading.typeName) + value);
    this._heard.classList.toggle("quiet", isQuiet);
    this._name.title = event.guid;
  }
}

/** @param {HTMLElement} element @param {string} text */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
