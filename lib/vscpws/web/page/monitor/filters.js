// What of the events is shown: class, type, node and priority at the server where the user may, and
// the text search here.

import { NOT_ALLOWED } from "../vscp/vscp.js";
import { byId, element, setText } from "./dom.js";
import { nodeName, searchText } from "./text.js";

const TYPING = 200; // ms after the last key until the search begins
const ALL_BITS = { priority: 7, class: 0xFFFF, type: 0xFFFF };
const WHOLE_GUID = Array(16).fill("FF").join(":");

export class Filters extends EventTarget {
  /** @param {VscpConnection} connection @param {Catalog} catalog */
  constructor(connection, catalog) {
    super();
    this._connection = connection;
    this._catalog = catalog;
    this._class = byId("filter-class");
    this._type = byId("filter-type");
    this._node = byId("filter-node");
    this._priority = byId("filter-priority");
    this._search = byId("search");
    this._asked = 0;
    this._nodes = new Map(); // their options, by GUID
    for (const { number, name } of catalog.classes()) {
      this._class.append(element("option", { value: number }, `${number} ${name}`));
    }
    this._class.addEventListener("change", () => this._listTypes());
    for (const select of [this._class, this._type, this._node, this._priority]) {
      select.addEventListener("change", () => this._change());
    }
    let timer = 0;
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
    const option = element("option", { value: event.guid, title: event.guid },
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

  /** @param {{class?: number, type?: number, guid?: string}} wanted the rest stays */
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
    const pairs = Object.entries(wanted);
    if (!pairs.length && !words.length) return null;
    return ({ event }) => {
      if (!pairs.every(([name, value]) => event[name] === value)) return false;
      if (!words.length) return true;
      const text = searchText(event);
      return words.every((word) => text.includes(word));
    };
  }

  get _wanted() {
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
      this._type.append(element("option", { value: number }, `${number} ${name}`));
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
    this.dispatchEvent(new Event("change"));
  }

  async _send() {
    const asked = this._asked += 1; // of several answers the last one counts
    const wanted = this._wanted;
    const filter = {};
    for (const [name, value] of Object.entries(wanted)) {
      filter[name] = value;
      const mask = `mask${name[0].toUpperCase()}${name.slice(1)}`;
      filter[mask] = name === "guid" ? WHOLE_GUID : ALL_BITS[name];
    }
    let text = "Filtered at the server: nodes and plots see no more than the list.";
    try {
      await this._connection.setFilter(filter);
    } catch (error) {
      text = error.code === NOT_ALLOWED
        ? "Filtered in this page: this user may not set filters at the server."
        : `Filtered in this page: ${error.message}`;
    }
    if (asked === this._asked) this._say(this._isSet ? text : "");
  }

  _say(text) {
    setText(byId("filter-state"), text);
  }
}

/** Choose a number, also one that the catalog doesn't have. */
function choose(select, number) {
  const value = String(number);
  if (![...select.options].some((option) => option.value === value)) {
    select.append(element("option", { value }, value));
  }
  select.value = value;
}
