// The login's crypto text: AES-128-CBC over "user:password", padded with NUL to whole blocks.

import { encryptCbc } from "./aes.js";
import { VscpError } from "./errors.js";
import { bytesOf, hexOf } from "./hex.js";

const BLOCK = 16; // bytes
const KEY_DIGITS = 32;

/**
 * @param {string} user
 * @param {string} password
 * @param {string} keyText the daemon's vscpkey: 32 or more hex digits, the first 32 count
 * @param {string} iv 32 hex digits
 * @returns {Promise<string>} hex
 * @throws {VscpError} for a key that is none
 */
export async function encryptLogin(user, password, keyText, iv) {
  const digits = keyText.replace(/\s/g, "").slice(0, KEY_DIGITS);
  if (!/^[0-9a-f]{32}$/i.test(digits)) {
    throw new VscpError("The key needs 32 hex digits.");
  }
  const plain = new TextEncoder().encode(`${user}:${password}`);
  const padded = new Uint8Array(Math.ceil(plain.length / BLOCK) * BLOCK);
  padded.set(plain);
  return hexOf(await encrypt(bytesOf(digits), bytesOf(iv), padded));
}

/**
 * @param {Uint8Array<ArrayBuffer>} keyBytes
 * @param {Uint8Array<ArrayBuffer>} iv
 * @param {Uint8Array<ArrayBuffer>} plain whole blocks
 * @returns {Promise<Uint8Array>} as long as `plain`
 */
async function encrypt(keyBytes, iv, plain) {
  const subtle = globalThis.crypto?.subtle; // only on https and on localhost
  if (!subtle) return encryptCbc(keyBytes, iv, plain);
  const key = await subtle.importKey("raw", keyBytes, "AES-CBC", false, ["encrypt"]);
  const cipher = await subtle.encrypt({ name: "AES-CBC", iv }, key, plain);
  // WebCrypto adds a block of padding of its own, which the protocol doesn't have.
  return new Uint8Array(cipher, 0, plain.length);
}
