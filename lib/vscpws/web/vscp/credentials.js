// The login's crypto text: AES-128-CBC over "user:password", padded with NUL to whole blocks.

import { VscpError } from "./errors.js";

const BLOCK = 16; // bytes
const KEY_DIGITS = 32;

/** The bytes of hex digits. @param {string} text */
export function bytesOf(text) {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** Upper-case hex digits. @param {Iterable<number>} bytes */
export function hexOf(bytes, between = "") {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0").toUpperCase())
    .join(between);
}

/**
 * @param {string} user
 * @param {string} password
 * @param {string} keyText the daemon's vscpkey: 32 or more hex digits, the first 32 count
 * @param {string} iv 32 hex digits
 * @returns {Promise<string>} hex
 */
export async function encryptLogin(user, password, keyText, iv) {
  const subtle = globalThis.crypto?.subtle;
  if (!subtle) {
    throw new VscpError("Browsers encrypt only on https and on localhost, so nobody can log in "
      + "from here. Switch TLS on (vscpwsd.py --make-cert shows how) or open this page on the "
      + "daemon's own machine.");
  }
  const digits = keyText.replace(/\s/g, "").slice(0, KEY_DIGITS);
  if (!/^[0-9a-f]{32}$/i.test(digits)) {
    throw new VscpError("The key needs 32 hex digits.");
  }
  const plain = new TextEncoder().encode(`${user}:${password}`);
  const padded = new Uint8Array(Math.ceil(plain.length / BLOCK) * BLOCK);
  padded.set(plain);
  const key = await subtle.importKey("raw", bytesOf(digits), "AES-CBC", false, ["encrypt"]);
  const cipher = await subtle.encrypt({ name: "AES-CBC", iv: bytesOf(iv) }, key, padded);
  // WebCrypto adds a block of padding of its own, which the protocol doesn't have.
  return hexOf(new Uint8Array(cipher, 0, padded.length));
}
