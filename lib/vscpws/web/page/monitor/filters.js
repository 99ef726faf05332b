// What of the events the list shows: class, type, node, priority and the text search. All of it is
// done here, so that nodes and plots know everything. Whoever wants may let the daemon send no more
// than that; then it says what is hidden.

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
 * Emits `change` when something else is let through, and `received` with what alone the daemon
 * sends, or null.
 * @extends {Emitter<{change: null, received: Wanted|null}>}
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
    this._atServer = byId("filter-server", HTMLInputElement);
    this._asked = 0;
    this._isAtServer = false; // the daemon has taken a filter
    /** @type {Map<string, HTMLOptionElement>} by the nodes' GUIDs */
    this._nodes = new Map();
    for (const { number, name } of catalog.classes()) {
      this._class.append(make("option", { value: number }, `${number} ${name}`));
    }
    this._class.addEventListener("change", () => this._listTypes());
    for (const field of [this._class, this._type, this._node, this._priority, this._atServer]) {
      field.addEventListener("change", () => this._change());
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

  /** A filter at the daemon needs a right. @param {import("../vscp/permissions.js").Permissions}
   * permissions */
  allow(permissions) {
    byId("filter-at-server").hidden = !permissions.may("set-filter");
  }

  /** Somebody has logged in: what the daemon is to send is told. */
  apply() {
    if (this._isForServer || this._isAtServer) this._send();
  }

  /** Another node can be chosen. @param {VscpEvent} event one of it */
  addNode(event) {
    if (this._nodes.has(event.guid)) return;
    const option = make("option", { value: event.guid, title: event.guid },
      `${nodeName(event)} (…${event.guid.slice(-11)})`);
    option.dataset.name = nodeName(event);
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
    this._atServer.checked = false;
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

  get _isForServer() {
    return this._atServer.checked && this._isSet;
  }

  /** What is chosen, in words: "Information, Node Heartbeat, Living room, priority 6". */
  get _words() {
    const name = (/** @type {HTMLSelectElement} */ select) => select.selectedOptions[0]?.text
      .replace(/^\d+ /, "") ?? "";
    return [
      this._class.value && name(this._class), this._type.value && name(this._type),
      this._node.value && (this._node.selectedOptions[0]?.dataset.name ?? this._node.value),
      this._priority.value && `priority ${this._priority.value}`,
    ].filter(Boolean).join(", ");
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
    const { status } = this._connection;
    if (status === "open" && (this._isForServer || this._isAtServer)) this._send();
    else if (status === "open" || status === "closed") this._received(null, "");
  }

  _tell() {
    const active = this._isSet || this._search.value.trim() !== "";
    byId("filter-clear").hidden = !active;
    byId("filters").dataset.active = String(this._isSet);
    setText(byId("filter-button"), this._isSet ? `Filter: ${this._words}` : "Filter");
    this.emit("change", null);
  }

  async _send() {
    const asked = this._asked += 1; // of several answers the last one counts
    const wanted = this._isForServer ? this._wanted : {};
    const words = this._words;
    const filter = {
      ...wanted,
      ...(wanted.class === undefined ? {} : { maskClass: 0xFFFF }),
      ...(wanted.type === undefined ? {} : { maskType: 0xFFFF }),
      ...(wanted.guid === undefined ? {} : { maskGuid: WHOLE_GUID }),
      ...(wanted.priority === undefined ? {} : { maskPriority: 7 }),
    };
    try {
      await this._connection.setFilter(filter);
      if (asked !== this._asked) return;
      this._isAtServer = Object.keys(wanted).length > 0;
      if (this._isAtServer) {
        this._received(wanted, `Filtered at the server: nothing but ${words} is received. `
          + "All else is hidden from nodes, plots and alarms, too.");
      } else {
        this._received(null, "");
      }
    } catch (error) {
      if (asked !== this._asked) return;
      this._atServer.checked = false;
      this._received(null, codeOf(error) === NOT_ALLOWED
        ? "Filtered in this page only: this user may not set filters at the server."
        : `Filtered in this page only: ${messageOf(error)}`);
    }
  }

  /** @param {Wanted|null} wanted @param {string} text */
  _received(wanted, text) {
    if (!wanted) this._isAtServer = false;
    setText(byId("filter-state"), text);
    this.emit("received", wanted);
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
