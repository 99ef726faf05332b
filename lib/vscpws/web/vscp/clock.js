// The daemon's clock, as far as this side knows it.
//
// Events have the daemon's time, and the clock of a browser may be hours off. So there is one
// clock, the daemon's: at each login the difference is measured by the Date of an answer (RFC 9110,
// section 6.6.1), and from then on this side's steady clock carries it, which nobody sets. Where no
// Date can be had, as from another origin, the two clocks count as equal.
//
// An event happened when it says, if that is at most LATE before the moment at which it came. What
// is dated otherwise, by a sender whose clock is wrong, happened when it came: nothing comes out of
// the future, and a value of an unknown time is better seen now than never.

const SECOND = 1000; // ms: a Date is no finer
/** ms: longer than an event is under way in the buffers of a bus, the daemon and its clients. */
export const LATE = 5 * 60 * SECOND;
const DOUBTED_EVERY = 60 * SECOND; // between two questions after events with wild times

export class DaemonClock {
  /** @param {function(): number} [steady] ms since 1970, of a clock that nobody sets */
  constructor(steady = () => performance.timeOrigin + performance.now()) {
    this.steady = steady;
    /** ms by which the daemon's clock is ahead of this side's */
    this.offset = 0;
    this._asked = -Infinity;
    this._isDoubted = false;
  }

  /** @returns {number} ms since 1970 */
  now() {
    return this.at(this.steady());
  }

  /** The daemon's time at a moment of this side's. @param {number} moment of `steady` */
  at(moment) {
    return moment + this.offset;
  }

  /**
   * How long ago something was that is dated so, as far as that can be: 0 to LATE.
   * @param {number} time ms since 1970, by the daemon's clock
   */
  lateness(time) {
    const late = this.now() - time;
    if (late >= -SECOND && late <= LATE) return Math.max(0, late);
    this._isDoubted = true;
    return 0;
  }

  /** Whether events have had wild times for so long that asking again is worth it. */
  get isDoubted() {
    return this._isDoubted && this.steady() - this._asked >= DOUBTED_EVERY;
  }

  /**
   * Measure. `date` was true at some time between `asked` and now, to the second; a clock that
   * agrees with that stays as it is.
   * @param {string|null} date as in an answer's head
   * @param {number} asked of `steady`
   */
  set(date, asked) {
    const second = Date.parse(date ?? "");
    this._asked = asked;
    this._isDoubted = false;
    if (!Number.isFinite(second)) return;
    const least = second - this.steady();
    const most = second + SECOND - asked;
    if (this.offset < least || this.offset > most) this.offset = (least + most) / 2;
  }
}

/** This side's own, where there is no daemon. */
export const OWN_CLOCK = new DaemonClock();
