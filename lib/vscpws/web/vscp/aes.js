// AES-128 in CBC mode, encrypting only (FIPS 197, NIST SP 800-38A), for pages on plain http from
// another host: browsers withhold WebCrypto there. Its tables make its time depend on the key,
// which matters where somebody measures it on the same machine, and not on the network.

const BLOCK = 16; // bytes
const ROUNDS = 10; // of a key with 128 bits
const POLYNOMIAL = 0x11B; // x^8 + x^4 + x^3 + x + 1
const SBOX = makeSbox();

/**
 * @param {Uint8Array} key 16 bytes
 * @param {Uint8Array} iv 16 bytes
 * @param {Uint8Array} plain whole blocks; nothing is padded
 * @returns {Uint8Array} as long as `plain`
 * @throws {RangeError} for another size
 */
export function encryptCbc(key, iv, plain) {
  if (key.length !== BLOCK || iv.length !== BLOCK || plain.length % BLOCK) {
    throw new RangeError("key and iv have 16 bytes each, and the text whole blocks of them");
  }
  const schedule = expand(key);
  const cipher = new Uint8Array(plain.length);
  let chained = iv;
  for (let at = 0; at < plain.length; at += BLOCK) {
    const block = plain.slice(at, at + BLOCK);
    mix(block, chained);
    encrypt(block, schedule);
    cipher.set(block, at);
    chained = block;
  }
  return cipher;
}

/** The round keys, one after the other. @param {Uint8Array} key */
function expand(key) {
  const schedule = new Uint8Array(BLOCK * (ROUNDS + 1));
  schedule.set(key);
  let constant = 1;
  for (let at = BLOCK; at < schedule.length; at += 4) {
    const word = schedule.slice(at - 4, at);
    if (at % BLOCK === 0) {
      const [first, ...rest] = word;
      word.set([...rest, first].map((byte) => SBOX[byte]));
      word[0] ^= constant;
      constant = double(constant);
    }
    for (let byte = 0; byte < 4; byte += 1) {
      schedule[at + byte] = schedule[at + byte - BLOCK] ^ word[byte];
    }
  }
  return schedule;
}

/** @param {Uint8Array} state one block, column by column @param {Uint8Array} schedule */
function encrypt(state, schedule) {
  mix(state, schedule);
  for (let round = 1; round <= ROUNDS; round += 1) {
    substituteAndShift(state);
    if (round < ROUNDS) mixColumns(state);
    mix(state, schedule.subarray(round * BLOCK));
  }
}

/** @param {Uint8Array} state @param {Uint8Array} other of which a block counts */
function mix(state, other) {
  for (let at = 0; at < BLOCK; at += 1) state[at] ^= other[at];
}

/** Each byte by the S-box; row n moves n columns to the left. @param {Uint8Array} state */
function substituteAndShift(state) {
  const before = state.slice();
  for (let at = 0; at < BLOCK; at += 1) state[at] = SBOX[before[(at + 4 * (at % 4)) % BLOCK]];
}

/** @param {Uint8Array} state */
function mixColumns(state) {
  for (let at = 0; at < BLOCK; at += 4) {
    const column = state.slice(at, at + 4);
    const all = column[0] ^ column[1] ^ column[2] ^ column[3];
    for (let row = 0; row < 4; row += 1) {
      state[at + row] ^= all ^ double(column[row] ^ column[(row + 1) % 4]);
    }
  }
}

/** Times x, in the field of the polynomial. @param {number} byte */
function double(byte) {
  return byte & 0x80 ? byte << 1 ^ POLYNOMIAL : byte << 1;
}

/** The inverse of each byte, by powers of the generator 3, and the affine map. */
function makeSbox() {
  const powers = new Uint8Array(255);
  for (let exponent = 0, power = 1; exponent < 255; exponent += 1) {
    powers[exponent] = power;
    power ^= double(power);
  }
  const sbox = new Uint8Array(256);
  powers.forEach((byte, exponent) => {
    sbox[byte] = affine(powers[(255 - exponent) % 255]);
  });
  sbox[0] = affine(0);
  return sbox;
}

/** @param {number} byte */
function affine(byte) {
  const twice = byte << 8 | byte; // its rotations are shifts of this
  return (byte ^ twice >> 4 ^ twice >> 5 ^ twice >> 6 ^ twice >> 7 ^ 0x63) & 0xFF;
}
