// The dialog that sends any event: by name, with its fields explained, or as bytes.

import { make } from "../vscp/dom.js";
import { Emitter } from "../vscp/emitter.js";
import { codeOf, messageOf } from "../vscp/errors.js";
import { hexOf } from "../vscp/hex.js";
import { Permissions } from "../vscp/permissions.js";
import { GUID_BYTES, headOf } from "../vscp/protocol.js";
import { VscpEvent } from "../vscp/vscp.js";
import { byId, setText } from "./dom.js";
import { answersOf, bytesFor, bytesFromHex, fieldFor, questions } from "./fields.js";

const FIRST = { class: "30", type: "5" }; // CONTROL, turn on: what one tries first

/** @typedef {{class: number, type: number, priority: number, guid: string, data: number[]}} Sent */

/**
 * Emits `sent` with the event that was accepted.
 * @extends {Emitter<{sent: VscpEvent}>}
 */
export class SendDialog extends Emitter {
  /**
   * @param {import("../vscp/vscp.js").VscpConnection} connection
   * @param {import("../vscp/vscp.js").Catalog} catalog
   */
  constructor(connection, catalog) {
    super();
    this._connection = connection;
    this._catalog = catalog;
    this._dialog = byId("send", HTMLDialogElement);
    this._form = byId("send-form", HTMLFormElement);
    this._class = byId("send-class", HTMLSelectElement);
    this._type = byId("send-type", HTMLSelectElement);
    this._raw = byId("send-raw", HTMLInputElement);
    this._classNumber = byId("send-class-number", HTMLInputElement);
    this._typeNumber = byId("send-type-number", HTMLInputElement);
    this._priority = byId("send-priority", HTMLSelectElement);
    this._guid = byId("send-guid", HTMLInputElement);
    this._data = byId("send-data", HTMLInputElement);
    this._fields = byId("send-fields");
    this._permissions = new Permissions();
    this._listClasses();
    this._class.addEventListener("change", () => this._listTypes());
    this._type.addEventListener("change", () => this._ask());
    this._raw.addEventListener("change", () => this._ask());
    this._form.addEventListener("input", () => this._preview());
    this._form.addEventListener("submit", (submit) => {
      submit.preventDefault();
      this._send();
    });
    this._begin();
  }

  /** With what one tries first, or what comes first of what may be sent. */
  _begin() {
    if (this._permissions.maySendOf(Number(FIRST.class))) this._class.value = FIRST.class;
    this._listTypes();
    if (this._permissions.maySendOf(Number(FIRST.class), Number(FIRST.type))) {
      this._type.value = FIRST.type;
    }
    this._ask();
  }

  /** Only what may be sent can be chosen. @param {Permissions} permissions */
  allow(permissions) {
    if (permissions === this._permissions) return;
    this._permissions = permissions;
    this._listClasses();
    this._begin();
  }

  _listClasses() {
    const [byNumber] = this._class.children;
    const allowed = this._catalog.classes().filter(
      ({ number }) => this._permissions.maySendOf(number));
    this._class.replaceChildren(...allowed.map(({ number, name, token }) =>
      make("option", { value: number }, `${number} ${name} (${token})`)));
    this._class.prepend(byNumber);
    this._class.selectedIndex = Math.min(1, allowed.length);
  }

  /** @param {VscpEvent|null} like to begin with another event's class, type and data */
  open(like = null) {
    if (like) this._copy(like);
    this._say("");
    this._dialog.showModal();
  }

  /** @param {VscpEvent} event */
  _copy(event) {
    const known = this._catalog.findClass(event.class);
    if (known && event.class === known.number && known.types.has(event.type)) {
      this._class.value = String(event.class);
      this._listTypes();
      this._type.value = String(event.type);
    } else {
      this._class.value = "";
      this._listTypes();
      this._classNumber.value = String(event.class);
      this._typeNumber.value = String(event.type);
    }
    this._priority.value = String(event.priority);
    const { known: chosen, type } = this._kind;
    const answers = chosen && type ? answersOf(chosen, type, event.data) : null;
    this._raw.checked = !answers;
    this._ask();
    this._data.value = event.hex;
    for (const [name, value] of Object.entries(answers ?? {})) {
      const field = this._fields.querySelector(`[name="field-${name}"]`);
      if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) {
        field.value = value;
      }
    }
    this._preview();
  }

  _listTypes() {
    const known = this._catalog.findClass(this._class.value);
    const types = known ? [...known.types.values()].filter(
      ({ number }) => this._permissions.maySendOf(known.number, number)) : [];
    byId("send-named").hidden = !known;
    byId("send-numbers").hidden = Boolean(known);
    for (const number of [this._classNumber, this._typeNumber]) number.required = !known;
    this._type.replaceChildren(...types.map(({ number, name }) =>
      make("option", { value: number }, `${number} ${name}`)));
    this._ask();
  }

  get _kind() {
    const known = this._catalog.findClass(this._class.value);
    return { known, type: known?.types.get(Number(this._type.value)) };
  }

  _ask() {
    const { known, type } = this._kind;
    const asked = known && type ? questions(known, type) : [];
    const raw = this._raw.checked || !asked.length;
    byId("send-bytes").hidden = !raw;
    byId("send-as-bytes").hidden = !asked.length;
    this._fields.hidden = raw;
    this._fields.replaceChildren(...(raw ? [] : asked.map(fieldFor)));
    setText(byId("send-token"), known && type ? `${known.token}, ${type.token}` : "");
    this._preview();
  }

  _preview() {
    try {
      const data = this._event().data;
      setText(byId("send-preview"), hexOf(data, " ") || "no data");
    } catch {
      setText(byId("send-preview"), "…"); // not all is filled in; sending says what is wrong
    }
  }

  /** @returns {Sent} @throws {RangeError} for what can't be sent */
  _event() {
    const { known, type } = this._kind;
    const vscpClass = known ? known.number : Number(this._classNumber.value);
    /** @type {NodeListOf<HTMLInputElement|HTMLSelectElement>} */
    const fields = this._fields.querySelectorAll("input, select");
    const answers = Object.fromEntries([...fields].map(
      ({ name, value }) => [name.replace("field-", ""), value]));
    return {
      class: vscpClass,
      type: type ? type.number : Number(this._typeNumber.value),
      priority: Number(this._priority.value),
      guid: this._guid.value.trim() || "-",
      data: known && type && !this._fields.hidden ? bytesFor(known, type, answers)
        : bytesFromHex(this._data.value, vscpClass),
    };
  }

  async _send() {
    const button = byId("send-it", HTMLButtonElement);
    button.disabled = true;
    try {
      const event = this._event();
      await this._connection.send(event);
      const sent = this._asEvent(event);
      this._say(`Sent and accepted: ${sent.text}.`, "good");
      this.emit("sent", sent);
    } catch (error) {
      const code = codeOf(error);
      this._say(code ? `Refused: ${messageOf(error)} (error ${code})`
        : `Not sent: ${messageOf(error)}`, "bad");
    } finally {
      button.disabled = false;
    }
  }

  /**
   * The daemon never gives an event back to its sender: the list gets it from here.
   * @param {Sent} event
   */
  _asEvent({ class: vscpClass, type, priority, guid, data }) {
    const { clock } = this._connection;
    const now = clock.now();
    return new VscpEvent({
      head: headOf(priority), class: vscpClass, type, obid: 0,
      datetime: new Date(now).toISOString(), timestamp: Math.floor(now * 1000) % 2 ** 32,
      guid: /^([0-9A-F]{2}:){15}[0-9A-F]{2}$/i.test(guid) ? guid.toUpperCase()
        : Array(GUID_BYTES).fill("00").join(":"),
      data,
    }, this._catalog, clock);
  }

  /** @param {string} text */
  _say(text, mood = "") {
    const place = byId("send-result");
    place.dataset.mood = mood;
    place.textContent = text;
  }
}
