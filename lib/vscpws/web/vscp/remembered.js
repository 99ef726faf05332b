// What is remembered of logins: one for all pages of an origin that are about the same daemon.
//
//   on the device    the user, the key, whether it was right once; the password if that is wished;
//                    what a link of a kiosk brought
//   for the tab      the password, so that the next page and a reload ask for none
//
// Logging out forgets the password everywhere. The key stays: it is the house's and no user's.

import { takeInvitation } from "./invitation.js";
import { keep, recall } from "./storage.js";

const PLACE = "vscpwsd.login";

/**
 * @typedef {{user: string, password: string, key: string, isKiosk: boolean, isWished: boolean,
 *   isKeyProven: boolean}} Login `password` empty: somebody has to type it; `isWished`: it is
 *   remembered on the device; `isKeyProven`: that key has let somebody in here
 */

export class Remembered {
  /** @param {string} [url] of ws2, if it isn't that of the daemon that served the page */
  constructor(url = "") {
    this._place = url ? `${PLACE} ${url}` : PLACE;
    if (!url) this._accept(takeInvitation());
  }

  /** @returns {Login} */
  get login() {
    const device = recall(this._place) ?? {};
    const tab = recall(this._place, "tab") ?? {};
    const text = (/** @type {string} */ name) => String(tab[name] ?? device[name] ?? "");
    return {
      user: text("user"), password: text("password"), key: String(device.key ?? ""),
      isKiosk: Boolean(tab.password ? tab.isKiosk : device.isKiosk),
      isWished: Boolean(device.password), isKeyProven: Boolean(device.isKeyProven),
    };
  }

  /**
   * It has let somebody in.
   * @param {{user: string, password: string, key: string}} login
   * @param {{isWished: boolean, isKiosk: boolean}} how
   */
  succeeded({ user, password, key }, { isWished, isKiosk }) {
    const device = { user, key, isKeyProven: true };
    keep(this._place, isWished ? { ...device, password, isKiosk } : device);
    keep(this._place, { user, password, isKiosk }, "tab");
  }

  /** Nobody is logged in any more, on any page. */
  forget() {
    const { user, key, isKeyProven, isKiosk } = this.login;
    keep(this._place, null, "tab");
    keep(this._place, { user: isKiosk ? "" : user, key, isKeyProven, out: Date.now() });
  }

  /**
   * Calls back when another page has logged out.
   * @param {function(): void} callback
   */
  onForgotten(callback) {
    globalThis.addEventListener("storage", ({ key, newValue, oldValue }) => {
      if (key !== this._place || newValue === null) return;
      if (outOf(newValue) === outOf(oldValue)) return;
      keep(this._place, null, "tab");
      callback();
    });
  }

  /** @param {import("./invitation.js").Invitation|null} invitation */
  _accept(invitation) {
    if (!invitation) return;
    const { user, token, key } = invitation;
    const { isKeyProven, ...before } = recall(this._place) ?? {};
    const known = key ? { ...before, key, isKeyProven: isKeyProven && before.key === key }
      : { ...before, isKeyProven };
    keep(this._place, token ? { ...known, user, password: token, isKiosk: true } : known);
    if (token) keep(this._place, null, "tab");
  }
}

/** @param {string|null} kept @returns {unknown} when somebody logged out last */
function outOf(kept) {
  try {
    return JSON.parse(kept ?? "{}")?.out;
  } catch {
    return undefined;
  }
}
