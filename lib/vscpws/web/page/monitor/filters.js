// What of the events is shown: class, type, node and priority at the server where the user may, and
// the text search here.

import { make } from "../vscp/dom.js";
import { Emitter } from "../vscp/emitter.js";
import { codeOf, messageOf } from "../vscp/errors.js";
import { GUID_BYTES } from "../vscp/protocol.js";
import { NOT_ALLOWED } from "../vscp/vscp.js";
import { byId, setText } from "./dom.js";
import { nodeName, searchText } from "./text.js";

const TYPING = 200; // ms after the last key until the search begins
const WHOLE_GUID = Array(GUID_BYTES).fill("FF").join(":");

/**
 * @typedef {import("../vscp/vscp.js").VscpEvent} VscpEvent
 * @typedef {import("./ring.js").Entry} Entry
 * @typedef {{class?: number, type?: number, guid?: string, priority?: number}} Wanted
 */

/**
 * Emits `change` when something else is let through.
 * @extends {Emitter<{change: null}>}
 */
export class Filters extends Emitter {
  /**
   * @param {import("../vscp/vscp.js").VscpConnection} connection
   * @param {import("../vscp/vscp.js").Catalog} catalog
   */
  constructor(connection, catalog) {
    super();
    this._connection = connection;
    this._catalog = catalog;
    this._class = byId("filter-class", HTMLSelectElement);
    this._type = byId("filter-type", HTMLSelectElement);
    this._node = byId("filter-node", HTMLSelectElement);
    this._priority = byId("filter-priority", HTMLSelectElement);
    this._search = byId("search", HTMLInputElement);
    this._asked = 0;
    /** @type {Map<string, HTMLOptionElement>} by the nodes' GUIDs */
    this._nodes = new Map();
    for (const { number, name } of catalog.classes()) {
      this._class.append(make("option", { value: number }, `${number} ${name}`));
    }
    this._class.addEventListener("change", () => this._listTypes());
    for (const select of [this._class, this._type, this._node, this._priority]) {
      select.addEventListener("change", () => this._change());
    }
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    let timer;
    this._search.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => this._tell(), TYPING);
    });
    byId("filter-clear").addEventListener("click", () => this.clear());
    this._listTypes();
    this._tell();
  }

  /** Somebody has logged in: what is chosen holds at the server, too. */
  apply() {
    if (this._isSet) this._send();
  }

  /** Another node can be chosen. @param {VscpEvent} event one of it */
  addNode(event) {
    if (this._nodes.has(event.guid)) return;
    const option = make("option", { value: event.guid, title: event.guid },
      `${nodeName(event)} (…${event.guid.slice(-11)})`);
    this._nodes.set(event.guid, option);
    this._node.append(option);
  }

  /** A node is no longer known; if it is the chosen one, it stays. @param {string} guid */
  removeNode(guid) {
    if (guid === this._node.value) return;
    this._nodes.get(guid)?.remove();
    this._nodes.delete(guid);
  }

  /** @param {Wanted} wanted the rest stays */
  set(wanted) {
    if (wanted.class !== undefined) {
      choose(this._class, wanted.class);
      this._listTypes();
    }
    if (wanted.type !== undefined) choose(this._type, wanted.type);
    if (wanted.guid !== undefined) this._node.value = wanted.guid;
    this._change();
  }

  /** @returns {string} the node that is chosen, or "" */
  get node() {
    return this._node.value;
  }

  clear() {
    for (const field of [this._class, this._node, this._priority, this._search]) field.value = "";
    this._listTypes();
    this._change();
  }

  /** @returns {?function(Entry): boolean} null where nothing is left out */
  get matches() {
    const wanted = this._wanted;
    const words = this._search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const pairs = /** @type {[keyof Wanted, string|number][]} */ (Object.entries(wanted));
    if (!pairs.length && !words.length) return null;
    return (/** @type {Entry} */ { event }) => {
      if (!pairs.every(([name, value]) => event[name] === value)) return false;
      if (!words.length) return true;
      const text = searchText(event);
      return words.every((word) => text.includes(word));
    };
  }

  get _wanted() {
    /** @type {Wanted} */
    const wanted = {};
    if (this._class.value) wanted.class = Number(this._class.value);
    if (this._type.value) wanted.type = Number(this._type.value);
    if (this._node.value) wanted.guid = this._node.value;
    if (this._priority.value) wanted.priority = Number(this._priority.value);
    return wanted;
  }

  get _isSet() {
    return Object.keys(this._wanted).length > 0;
  }

  _listTypes() {
    const any = this._type.options[0];
    this._type.replaceChildren(any);
    this._type.disabled = !this._class.value;
    if (this._type.disabled) return;
    const known = this._catalog.findClass(this._class.value);
    for (const { number, name } of known?.types.values() ?? []) {
      this._type.append(make("option", { value: number }, `${number} ${name}`));
    }
  }

  _change() {
    this._tell();
    if (this._connection.state === "open") this._send();
  }

  _tell() {
    const active = this._isSet || this._search.value.trim() !== "";
    byId("filter-clear").hidden = !active;
    byId("filters").dataset.active = String(active);
    this.emit("change", null);
  }

  async _send() {
    const asked = this._asked += 1; // of several answers the last one counts
    const wanted = this._wanted;
    const filter = {
      ...wanted,
      ...(wanted.class === undefined ? {} : { maskClass: 0xFFFF }),
      ...(wanted.type === undefined ? {} : { maskType: 0xFFFF }),
      ...(wanted.guid === undefined ? {} : { maskGuid: WHOLE_GUID }),
      ...(wanted.priority === undefined ? {} : { maskPriority: 7 }),
    };
    let text = "Filtered at the server: nodes and plots see no more than the list.";
    try {
      await this._connection.setFilter(filter);
    } catch (error) {
      text = codeOf(error) === NOT_ALLOWED
        ? "Filtered in this page: this user may not set filters at the server."
        : `Filtered in this page: ${messageOf(error)}`;
    }
    if (asked === this._asked) this._say(this._isSet ? text : "");
  }

  /** @param {string} text */
  _say(text) {
    setText(byId("filter-state"), text);
  }
}

/**
 * Choose a number, also one that the catalog doesn't have.
 * @param {HTMLSelectElement} select
 * @param {number} number
 */
function choose(select, number) {
  const value = String(number);
  if (![...select.options].some((option) => option.value === value)) {
    select.append(make("option", { value }, value));
  }
  select.value = value;
}
