// <vscp-cover>: a blind, a shutter, an awning: up, stop, down, and to a position.

import { make, sheet } from "./dom.js";
import { CHOICE, kindFrom, matcherOf } from "./element.js";
import { FRESH } from "./fresh.js";
import { localNumber } from "./locale.js";
import { indexOf, placed } from "./payload.js";
import { Reported } from "./reported.js";

/**
 * @typedef {import("./catalog.js").Catalog} Catalog
 * @typedef {import("./event.js").VscpEvent} VscpEvent
 */

const STYLE = sheet(`
  .head, .row { display: flex; gap: .5em; justify-content: space-between; align-items: center; }
  .row button { flex: 1; min-width: 40px; }
  input[type=range] { padding: 0; width: 100%; accent-color: var(--accent); margin: 0; }
  [aria-busy=true] output { color: var(--accent); }
`);
/** What is reported, and the words for it. @type {[string, string][]} */
const REPORTS = [["information/shutterup", "going up"], ["information/shutterdown", "going down"],
  ["information/shutterendtop", "open"], ["information/shutterendbottom", "closed"]];
const ACTS = /** @type {const} */ ([["up", "↑", "control/shutterup"],
  ["stop", "■", "control/stop"], ["down", "↓", "control/shutterdown"]]);

/**
 * Attributes: `label`, `zone`, `subzone`, `index`, `priority`, `to-guid`; `up`, `stop` and `down`,
 * the events to send as class/type (control/shutterup, control/stop, control/shutterdown); `sends`
 * (control/changelevel) sends a position of `min` (0) to `max` (100) %, and `shows`
 * (information/levelchanged) reports it. `sends=""` for one that has no position.
 */
export class VscpCover extends Reported {
  static observedAttributes = [...CHOICE, ...FRESH, "up", "stop", "down", "sends", "shows", "min",
    "max"];

  constructor() {
    super(STYLE);
    /** @type {number|null} null until the bus has reported it */
    this.position = null;
    this.motion = "";
    /** @type {[string, function(VscpEvent): boolean][]} */
    this._reports = [];
    this._label = make("span");
    this._state = make("output");
    this._buttons = ACTS.map(([name, sign, usual]) => {
      const button = make("button", { type: "button", value: name }, sign);
      button.addEventListener("click", () => this.ask(
        () => placed(this, this._kind(name, usual), indexOf(this))));
      return button;
    });
    this._input = make("input", { type: "range" });
    this._input.addEventListener("change", () => this.ask(() => placed(this,
      this._kind("sends", "control/changelevel"), Number(this._input.value))));
    this._row = make("div", { className: "row" }, ...this._buttons);
    this._group = make("div", { role: "group" },
      make("div", { className: "head" }, this._label, this._state), this._row, this._input);
    this._shadow.append(this._group, this._failure);
  }

  /** @param {Catalog} catalog */
  matcher(catalog) {
    const names = this._connection?.nodeNames;
    const sent = ACTS.map(([name, , usual]) => this._kind(name, usual));
    if (this._hasPosition) sent.push(this._kind("sends", "control/changelevel"));
    for (const kind of sent) {
      catalog.typeNumber(catalog.classNumber(kind.class), kind.type ?? "");
      placed(this, kind, indexOf(this));
    }
    this._reports = REPORTS.map(([kind, word]) => [word,
      matcherOf(this, catalog, names, kindFrom(kind))]);
    const level = matcherOf(this, catalog, names,
      this._kind("shows", "information/levelchanged"));
    return (/** @type {VscpEvent} */ event) => level(event)
      || this._reports.some(([, matches]) => matches(event));
  }

  /** @param {VscpEvent} event */
  receive(event) {
    const word = this._reports.find(([, matches]) => matches(event))?.[0];
    this.motion = word ?? "";
    if (word === "open") this.position = this.number("max", 100);
    else if (word === "closed") this.position = this.number("min", 0);
    else if (!word) this.position = event.data[0] ?? null;
    super.receive(event);
  }

  get _hasPosition() {
    return this.getAttribute("sends") !== "";
  }

  /** @param {string} attribute @param {string} usual */
  _kind(attribute, usual) {
    return kindFrom(this.getAttribute(attribute) || usual);
  }

  render() {
    const { label, position } = this;
    this._label.textContent = label;
    this._group.ariaLabel = label || "cover";
    this._group.setAttribute("aria-busy", String(this.isBusy));
    this._state.textContent = this.motion
      || (position === null ? "–" : `${localNumber(position)} %`);
    this._buttons.forEach((button) => { button.ariaLabel = `${label} ${button.value}`.trim(); });
    this._row.hidden = !this.maySend(...ACTS.map(([name, , usual]) => this._kind(name, usual)));
    this._input.hidden = !this._hasPosition
      || !this.maySend(this._kind("sends", "control/changelevel"));
    this._input.ariaLabel = `${label} position`.trim();
    Object.assign(this._input, { min: String(Math.max(0, Math.ceil(this.number("min", 0)))),
      max: String(Math.min(255, Math.floor(this.number("max", 100)))) });
    if (!this.isBusy) this._input.value = String(position ?? this._input.min);
  }
}
