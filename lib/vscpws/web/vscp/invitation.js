// What a link brings behind its #, which a browser sends to nobody:
//
//   #key=2DBB…                            the daemon's key
//   #kiosk=USER:ID.SECRET&key=2DBB…       a kiosk's login, as vscpwsd.py --make-kiosk prints it
//
// It is taken out of the address bar, so that nobody copies it along.

const KEY = /^[0-9A-F]{32,}$/i;
const KIOSK = /^([^:]+):([0-9a-f]{8}\..+)$/;

/** @typedef {{key: string, user: string, token: string}} Invitation empty: not in the link */

/** @returns {Invitation|null} null where the address has none, or none any more */
export function takeInvitation() {
  const { location, history } = globalThis;
  const found = location?.hash ? read(location.hash.slice(1)) : null;
  if (found) history.replaceState(history.state, "", location.pathname + location.search);
  return found;
}

/** @param {string} fragment @returns {Invitation|null} */
export function read(fragment) {
  const given = new URLSearchParams(fragment.replaceAll("+", "%2B"));
  if (!given.has("key") && !given.has("kiosk")) return null;
  const key = (given.get("key") ?? "").replace(/\s/g, "");
  const [, user = "", token = ""] = KIOSK.exec(given.get("kiosk") ?? "") ?? [];
  return { key: KEY.test(key) ? key : "", user, token };
}

// A link that is opened where its page is open already changes nothing but what is behind the #.
globalThis.addEventListener?.("hashchange", () => {
  if (read(globalThis.location.hash.slice(1))) globalThis.location.reload();
});
