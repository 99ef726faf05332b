// What all elements have in common: a shadow with the common style, the connection they belong to,
// the events they are about, and drawing at most once a frame.
//
// Which events an element means is said by its attributes vscp-class and vscp-type (by number or
// name), guid, nickname, index, zone and subzone; one that is missing means any.

import { VscpConnection } from "./connection.js";

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
  button, input { font: inherit; color: inherit; padding: .35em .8em; border-radius: .4em;
    border: 1px solid var(--line); background: transparent; max-width: 100%;
    box-sizing: border-box; }
  button { border-color: var(--accent); color: var(--accent); cursor: pointer; }
  button:disabled { opacity: .5; cursor: default; }
  .muted { color: var(--muted); font-size: .85em; }
  .failure { color: var(--alarm); font-size: .85em; margin: .2em 0 0; }
  .failure:empty { display: none; }
`);

/** A stylesheet for shadows; a page's strict content policy lets it pass. */
export function sheet(text) {
  const made = new CSSStyleSheet();
  made.replaceSync(text);
  return made;
}

/** An HTML element with properties and children; texts stay texts. */
export function make(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

export class VscpElement extends HTMLElement {
  /** @param {CSSStyleSheet} [style] */
  constructor(style) {
    super();
    this.attachShadow({ mode: "open" });
    this.shadowRoot.adoptedStyleSheets = style ? [STYLE, style] : [STYLE];
    this._frame = 0;
    this._onEvent = ({ detail }) => this._offer(detail);
    this._matches = null;
  }

  connectedCallback() {
    this._connection = connectionOf(this);
    this._connection?.addEventListener("vscp", this._onEvent);
    this.changed();
  }

  disconnectedCallback() {
    this._connection?.removeEventListener("vscp", this._onEvent);
    cancelAnimationFrame(this._frame);
    this._frame = 0;
  }

  attributeChangedCallback() {
    this._matches = null;
    this.changed();
  }

  /** The element's name for people. */
  get label() {
    return this.getAttribute("label") ?? "";
  }

  /** A number from an attribute. */
  number(name, otherwise) {
    const value = parseFloat(this.getAttribute(name));
    return Number.isFinite(value) ? value : otherwise;
  }

  /** To be drawn in the next frame. */
  changed() {
    if (this.isConnected) this._frame ||= requestAnimationFrame(() => this._draw());
  }

  /** Send an event; a failure is shown in the element's `.failure`. */
  async send(event) {
    const place = this.shadowRoot.querySelector(".failure");
    place.textContent = "";
    try {
      if (!this._connection) throw new Error("There is no <vscp-connection> on this page.");
      await this._connection.send(event);
    } catch (error) {
      place.textContent = error.message;
      throw error;
    }
  }

  /** An event of the bus that the element is about. @param {VscpEvent} event */
  receive(event) {} // eslint-disable-line no-unused-vars

  /** Draw what is known. */
  render() {}

  _draw() {
    this._frame = 0;
    this.render();
  }

  _offer(event) {
    try {
      this._matches ??= this.matcher();
    } catch (error) {
      this._matches = () => false;
      console.error(`<${this.localName}>: ${error.message}`);
    }
    if (this._matches(event)) {
      this.receive(event);
      this.changed();
    }
  }

  /** @returns {function(VscpEvent): boolean} */
  matcher() {
    return matcherOf(this, this._connection.catalog);
  }
}

/** The attributes that say which events are meant. */
export const CHOICE = ["vscp-class", "vscp-type", "guid", "nickname", "index", "zone", "subzone"];

const ALL = 255; // as zone or subzone: meant for all of them

/**
 * Whether an event is one that the attributes of an element mean.
 * @param {Element} element
 * @param {Catalog} catalog
 * @param {{class: string|null, type: string|null}} [kind] instead of the element's
 * @returns {function(VscpEvent): boolean}
 * @throws {RangeError} for a name that nobody has
 */
export function matcherOf(element, catalog, kind = kindOf(element)) {
  const tests = [];
  const eventClass = kind.class === null ? null : catalog.classNumber(kind.class);
  if (eventClass !== null) tests.push((event) => event.class === eventClass);
  if (kind.type !== null) {
    const type = catalog.typeNumber(eventClass, kind.type);
    tests.push((event) => event.type === type);
  }
  const guid = element.getAttribute("guid")?.trim().toUpperCase();
  if (guid) tests.push((event) => event.guid === guid);
  const nickname = given(element, "nickname");
  if (nickname !== null) tests.push((event) => event.nickname === nickname);
  const index = given(element, "index");
  if (index !== null) tests.push((event) => event.reading.index === index);
  for (const name of ["zone", "subzone"]) {
    const wanted = given(element, name);
    if (wanted !== null) {
      tests.push(({ reading }) => reading[name] === wanted || reading[name] === ALL);
    }
  }
  return (event) => tests.every((test) => test(event));
}

/** `class/type` of an attribute such as `on="control/turnon"`. */
export function kindFrom(text) {
  const [eventClass, type = null] = text.split("/");
  return { class: eventClass, type };
}

function kindOf(element) {
  return { class: element.getAttribute("vscp-class"), type: element.getAttribute("vscp-type") };
}

/** A number from an attribute, decimal or 0x…; null where there is none. */
export function given(element, name) {
  const text = element.getAttribute(name);
  if (text === null || text.trim() === "") return null;
  const number = Number(text);
  if (!Number.isInteger(number)) throw new RangeError(`${name}="${text}" is no number`);
  return number;
}

/** That of the `<vscp-connection>` around the element, or else of the page's first. */
function connectionOf(element) {
  const host = element.closest("vscp-connection") ?? document.querySelector("vscp-connection");
  return host?.connection instanceof VscpConnection ? host.connection : null;
}
