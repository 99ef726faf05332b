// <vscp-connection>: the connection of the elements in it, with a login form while it is closed.

import { VscpConnection } from "./connection.js";
import { VscpElement, make, sheet } from "./element.js";
import { loginFailure } from "./errors.js";
import { keep, recall } from "./storage.js";

const PLACE = "vscp-connection"; // in the browser's storage: the user's name, never a password

const STYLE = sheet(`
  form { display: flex; flex-wrap: wrap; gap: .8em; align-items: end; margin: 0 0 1em; }
  label { display: grid; font-size: .85em; }
  details label { margin-top: .4em; }
  .bar { display: flex; flex-wrap: wrap; gap: .8em; align-items: center; margin: 0 0 .6em; }
  .bar p { margin: 0; }
  .dot { width: .7em; height: .7em; border-radius: 50%; background: var(--alarm); flex: none; }
  .dot.open { background: var(--accent); }
`);

/**
 * Attributes: `url` (of ws2; the daemon's own by default), `key` (vscpkey), `user`. Emits `open`
 * when events begin to come, again after each lost connection.
 */
export class VscpConnectionElement extends VscpElement {
  constructor() {
    super(STYLE);
    /** @type {VscpConnection} for pages' own scripts */
    this.connection = new VscpConnection();
    this.connection.addEventListener("state", ({ detail }) => this._onState(detail));
    this._state = { state: "closed", reason: "", retryIn: null };
    this._busy = false;
    this._build();
  }

  connectedCallback() {
    for (const name of ["url", "key"]) {
      if (this.hasAttribute(name)) this.connection[name] = this.getAttribute(name);
    }
    const { user, key } = this._form.elements;
    user.value ||= this.getAttribute("user") ?? recall(PLACE)?.user ?? "";
    key.value ||= this.connection.key;
    this.changed();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.connection.logout();
  }

  _build() {
    const field = (label, properties) => make("label", {}, label, make("input", properties));
    this._failure = make("p", { className: "failure", role: "alert" });
    this._submit = make("button", {}, "Log in");
    this._form = make("form", { ariaLabel: "Log in" },
      field("User", { name: "user", autocomplete: "username", required: true }),
      field("Password", { name: "password", type: "password", required: true,
        autocomplete: "current-password" }),
      this._submit,
      make("details", {}, make("summary", { className: "muted" }, "Key"),
        field("The daemon's key, 32 hex digits", { name: "key", required: true, size: 34,
          autocomplete: "off", spellcheck: false })),
      this._failure);
    this._form.addEventListener("submit", (submit) => {
      submit.preventDefault();
      this._logIn();
    });
    this._dot = make("span", { className: "dot", ariaHidden: "true" });
    this._text = make("p", { role: "status" });
    this._out = make("button", { type: "button" }, "Log out");
    this._out.addEventListener("click", () => this.connection.logout());
    this.shadowRoot.append(
      make("div", { className: "bar" }, this._dot, this._text, this._out), this._form,
      make("slot"));
  }

  async _logIn() {
    const { user, password, key } = this._form.elements;
    this._failure.textContent = "";
    this._busy = true;
    this.changed();
    this.connection.key = key.value.trim();
    try {
      await this.connection.login(user.value.trim(), password.value);
      keep(PLACE, { user: user.value.trim() });
      password.value = "";
    } catch (error) {
      this._failure.textContent = loginFailure(error);
      password.select();
    } finally {
      this._busy = false;
      this.changed();
    }
  }

  _onState(detail) {
    this._state = detail;
    this.changed();
    if (detail.state === "open") this.dispatchEvent(new CustomEvent("open"));
  }

  render() {
    const { state, reason, retryIn } = this._state;
    const open = state === "open";
    const texts = {
      closed: reason || "not logged in", connecting: "connecting", login: "logging in",
      open: `connected as ${this.connection.user}`,
      waiting: `${reason}, next try in ${Math.ceil((retryIn ?? 0) / 1000)} s`,
    };
    this._text.textContent = texts[state];
    this._dot.classList.toggle("open", open);
    this._form.hidden = state !== "closed" && !this._busy;
    this._submit.disabled = this._busy;
    this._out.hidden = state === "closed" || this._busy;
  }
}
