// The login form. The user is remembered; password and key only where that is asked for.

import { keep, recall } from "../vscp/storage.js";
import { loginFailure } from "../vscp/vscp.js";

const PLACE = "vscpwsd.login"; // in the browser's storage for this site

/** @typedef {{user: string, password: string, key: string}} Credentials */

export class LoginForm {
  /**
   * @param {HTMLFormElement} form
   * @param {function(Credentials): Promise<void>} login rejects with an error to be shown
   */
  constructor(form, login) {
    this._form = form;
    this._login = login;
    this._fields = form.elements;
    this._message = form.querySelector("[role=alert]");
    const remembered = recall(PLACE) ?? {};
    if (remembered.user) this._fields.user.value = remembered.user;
    if (remembered.key) this._fields.key.value = remembered.key;
    if (remembered.password) {
      this._fields.password.value = remembered.password;
      this._fields.remember.checked = true;
    }
    form.addEventListener("submit", (submit) => {
      submit.preventDefault();
      this.submit();
    });
  }

  /** Whether all that a login needs is remembered. */
  get isComplete() {
    return this._fields.remember.checked && this._form.checkValidity();
  }

  show(message = "") {
    this._form.closest("[data-part=login]").hidden = false;
    this._message.textContent = message;
    const { user, password } = this._fields;
    (user.value ? password : user).focus();
  }

  hide() {
    this._form.closest("[data-part=login]").hidden = true;
  }

  async submit() {
    const { user, password, key, remember } = this._fields;
    const given = { user: user.value.trim(), password: password.value, key: key.value.trim() };
    const button = this._form.querySelector("button");
    button.disabled = true;
    this._message.textContent = "";
    try {
      await this._login(given);
      keep(PLACE, remember.checked ? given : { user: given.user });
      if (!remember.checked) password.value = "";
      this.hide();
    } catch (error) {
      this.show(loginFailure(error));
      password.select();
    } finally {
      button.disabled = false;
    }
  }

  /** The password is forgotten, here and on the device. */
  forget() {
    keep(PLACE, { user: this._fields.user.value.trim() });
    this._fields.password.value = "";
    this._fields.remember.checked = false;
  }
}
