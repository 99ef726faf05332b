// When to try again: after pauses that grow, and that chance makes unequal, for all pages lose a
// daemon that is restarted in the same second. Sooner when the network is back, or when somebody
// looks at the page again.

const FIRST_PAUSE = 500; // ms
const LONGEST_PAUSE = 30000;
const MOST_DOUBLINGS = 16; // beyond them a pause is the longest anyway

export class Retry {
  /**
   * @param {function(): void} again
   * @param {function(): number} [random] of 0 to 1
   */
  constructor(again, random = Math.random) {
    this._again = again;
    this._random = random;
    this._count = 0;
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this._timer = undefined;
    this._hurry = () => {
      if (!globalThis.document?.hidden) this._try();
    };
  }

  /** @returns {number} ms until it is tried again */
  wait() {
    const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this._count);
    const pause = Math.round(longest * (0.5 + this._random() / 2));
    this._count = Math.min(this._count + 1, MOST_DOUBLINGS);
    this._timer = setTimeout(() => this._try(), pause);
    globalThis.addEventListener?.("online", this._hurry);
    globalThis.document?.addEventListener("visibilitychange", this._hurry);
    return pause;
  }

  /** Wait no longer. */
  stop() {
    clearTimeout(this._timer);
    globalThis.removeEventListener?.("online", this._hurry);
    globalThis.document?.removeEventListener("visibilitychange", this._hurry);
  }

  /** Somebody is in a hurry. */
  now() {
    this._try();
  }

  /** The next pause is a short one. */
  reset() {
    this._count = 0;
  }

  _try() {
    this.stop();
    this._again();
  }
}
