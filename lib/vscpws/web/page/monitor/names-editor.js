// The dialog in which nodes, sensors and zones get their names. Who may not change them, or whose
// daemon can't write them, never sees it.

import { make } from "../vscp/dom.js";
import { Emitter } from "../vscp/emitter.js";
import { SYNTAX_ERROR, codeOf, messageOf } from "../vscp/errors.js";
import { counted } from "../vscp/locale.js";
import { byId } from "./dom.js";
import { findNode, nameNode, nameSensor, nameZone, placeNode, sensorId, sensorOfTable, tidy }
  from "./naming.js";
import { nickname, sensorName, zonesText } from "./text.js";

/**
 * @typedef {import("../vscp/names.js").NameTable} NameTable
 * @typedef {import("./naming.js").Change} Change
 * @typedef {import("./naming.js").Sensor} Sensor
 * @typedef {import("../vscp/vscp.js").VscpEvent} VscpEvent
 * @typedef {{event: VscpEvent, sensors: VscpEvent[]}} Heard a node, by the latest of what it said
 * @typedef {{input: HTMLInputElement, was: string, change: function(): Change}} Field
 */

const LONGEST = 64; // characters of a name
const LARGEST = 60000; // bytes of a table: what one message of a client may have

/**
 * Emits `saved` with what is to be told.
 * @extends {Emitter<{saved: string}>}
 */
export class NamesEditor extends Emitter {
  /**
   * @param {import("../vscp/vscp.js").VscpConnection} connection
   * @param {import("../vscp/vscp.js").Catalog} catalog
   * @param {function(): Heard[]} heard the nodes that are known to be there
   */
  constructor(connection, catalog, heard) {
    super();
    this._connection = connection;
    this._catalog = catalog;
    this._heard = heard;
    /** @type {Field[]} */
    this._fields = [];
    this._number = 0; // of the last field, for its id
    this._turn = 0; // of asking whether names may be changed
    this._button = byId("open-naming");
    this._dialog = byId("naming", HTMLDialogElement);
    this._nodes = byId("naming-nodes");
    this._zones = byId("naming-zones");
    this._button.addEventListener("click", () => this.open());
    byId("naming-add-node").addEventListener("click", () => this._addNode());
    byId("naming-add-zone").addEventListener("click", () => this._addZone());
    byId("naming-form").addEventListener("submit", (submit) => {
      submit.preventDefault();
      this._save();
    });
  }

  /** Somebody has logged in: show the way here if he may go it. */
  async offer() {
    this._turn += 1;
    const turn = this._turn;
    const isAllowed = await mayName(this._connection);
    if (this._turn === turn) this._button.hidden = !isAllowed;
  }

  /** Nobody is logged in. */
  withdraw() {
    this._turn += 1;
    this._button.hidden = true;
    this._fields = [];
  }

  async open() {
    this._say("");
    this._dialog.showModal();
    if (this._changed.length) return; // it was closed by mistake
    try {
      this._show(await this._connection.names());
      this._fields[0].input.focus();
    } catch (error) {
      this._say(`The names can't be read: ${messageOf(error)}`, "bad");
    }
  }

  get _changed() {
    return this._fields.filter(({ input, was }) => input.value.trim() !== was);
  }

  async _save() {
    const button = byId("naming-save", HTMLButtonElement);
    button.disabled = true;
    try {
      const changes = this._changed.map(({ input, change }) => ({ text: input.value.trim(),
        make: change() }));
      if (!changes.length) throw new RangeError("nothing was changed");
      const table = await this._connection.names();
      for (const { text, make: change } of changes) change(table, text);
      tidy(table);
      if (new Blob([JSON.stringify(table)]).size > LARGEST) {
        throw new RangeError("these are more names than one message takes: edit the file itself");
      }
      await this._connection.command("SETNAMES", table);
      this._show(await this._connection.names());
      const told = `${counted(changes.length, "name")} saved.`;
      this._say(told, "good");
      this.emit("saved", told);
    } catch (error) {
      const code = codeOf(error);
      this._say(code ? `Refused: ${messageOf(error)} (error ${code})`
        : `Not saved: ${messageOf(error)}`, "bad");
    } finally {
      button.disabled = false;
    }
  }

  // ---- what stands in it -------------------------------------------------------------------

  /** @param {NameTable} table */
  _show(table) {
    this._fields = [];
    const heard = new Map(this._heard().map((each) => [each.event.guid, each]));
    const named = (table.nodes ?? []).map(({ guid = "" }) => guid.toUpperCase());
    const guids = [...new Set([...heard.keys(), ...named])].filter(Boolean).sort();
    this._nodes.replaceChildren(...guids.map((guid) => this._node(table, guid, heard.get(guid))));
    this._zones.replaceChildren(...(table.zones ?? []).map(({ zone, subzone, name }) =>
      this._field(zonesText(zone, subzone ?? null), name, () => nameZone(zone, subzone))));
    if (!guids.length) this._addNode();
    if (!table.zones?.length) this._addZone();
  }

  /** @param {NameTable} table @param {string} guid @param {Heard} [heard] */
  _node(table, guid, heard) {
    const entry = findNode(table, guid);
    /** @type {Map<string, {label: string, sensor: Sensor, name: string, now: string}>} */
    const sensors = new Map();
    for (const event of heard?.sensors ?? []) {
      const sensor = sensorOfTable(event);
      sensors.set(sensorId(sensor), { sensor, name: "", now: sensorName(event),
        label: this._label(sensor) });
    }
    for (const { name, ...sensor } of entry?.sensors ?? []) {
      sensors.set(sensorId(sensor), { sensor, name, now: "", label: this._label(sensor) });
    }
    return make("fieldset", {},
      make("legend", {}, heard ? `${nickname(heard.event)} ` : "", make("small", {}, guid)),
      make("div", { className: "two" },
        this._field("Name", entry?.name ?? "", () => nameNode(guid)),
        this._field("Area", entry?.area ?? "", () => placeNode(guid))),
      ...[...sensors.values()].map(({ label, sensor, name, now }) =>
        this._field(label, name, () => nameSensor(guid, sensor), now)));
  }

  /** @param {Sensor} sensor */
  _label({ class: vscpClass, type, index, zone, subzone }) {
    const known = this._catalog.findClass(vscpClass);
    const typed = known?.types.get(Number(type))?.name ?? `${known?.name ?? vscpClass} ${type}`;
    return [typed, index === undefined ? "" : `#${index}`, zonesText(zone ?? null, subzone ?? null)]
      .filter(Boolean).join(" ");
  }

  /**
   * @param {string} label
   * @param {string} name
   * @param {function(): Change} change
   * @param {string} [hint] what it is called without
   */
  _field(label, name, change, hint = "") {
    const { input, element } = this._input(label, { value: name, placeholder: hint,
      maxLength: LONGEST });
    this._fields.push({ input, was: name, change });
    return element;
  }

  /** @param {string} label @param {Record<string, unknown>} properties */
  _input(label, properties) {
    this._number += 1;
    const id = `naming-${this._number}`;
    const input = make("input", { id, autocomplete: "off", spellcheck: false, ...properties });
    const element = make("div", { className: "field" }, make("label", { htmlFor: id }, label),
      input);
    return { input, element };
  }

  /** A node that was not heard yet. */
  _addNode() {
    const { input: guid, element } = this._input("GUID", { placeholder: "FF:FF:…:03" });
    this._nodes.append(make("fieldset", {}, make("legend", {}, "Another node"),
      make("div", { className: "two" }, element,
        this._field("Name", "", () => nameNode(whole(guid, "GUID"))))));
  }

  _addZone() {
    const number = { type: "number", min: "0", max: "255" };
    const zone = this._input("Zone", number);
    const subzone = this._input("Subzone", { ...number, placeholder: "all" });
    this._zones.append(make("div", { className: "three" }, zone.element, subzone.element,
      this._field("Name", "", () => nameZone(Number(whole(zone.input, "zone")),
        subzone.input.value ? Number(subzone.input.value) : undefined))));
  }

  /** @param {string} text */
  _say(text, mood = "") {
    const place = byId("naming-result");
    place.dataset.mood = mood;
    place.textContent = text;
  }
}

/** @param {HTMLInputElement} input @param {string} what */
function whole(input, what) {
  const text = input.value.trim();
  if (!text) throw new RangeError(`a name without a ${what}`);
  return text;
}

/**
 * Whether names can be changed: the daemon looks at that before it looks at the names, which are
 * none here.
 * @param {import("../vscp/vscp.js").VscpConnection} connection
 */
async function mayName(connection) {
  try {
    await connection.command("SETNAMES");
  } catch (error) {
    return codeOf(error) === SYNTAX_ERROR;
  }
  return false;
}
