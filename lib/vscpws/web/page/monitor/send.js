// The dialog that sends any event: by name, with its fields explained, or as bytes.

import { VscpEvent } from "../vscp/vscp.js";
import { byId, element, setText } from "./dom.js";
import { bytesFor, bytesFromHex, fieldFor, questions } from "./fields.js";

const FIRST = { class: "30", type: "5" }; // CONTROL, turn on: what one tries first

export class SendDialog extends EventTarget {
  /** @param {VscpConnection} connection @param {Catalog} catalog */
  constructor(connection, catalog) {
    super();
    this._connection = connection;
    this._catalog = catalog;
    this._dialog = byId("send");
    this._form = byId("send-form");
    this._class = byId("send-class");
    this._type = byId("send-type");
    this._raw = byId("send-raw");
    this._fields = byId("send-fields");
    this._class.append(...catalog.classes().map(({ number, name, token }) =>
      element("option", { value: number }, `${number} ${name} (${token})`)));
    this._class.addEventListener("change", () => this._listTypes());
    this._type.addEventListener("change", () => this._ask());
    this._raw.addEventListener("change", () => this._ask());
    this._form.addEventListener("input", () => this._preview());
    this._form.addEventListener("submit", (submit) => {
      submit.preventDefault();
      this._send();
    });
    this._class.value = FIRST.class;
    this._listTypes();
    this._type.value = FIRST.type;
    this._ask();
  }

  /** @param {?VscpEvent} like to begin with another event's class, type and data */
  open(like = null) {
    if (like) this._copy(like);
    this._say("");
    this._dialog.showModal();
  }

  _copy(event) {
    const known = this._catalog.findClass(event.class);
    if (known && event.class === known.number && known.types.has(event.type)) {
      this._class.value = String(event.class);
      this._listTypes();
      this._type.value = String(event.type);
    } else {
      this._class.value = "";
      this._listTypes();
      byId("send-class-number").value = event.class;
      byId("send-type-number").value = event.type;
    }
    this._raw.checked = true;
    byId("send-priority").value = String(event.priority);
    this._ask();
    byId("send-data").value = event.hex;
    this._preview();
  }

  _listTypes() {
    const known = this._catalog.findClass(this._class.value);
    const types = known ? [...known.types.values()] : [];
    byId("send-named").hidden = !known;
    byId("send-numbers").hidden = Boolean(known);
    for (const id of ["send-class-number", "send-type-number"]) byId(id).required = !known;
    this._type.replaceChildren(...types.map(({ number, name }) =>
      element("option", { value: number }, `${number} ${name}`)));
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
    setText(byId("send-token"), type ? `${known.token}, ${type.token}` : "");
    this._preview();
  }

  _preview() {
    try {
      const data = this._event().data;
      setText(byId("send-preview"), data.length
        ? data.map((byte) => byte.toString(16).toUpperCase().padStart(2, "0")).join(" ")
        : "no data");
    } catch {
      setText(byId("send-preview"), "…"); // not all is filled in; sending says what is wrong
    }
  }

  /** @throws {RangeError} for what can't be sent */
  _event() {
    const { known, type } = this._kind;
    const vscpClass = known ? known.number : Number(byId("send-class-number").value);
    const answers = Object.fromEntries([...this._fields.querySelectorAll("input, select")]
      .map((input) => [input.name.replace("field-", ""), input.value]));
    return {
      class: vscpClass,
      type: type ? type.number : Number(byId("send-type-number").value),
      priority: Number(byId("send-priority").value),
      guid: byId("send-guid").value.trim() || "-",
      data: this._fields.hidden ? bytesFromHex(byId("send-data").value, vscpClass)
        : bytesFor(known, type, answers),
    };
  }

  async _send() {
    const button = byId("send-it");
    button.disabled = true;
    try {
      const event = this._event();
      await this._connection.send(event);
      const sent = this._asEvent(event);
      this._say(`Sent and accepted: ${sent.text}.`, "good");
      this.dispatchEvent(new CustomEvent("sent", { detail: sent }));
    } catch (error) {
      this._say(error.code ? `Refused: ${error.message} (error ${error.code})`
        : `Not sent: ${error.message}`, "bad");
    } finally {
      button.disabled = false;
    }
  }

  /** The daemon never gives an event back to its sender: the list gets it from here. */
  _asEvent(event) {
    const now = Date.now();
    return new VscpEvent({
      head: event.priority << 5, class: event.class, type: event.type, obid: 0,
      datetime: new Date(now).toISOString(), timestamp: (now * 1000) % 2 ** 32,
      guid: /^([0-9A-F]{2}:){15}[0-9A-F]{2}$/i.test(event.guid) ? event.guid.toUpperCase()
        : Array(16).fill("00").join(":"),
      data: event.data,
    }, this._catalog);
  }

  _say(text, mood = "") {
    const place = byId("send-result");
    place.dataset.mood = mood;
    place.textContent = text;
  }
}
