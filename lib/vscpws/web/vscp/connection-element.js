// <vscp-connection>: the connection of the elements in it, with a login form while it is closed.

import { VscpConnection } from "./connection.js";
import { make, sheet } from "./dom.js";
import { VscpElement } from "./element.js";
import { LoginForm } from "./login-form.js";

const STYLE = sheet(`
  form { display: flex; flex-wrap: wrap; gap: .8em; align-items: end; margin: 0 0 1em; }
  label, details small { display: grid; font-size: .85em; }
  details { order: 1; }
  .insecure { order: 3; margin: 0; font-size: .85em; color: var(--muted); }
  .failure { order: 2; }
  details label { margin-top: .4em; }
  summary, small { color: var(--muted); font-size: .85em; }
  .bar { display: flex; flex-wrap: wrap; gap: .8em; align-items: center; margin: 0 0 .6em; }
  .bar p { margin: 0; }
  .dot { width: .7em; height: .7em; border-radius: 50%; background: var(--alarm); flex: none; }
  .dot.open { background: var(--accent); }
`);

/**
 * Attributes: `url` (of ws2; the daemon's own by default), `key` (vscpkey) and `user` where none is
 * remembered. Who is logged in on one page is so on the others, too. Emits `open` when events begin
 * to come, again after each lost connection.
 */
export class VscpConnectionElement extends VscpElement {
  constructor() {
    super(STYLE);
    /** For pages' own scripts. */
    this.connection = new VscpConnection();
    this.connection.asksForKnown = true;
    this.connection.asksForPermissions = true;
    this.connection.on("state", (detail) => this._onState(detail));
    /** @type {import("./connection.js").StateDetail} */
    this._state = { state: "closed", reason: "", retryIn: null };
    this._isResuming = false; // a login that nobody has typed
    this._login = new LoginForm((given, how) => this._logIn(given, how));
    this._form = this._login.element;
    this._dot = make("span", { className: "dot", ariaHidden: "true" });
    this._text = make("p", { role: "status" });
    this._out = make("button", { type: "button" }, "Log out");
    this._out.addEventListener("click", () => {
      this._login.forget();
      this.connection.logout();
    });
    this._again = make("button", { type: "button", hidden: true }, "Retry now");
    this._again.addEventListener("click", () => this.connection.retry());
    this._shadow.append(
      make("div", { className: "bar" }, this._dot, this._text, this._again, this._out), this._form,
      make("slot"));
  }

  connectedCallback() {
    const { connection } = this;
    connection.url = this.getAttribute("url") ?? connection.url;
    this._login.begin({
      url: connection.url, user: this.getAttribute("user") ?? "",
      key: this.getAttribute("key") ?? "", logOut: () => connection.logout(),
    });
    connection.key = this._login.key;
    this._login.resume();
    this.changed();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.connection.logout();
  }

  /**
   * @param {import("./login-form.js").Credentials} given
   * @param {{patient: boolean}} how
   */
  async _logIn({ user, password, key }, { patient = false }) {
    this.connection.key = key;
    this._isResuming = patient;
    try {
      await this.connection.login(user, password, { patient });
    } finally {
      this.changed();
    }
  }

  /** @param {import("./connection.js").StateDetail} detail */
  _onState(detail) {
    this._state = detail;
    if (detail.state === "closed") this._login.ended(detail.reason);
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
    this._again.hidden = state !== "waiting";
    const isTyped = this._login.isBusy && !this._isResuming;
    this._form.hidden = state !== "closed" && !isTyped;
    this._out.hidden = state === "closed" || isTyped || this._login.isKiosk;
  }
}
