// What is kept of the events: the last so many, and the view of those that a filter lets through.
//
// The view doesn't take events as they come but catches up with the ring, a few milliseconds of
// work at a time. So a flood, a new filter over thousands of events and a tab in the background are
// all the same to it, and none of them makes a long task.

const BETWEEN_LOOKS = 32; // events between two looks at the clock

/**
 * @typedef {import("../vscp/vscp.js").VscpEvent} VscpEvent
 * @typedef {object} Entry
 * @property {number} number counts all events, from 0
 * @property {VscpEvent} event
 * @property {boolean} own it was sent from this page
 */

/** The last `size` events. */
export class Ring {
  /** @param {number} size */
  constructor(size) {
    this.size = size;
    this.end = 0; // the number of the next event
    this.start = 0; // the number of the oldest one kept
    /** @type {(Entry|null)[]} */
    this._entries = new Array(size).fill(null);
  }

  /** @param {VscpEvent} event @param {boolean} [own] it was sent from this page */
  push(event, own = false) {
    this._entries[this.end % this.size] = { number: this.end, event, own };
    this.end += 1;
    if (this.end - this.start > this.size) this.start = this.end - this.size;
  }

  /** @param {number} number @returns {Entry} the event with this number, which must be kept */
  at(number) {
    return /** @type {Entry} */ (this._entries[number % this.size]);
  }

  clear() {
    this.start = this.end;
    this._entries.fill(null);
  }
}

/** The entries of a ring that `matches` lets through, oldest first. */
export class View {
  /** @param {Ring} ring */
  constructor(ring) {
    this._ring = ring;
    /** @type {(function(Entry): boolean)|null} */
    this._matches = null;
    /** @type {(Entry|null)[]} */
    this._entries = [];
    this._first = 0; // what stands before it has gone
    this._next = ring.start;
  }

  /** Begin again. @param {(function(Entry): boolean)|null} matches null lets all through */
  restart(matches) {
    this._matches = matches;
    this._entries = [];
    this._first = 0;
    this._next = this._ring.start;
  }

  get length() {
    return this._entries.length - this._first;
  }

  /** @param {number} place @returns {Entry} counted from the newest, which is 0 */
  newest(place) {
    return /** @type {Entry} */ (this._entries[this._entries.length - 1 - place]);
  }

  /** @returns {Entry[]} all, oldest first */
  all() {
    return /** @type {Entry[]} */ (this._entries.slice(this._first));
  }

  /** How many events the ring has that were not looked at. */
  get behind() {
    return this._ring.end - Math.max(this._next, this._ring.start);
  }

  /**
   * Look at events for at most `time` ms.
   * @param {number} time
   * @param {function(): number} [now] ms
   * @returns {boolean} whether the view has changed
   */
  catchUp(time, now = () => performance.now()) {
    const deadline = now() + time;
    const { length, _first } = this;
    this._next = Math.max(this._next, this._ring.start);
    for (let count = 1; this._next < this._ring.end; count += 1, this._next += 1) {
      const entry = this._ring.at(this._next);
      if (!this._matches || this._matches(entry)) this._entries.push(entry);
      if (count % BETWEEN_LOOKS === 0 && now() > deadline) {
        this._next += 1;
        break;
      }
    }
    const grown = this.length !== length;
    this._forget();
    return grown || this._first !== _first;
  }

  _forget() {
    while (this.length && this.newest(this.length - 1).number < this._ring.start) {
      this._entries[this._first] = null;
      this._first += 1;
    }
    if (this._first > this._ring.size) {
      this._entries.splice(0, this._first);
      this._first = 0;
    }
  }
}
