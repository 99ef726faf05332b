// What all elements have in common: a shadow with the common style, the connection they belong to,
// the events they are about, and drawing at most once a frame.
//
// Which events an element means is said by its attributes vscp-class and vscp-type (by number or
// name), guid, nickname, name, index, zone and subzone; one that is missing means any.

import { VscpConnection } from "./connection.js";
import { make, sheet } from "./dom.js";
import { messageOf } from "./errors.js";
import { ALL_ZONES } from "./protocol.js";

/**
 * @typedef {import("./catalog.js").Catalog} Catalog
 * @typedef {import("./event.js").VscpEvent} VscpEvent
 * @typedef {Parameters<VscpConnection["send"]>[0]} SentEvent
 * @typedef {{class: string|null, type: string|null}} Kind of events, by number or name; null: any
 */

const STYLE = sheet(`
  :host { display: block; color: var(--vscp-ink, light-dark(#1c2422, #e4e8e6));
    font: var(--vscp-font, inherit); font-variant-numeric: tabular-nums;
    --line: var(--vscp-line, light-dark(#d5d9d6, #39413e));
    --muted: var(--vscp-muted, light-dark(#5a6561, #a3aeaa));
    --accent: var(--vscp-accent, light-dark(#17635a, #6fc4b6));
    --paper: var(--vscp-paper, light-dark(#fbfbf9, #161a19));
    --alarm: var(--vscp-alarm, light-dark(#a3261b, #ff9a8d)); }
  :host([hidden]), [hidden] { display: none !important; }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
  :host(.stale) .value, :host(.stale) output { color: var(--muted); font-style: italic; }
  p { margin: 0; }
  button, input { font: inherit; color: inherit; padding: .35em .8em; border-radius: .4em;
    border: 1px solid var(--line); background: transparent; max-width: 100%;
    box-sizing: border-box; min-height: 40px; }
  button { border-color: var(--accent); color: var(--accent); cursor: pointer; }
  button:disabled { opacity: .5; cursor: default; }
  .muted { color: var(--muted); font-size: .85em; }
  .failure { color: var(--alarm); font-size: .85em; margin: .2em 0 0; }
  .failure:empty { display: none; }
`);

export class VscpElement extends HTMLElement {
  /** @param {CSSStyleSheet} [style] */
  constructor(style) {
    super();
    this._shadow = this.attachShadow({ mode: "open" });
    this._shadow.adoptedStyleSheets = style ? [STYLE, style] : [STYLE];
    /** Where a failure is said, in elements that can fail. */
    this._failure = make("p", { className: "failure", role: "alert" });
    /** Where it is said that the attributes mean nothing. */
    this._mistake = make("p", { className: "failure" });
    this._frame = 0;
    /** @type {VscpConnection|null} */
    this._connection = null;
    /** @type {(function(): void)[]} hear no more */
    this._hearing = [];
    /** @type {(function(VscpEvent): boolean)|null} */
    this._matches = null;
    /** @type {unknown[]} what `_matches` was made with */
    this._madeWith = [];
  }

  connectedCallback() {
    this._connection = connectionOf(this);
    this._shadow.append(this._mistake);
    if (this._connection) this._hear(this._connection);
    this.changed();
  }

  /** @param {VscpConnection} connection */
  _hear(connection) {
    const offer = (/** @type {VscpEvent} */ event) => this._offer(event);
    this._hearing = [connection.on("vscp", offer), connection.on("known", offer),
      connection.on("state", ({ state }) => {
        if (state === "open") this._matcher();
        this.opened(state === "open");
        this.changed();
      }), connection.on("permissions", () => this.changed())];
    if (!this.isOpen) return;
    this._matcher();
    this.opened(true);
    // Who comes later begins with what is known by then.
    stateOf(connection).then((events) => {
      if (this._connection === connection && this.isConnected) events.forEach(offer);
    }, () => {}); // then it begins with what comes
  }

  disconnectedCallback() {
    for (const stop of this._hearing) stop();
    this._hearing = [];
    cancelAnimationFrame(this._frame);
    this._frame = 0;
  }

  /** Whether events can come. */
  get isOpen() {
    return this._connection?.status === "open";
  }

  /** @param {string} name of the attribute */
  attributeChangedCallback(name) { // eslint-disable-line no-unused-vars
    this._matches = null;
    this.changed();
  }

  /** The element's name for people. */
  get label() {
    return this.getAttribute("label") ?? this.getAttribute("name") ?? "";
  }

  /**
   * A number from an attribute.
   * @template {number|null} T
   * @param {string} name
   * @param {T} otherwise
   * @returns {number|T}
   */
  number(name, otherwise) {
    const value = parseFloat(this.getAttribute(name) ?? "");
    return Number.isFinite(value) ? value : otherwise;
  }

  /** To be drawn in the next frame. */
  changed() {
    if (this.isConnected) this._frame ||= requestAnimationFrame(() => this._draw());
  }

  /** Send an event; a failure is shown in the element. @param {SentEvent} event */
  async send(event) {
    this._failure.textContent = "";
    try {
      if (!this._connection) throw new Error("There is no <vscp-connection> on this page.");
      await this._connection.send(event);
    } catch (error) {
      this._failure.textContent = messageOf(error);
      throw error;
    }
  }

  /**
   * Whether the user may send an event of one of these kinds. Who may not sees no controls, only
   * what they would show.
   * @param {...Kind} kinds
   */
  maySend(...kinds) {
    const { catalog, permissions } = this._connection ?? {};
    if (!catalog || !permissions) return true;
    try {
      return kinds.some(({ class: sent, type }) => {
        const number = catalog.classNumber(sent ?? "");
        return permissions.maySendOf(number, catalog.typeNumber(number, type ?? ""));
      });
    } catch {
      return true; // a mistyped one is told of
    }
  }

  /** The connection is open now, or no longer. @param {boolean} open */
  opened(open) {} // eslint-disable-line no-unused-vars

  /**
   * An event of the bus that the element is about; `event.isState` of one that is no news.
   * @param {VscpEvent} event
   */
  receive(event) {} // eslint-disable-line no-unused-vars

  /** Draw what is known. */
  render() {}

  _draw() {
    this._frame = 0;
    this.render();
  }

  /** @param {VscpEvent} event */
  _offer(event) {
    if (this._matcher()(event)) {
      this.receive(event);
      this.changed();
    }
  }

  /** That of the attributes, the catalog and the names as they are now. */
  _matcher() {
    const catalog = this._connection?.catalog;
    const names = this._connection?.nodeNames;
    if (this._matches && this._madeWith[0] === catalog && this._madeWith[1] === names) {
      return this._matches;
    }
    this._madeWith = [catalog, names];
    this._mistake.textContent = "";
    try {
      this._matches = catalog ? this.matcher(catalog) : () => false;
    } catch (error) {
      this._matches = () => false;
      this._mistake.textContent = messageOf(error);
    }
    return this._matches;
  }

  /** @param {Catalog} catalog @returns {function(VscpEvent): boolean} */
  matcher(catalog) {
    return matcherOf(this, catalog, this._connection?.nodeNames);
  }
}

/** @type {WeakMap<VscpConnection, Promise<VscpEvent[]>>} */
const asked = new WeakMap();

/** One answer for all elements that come within a second. @param {VscpConnection} connection */
function stateOf(connection) {
  const known = asked.get(connection) ?? connection.state();
  if (!asked.has(connection)) {
    asked.set(connection, known);
    setTimeout(() => asked.delete(connection), 1000);
  }
  return known;
}

/** The attributes that say which events are meant. */
export const CHOICE = ["vscp-class", "vscp-type", "guid", "nickname", "name", "index", "zone",
  "subzone"];

/**
 * Whether an event is one that the attributes of an element mean.
 * @param {Element} element
 * @param {Catalog} catalog
 * @param {import("./names.js").Names} [names]
 * @param {Kind} [kind] instead of the element's
 * @returns {function(VscpEvent): boolean}
 * @throws {RangeError} for a name that nobody has
 */
export function matcherOf(element, catalog, names, kind = kindOf(element)) {
  /** @type {(function(VscpEvent): boolean)[]} */
  const tests = [];
  const eventClass = kind.class === null ? null : catalog.classNumber(kind.class);
  if (eventClass !== null) tests.push((event) => event.class === eventClass);
  if (kind.type !== null) {
    const type = catalog.typeNumber(eventClass ?? "", kind.type);
    tests.push((event) => event.type === type);
  }
  const guid = element.getAttribute("guid")?.trim().toUpperCase();
  if (guid) tests.push((event) => event.guid === guid);
  const nickname = given(element, "nickname");
  if (nickname !== null) tests.push((event) => event.nickname === nickname);
  const called = element.getAttribute("name");
  if (called && names) tests.push(names.matcher(called));
  const index = given(element, "index");
  if (index !== null) tests.push((event) => event.reading.index === index);
  for (const name of /** @type {const} */ (["zone", "subzone"])) {
    const wanted = given(element, name);
    if (wanted !== null) {
      tests.push(({ reading }) => reading[name] === wanted || reading[name] === ALL_ZONES);
    }
  }
  return (event) => tests.every((test) => test(event));
}

/** `class/type` of an attribute such as `on="control/turnon"`. @param {string} text */
export function kindFrom(text) {
  const [eventClass, type = null] = text.split("/");
  return { class: eventClass.trim(), type };
}

/** @param {Element} element @returns {Kind} */
function kindOf(element) {
  return { class: element.getAttribute("vscp-class"), type: element.getAttribute("vscp-type") };
}

/**
 * A number from an attribute, decimal or 0x…; null where there is none.
 * @param {Element} element
 * @param {string} name
 * @throws {RangeError} for what is no whole number
 */
export function given(element, name) {
  const text = element.getAttribute(name);
  if (text === null || text.trim() === "") return null;
  const number = Number(text);
  if (!Number.isInteger(number)) throw new RangeError(`${name}="${text}" is no number`);
  return number;
}

/**
 * That of the `<vscp-connection>` around the element, or else of the page's first.
 * @param {Element} element
 */
function connectionOf(element) {
  const host = element.closest("vscp-connection") ?? document.querySelector("vscp-connection");
  const connection = host && "connection" in host ? host.connection : null;
  return connection instanceof VscpConnection ? connection : null;
}
