// The login form, of pages and of <vscp-connection>. The user is remembered on the device; password
// and key only where the form offers that and it is asked for.

import { make } from "./dom.js";
import { loginFailure } from "./errors.js";
import { PUBLISHED_KEY } from "./protocol.js";
import { keep, recall } from "./storage.js";

const INSECURE = "Not encrypted: others on this network can read along. TLS changes that: "
  + "vscpwsd.py --make-cert makes a certificate, and doc/configuration.md says the rest.";

/**
 * @typedef {{user: string, password: string, key: string}} Credentials
 * @typedef {object} Options
 * @property {string} place in the browser's storage for this site
 * @property {string} [title]
 * @property {boolean} [offersToRemember] the password and the key, too
 */

export class LoginForm {
  /**
   * @param {function(Credentials, {patient: boolean}): Promise<void>} login rejects with an error
   *   to be shown
   * @param {Options} options
   */
  constructor(login, { place, title = "", offersToRemember = false }) {
    this._login = login;
    this._place = place;
    this._turn = 0; // of submitting; only the latest one's outcome is shown
    this._user = make("input", { name: "user", autocomplete: "username", required: true,
      autocapitalize: "none", spellcheck: false });
    this._password = make("input", { name: "password", type: "password", required: true,
      autocomplete: "current-password" });
    this._remember = make("input", { name: "remember", type: "checkbox" });
    this._key = make("input", { name: "key", value: PUBLISHED_KEY, required: true, size: 34,
      pattern: "\\s*[0-9A-Fa-f]{32,}\\s*", autocomplete: "off", spellcheck: false,
      "aria-describedby": "key-hint" });
    this._button = make("button", { className: "main" }, "Log in");
    this._failure = make("p", { role: "alert", className: "failure" });
    this.element = make("form", { ariaLabel: "Log in" },
      ...(title ? [make("h2", {}, title)] : []),
      field("User", this._user), field("Password", this._password),
      ...(offersToRemember ? [make("label", { className: "check" }, this._remember,
        " Remember password and key on this device")] : []),
      make("details", {}, make("summary", {}, "Advanced"), field("Key", this._key),
        make("small", { id: "key-hint" }, "The first 32 hex digits of the daemon's key file. The "
          + "documented one, which anybody knows, is filled in.")),
      ...(globalThis.isSecureContext ? [] : [make("p", { className: "insecure" }, INSECURE)]),
      this._button, this._failure);
    this.element.addEventListener("submit", (submit) => {
      submit.preventDefault();
      this.submit();
    });
    this._recall();
  }

  get user() {
    return this._user.value.trim();
  }

  set user(user) {
    this._user.value = user;
  }

  get key() {
    return this._key.value.trim();
  }

  set key(key) {
    this._key.value = key;
  }

  /** Whether all that a login needs is remembered. */
  get isComplete() {
    return this._remember.checked && this.element.checkValidity();
  }

  /** Whether a login is under way that nobody else may begin. */
  get isBusy() {
    return this._button.disabled;
  }

  /** @param {string} message instead of the last one */
  say(message) {
    this._failure.textContent = message;
  }

  /** A login that goes on trying leaves room for another. @param {string} message */
  wait(message) {
    this._button.disabled = false;
    this.say(message);
  }

  focus() {
    (this._user.value ? this._password : this._user).focus();
  }

  /** @param {{patient?: boolean}} [options] a patient login waits for a daemon that isn't there */
  async submit({ patient = false } = {}) {
    const turn = this._turn += 1;
    const given = { user: this.user, password: this._password.value, key: this.key };
    this._button.disabled = true;
    this.say("");
    try {
      await this._login(given, { patient });
      if (turn === this._turn) this._succeeded(given);
    } catch (error) {
      if (turn !== this._turn) return;
      this.say(loginFailure(error));
      this._password.select();
    } finally {
      if (turn === this._turn) this._button.disabled = false;
    }
  }

  /** The password is forgotten, here and on the device. */
  forget() {
    keep(this._place, { user: this.user });
    this._password.value = "";
    this._remember.checked = false;
  }

  /** @param {Credentials} given */
  _succeeded(given) {
    keep(this._place, this._remember.checked ? given : { user: given.user });
    if (!this._remember.checked) this._password.value = "";
  }

  _recall() {
    const { user, password, key } = recall(this._place) ?? {};
    if (user) this._user.value = user;
    if (key) this._key.value = key;
    if (password) {
      this._password.value = password;
      this._remember.checked = true;
    }
  }
}

/** @param {string} label @param {HTMLInputElement} input */
function field(label, input) {
  return make("label", { className: "field" }, make("span", {}, label), input);
}
