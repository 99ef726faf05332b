// What a plot's lines are: their labels, the value at the pointer or the latest, and least, mean
// and greatest of what is in sight.

import { make } from "./dom.js";
import { localNumber } from "./locale.js";

/**
 * @typedef {import("./series.js").Series} Series
 * @typedef {{key: string, series: Series, colour: string, isFixed: boolean}} LegendLine `isFixed`:
 *   can't be removed
 * @typedef {{row: HTMLElement, key: HTMLElement, text: HTMLElement, stats: HTMLElement,
 *   remove: HTMLElement}} Entry
 */

const DIGITS = 5; // of a value
const STAT_DIGITS = 4;

export class Legend {
  /** @param {function(string): void} remove is given the key of a series */
  constructor(remove) {
    this.element = make("ul");
    this._remove = remove;
    /** @type {Entry[]} */
    this._entries = [];
    /** @type {string[]} the keys of the lines, in their order */
    this._keys = [];
  }

  /**
   * @param {LegendLine[]} lines
   * @param {number} from ms since 1970, in sight
   * @param {number} to
   * @param {number|null} at the pointer's time
   * @returns {string} all of it in one line
   */
  show(lines, from, to, at) {
    while (this._entries.length > lines.length) this._entries.pop()?.row.remove();
    while (this._entries.length < lines.length) this._entries.push(this._entry());
    this._keys = lines.map(({ key }) => key);
    return lines.map(({ series, colour, isFixed }, place) => {
      const { key, text, stats, remove } = this._entries[place];
      const said = valueAt(series, at);
      const range = statsText(series, from, to);
      key.style.background = colour;
      setText(text, said);
      setText(stats, range);
      remove.hidden = isFixed;
      remove.ariaLabel = `remove ${series.label}`;
      return range ? `${said}, ${range}` : said;
    }).join("; ");
  }

  /** @returns {Entry} */
  _entry() {
    const key = make("span", { className: "key", ariaHidden: "true" });
    const text = make("span");
    const stats = make("span", { className: "muted" });
    const remove = make("button", { type: "button" }, "×");
    const row = make("li", {}, key, make("span", {}, text, " ", stats), remove);
    const entry = { row, key, text, stats, remove };
    remove.addEventListener("click", () => this._remove(this._keys[this._entries.indexOf(entry)]));
    this.element.append(row);
    return entry;
  }
}

/** @param {Series} series @param {number|null} time */
function valueAt(series, time) {
  const place = time === null ? series.times.length - 1 : series.placeOf(time);
  const value = series.values[Math.min(place, series.values.length - 1)];
  if (value === undefined) return series.label;
  return `${series.label} ${localNumber(value, DIGITS)} ${series.unit}`.trim();
}

/** @param {Series} series @param {number} from @param {number} to */
function statsText(series, from, to) {
  const found = series.stats(from, to);
  if (!found) return "";
  return Object.entries(found)
    .map(([name, value]) => `${name} ${localNumber(value, STAT_DIGITS)}`).join(", ");
}

/** @param {HTMLElement} element @param {string} text */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
