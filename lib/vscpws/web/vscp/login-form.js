// The login form, of pages and of <vscp-connection>: one login for all pages of an origin. What is
// remembered of it is in remembered.js.

import { make } from "./dom.js";
import { NOT_AUTHORIZED, codeOf, loginFailure } from "./errors.js";
import { PUBLISHED_KEY } from "./protocol.js";
import { Remembered } from "./remembered.js";

const INSECURE = "Not encrypted: others on this network can read along. TLS changes that: "
  + "vscpwsd.py --make-cert makes a certificate, and doc/configuration.md says the rest.";
// The daemon can't tell a wrong key from a wrong password; here it is known what to look at first.
const CHECK = {
  kiosk: "This kiosk's link is no longer good, or the daemon has a new key: ask for a new link.",
  proven: "The key has been right on this device before; look at user and password first.",
  published: "The key is the documented one, which a daemon on a network never has: open the link "
    + "with #key=…, or write the daemon's key below.",
  new: "The key has not been right on this device yet: compare it with the daemon's key file.",
};

// A screen on a wall has nobody to try again, and its address may have been shut out for others'
// failures. Longer than that lasts, so that a link that is no longer good shuts nobody out.
const KIOSK_AGAIN = 660000; // ms

/** @typedef {{user: string, password: string, key: string}} Credentials */

export class LoginForm {
  /**
   * @param {function(Credentials, {patient: boolean}): Promise<void>} login rejects with an error
   *   to be shown
   * @param {{title?: string}} [options]
   */
  constructor(login, { title = "" } = {}) {
    this._login = login;
    /** @type {Remembered|null} */
    this._remembered = null;
    this._turn = 0; // of submitting; only the latest one's outcome is shown
    this._isKeyProven = false;
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this._again = undefined;
    this._user = make("input", { name: "user", autocomplete: "username", required: true,
      autocapitalize: "none", spellcheck: false });
    this._password = make("input", { name: "password", type: "password", required: true,
      autocomplete: "current-password" });
    this._remember = make("input", { name: "remember", type: "checkbox" });
    this._key = make("input", { name: "key", value: PUBLISHED_KEY, required: true, size: 34,
      pattern: "\\s*[0-9A-Fa-f]{32,}\\s*", autocomplete: "off", spellcheck: false,
      "aria-describedby": "key-hint" });
    this._key.addEventListener("input", () => { this._isKeyProven = false; });
    this._advanced = make("details", {}, make("summary", {}, "Advanced"),
      field("Key", this._key),
      make("small", { id: "key-hint" }, "The first 32 hex digits of the daemon's key file. The "
        + "documented one, which anybody knows, is filled in until another was right."));
    this._button = make("button", { className: "main" }, "Log in");
    this._failure = make("p", { role: "alert", className: "failure" });
    this.element = make("form", { ariaLabel: "Log in" },
      ...(title ? [make("h2", {}, title)] : []),
      field("User", this._user), field("Password", this._password),
      make("label", { className: "check" }, this._remember,
        " Remember the password on this device"),
      this._advanced,
      ...(globalThis.isSecureContext ? [] : [make("p", { className: "insecure" }, INSECURE)]),
      this._button, this._failure);
    this.element.addEventListener("submit", (submit) => {
      submit.preventDefault();
      this.submit();
    });
  }

  /**
   * Begin with what is remembered.
   * @param {object} options
   * @param {string} [options.url] of ws2, if it isn't that of the daemon that served the page
   * @param {string} [options.user] where none is remembered
   * @param {string} [options.key] likewise
   * @param {function(): void} options.logOut called when another page has logged out
   */
  begin({ url = "", user = "", key = "", logOut }) {
    if (this._remembered) return; // the element was moved
    this._remembered = new Remembered(url);
    this._remembered.onForgotten(logOut);
    const { login } = this._remembered;
    this._user.value = login.user || user;
    this._key.value = login.key || key || this._key.value;
    this._remember.checked = login.isWished && !login.isKiosk;
    this._isKeyProven = login.isKeyProven;
  }

  get user() {
    return this._user.value.trim();
  }

  get key() {
    return this._key.value.trim();
  }

  /** Whether a login is remembered with all that it needs. */
  get isComplete() {
    return Boolean(this._remembered?.login.password);
  }

  /** Whether it is a kiosk's. */
  get isKiosk() {
    return this._remembered?.login.isKiosk ?? false;
  }

  /** Whether a login is under way that nobody else may begin. */
  get isBusy() {
    return this._button.disabled;
  }

  /** @param {string} message instead of the last one */
  say(message) {
    this._failure.textContent = message;
  }

  /** A login that held is over. @param {string} reason */
  ended(reason) {
    if (reason) this._tryLater();
    this.say([reason, reason && this.isKiosk ? CHECK.kiosk : ""].join(" ").trim());
  }

  /** A login that goes on trying leaves room for another. @param {string} message */
  wait(message) {
    this._button.disabled = false;
    this.say(message);
  }

  focus() {
    (this._user.value ? this._password : this._user).focus();
  }

  /** Log in as the form says. */
  submit() {
    const { user, key } = this;
    return this._submit({ user, password: this._password.value, key },
      { isKiosk: false, isWished: this._remember.checked, patient: false });
  }

  /** Log in as it is remembered, and wait for a daemon that isn't there yet. */
  async resume() {
    const login = this._remembered?.login;
    if (!login?.password) return;
    const { user, password, isKiosk, isWished } = login;
    await this._submit({ user, password, key: this.key }, { isKiosk, isWished, patient: true });
  }

  /**
   * @param {Credentials} given
   * @param {{isKiosk: boolean, isWished: boolean, patient: boolean}} how
   */
  async _submit(given, how) {
    const turn = this._turn += 1;
    clearTimeout(this._again);
    this._button.disabled = true;
    this.say("");
    try {
      await this._login(given, how);
      if (turn !== this._turn) return;
      this._remembered?.succeeded(given, how);
      this._isKeyProven = true;
      this._password.value = "";
    } catch (error) {
      if (turn !== this._turn) return;
      this._failed(error, how.isKiosk);
    } finally {
      if (turn === this._turn) this._button.disabled = false;
    }
  }

  /** @param {unknown} error @param {boolean} isKiosk */
  _failed(error, isKiosk) {
    const isRefused = codeOf(error) === NOT_AUTHORIZED;
    if (isKiosk) this._tryLater();
    const check = isKiosk ? "kiosk" : this._isKeyProven ? "proven"
      : this.key.slice(0, PUBLISHED_KEY.length).toUpperCase() !== PUBLISHED_KEY ? "new"
        : isLoopback() ? null : "published";
    this.say([loginFailure(error), isRefused && check ? CHECK[check] : ""].join(" ").trim());
    if (isRefused && (check === "published" || check === "new")) this._advanced.open = true;
    this._password.select();
  }

  /** A kiosk doesn't give up. */
  _tryLater() {
    clearTimeout(this._again);
    if (!this.isKiosk) return;
    this._again = setTimeout(() => { if (!this.isBusy) this.resume(); }, KIOSK_AGAIN);
  }

  /** The password is forgotten, on all pages and on the device; the key is kept. */
  forget() {
    this._turn += 1; // of a login under way, too
    clearTimeout(this._again);
    this._button.disabled = false;
    this._remembered?.forget();
    this._password.value = "";
    this._remember.checked = false;
  }
}

/** Whether the page comes from this very machine, where the documented key may be right. */
function isLoopback() {
  return /^(localhost|127\..*|\[::1\])$/.test(globalThis.location?.hostname ?? "");
}

/** @param {string} label @param {HTMLInputElement} input */
function field(label, input) {
  return make("label", { className: "field" }, make("span", {}, label), input);
}
