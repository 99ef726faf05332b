// Bytes as hex digits.

/**
 * The bytes of hex digits.
 * @param {string} text pairs of digits
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function bytesOf(text) {
  return Uint8Array.from(text.match(/[0-9a-f]{2}/gi) ?? [], (pair) => parseInt(pair, 16));
}

/**
 * Upper-case hex digits.
 * @param {Iterable<number>} bytes
 * @param {string} [between] what stands between two bytes
 */
export function hexOf(bytes, between = "") {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0").toUpperCase())
    .join(between);
}
