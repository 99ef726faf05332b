// Measured values in an event's data: out of it and into it.
//
// The shapes, each of a range of classes:
//
//   coded        10-15          coding, value
//   zone-coded   65-69, 85-89   index, zone, subzone, coding, value
//   double       60-64          IEEE 754 double in the default unit
//   single       70-74          IEEE 754 single in the default unit
//   text         1040           index, zone, subzone, unit, the number as text
//   float        1060           index, zone, subzone, unit, IEEE 754 double
//
// The coding is one byte: bits 7-5 the format, 4-3 the number of the unit (0 the default one), 2-0
// the index of the sensor. Data comes from anybody: what is too short, too long or no number has
// the value null.

export const Format = Object.freeze({
  BITS: 0, BYTES: 1, TEXT: 2, INTEGER: 3, NORMALIZED: 4, SINGLE: 5, DOUBLE: 6,
});

/**
 * A value, the number of its unit, and whose it is; null for what the data doesn't say.
 * @typedef {{value: number|string|null, unit: number, index: number|null, zone: number|null,
 *   subzone: number|null}} Measured
 */

const MOST_BYTES = 7; // of an integer: what fits beside the coding into eight bytes
const MOST_PLACES = 127; // that a normalized integer's point can move
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

// ---- out of the data ---------------------------------------------------------------------------

/**
 * What data of this shape says; never throws.
 * @param {string} shape
 * @param {Uint8Array} data
 * @returns {Measured}
 */
export function decode(shape, data) {
  switch (shape) {
    case "coded":
      return { ...NOTHING, ...decodeCoded(data), index: data.length ? data[0] & 7 : null };
    case "zone-coded": return { ...placeOf(data), ...decodeCoded(data.subarray(3)) };
    case "double": return { ...NOTHING, value: double(data.subarray(0, 8)) };
    case "single": return { ...NOTHING, value: single(data.subarray(0, 4)) };
    case "text": return { ...placeOf(data), unit: data[3] ?? 0, value: text(data.subarray(4)) };
    case "float":
      return { ...placeOf(data), unit: data[3] ?? 0, value: double(data.subarray(4, 12)) };
    default: return NOTHING;
  }
}

/** @type {Measured} */
const NOTHING = Object.freeze({ value: null, unit: 0, index: null, zone: null, subzone: null });

/** @param {Uint8Array} data */
function placeOf(data) {
  return { ...NOTHING, index: data[0] ?? null, zone: data[1] ?? null, subzone: data[2] ?? null };
}

/** @param {Uint8Array} data */
function decodeCoded(data) {
  if (!data.length) return { value: null, unit: 0 };
  return { value: valueOf(data[0] >> 5, data.subarray(1)), unit: data[0] >> 3 & 3 };
}

/** @param {number} format @param {Uint8Array} data */
function valueOf(format, data) {
  switch (format) {
    case Format.BITS:
    case Format.BYTES: return unsigned(data);
    case Format.TEXT: return text(data);
    case Format.INTEGER: return signed(data);
    case Format.NORMALIZED: return normalized(data);
    case Format.SINGLE: return single(data);
    case Format.DOUBLE: return double(data);
    default: return null;
  }
}

/** An unsigned integer, big endian. @param {Uint8Array} data 1 to 7 bytes, else null */
export function unsigned(data) {
  if (data.length < 1 || data.length > MOST_BYTES) return null;
  return Number(data.reduce((sum, byte) => sum << 8n | BigInt(byte), 0n));
}

/** @param {Uint8Array} data */
function signedInteger(data) {
  const raw = data.reduce((sum, byte) => sum << 8n | BigInt(byte), 0n);
  return BigInt.asIntN(8 * data.length, raw);
}

/** @param {Uint8Array} data */
function signed(data) {
  return data.length < 1 || data.length > MOST_BYTES ? null : Number(signedInteger(data));
}

/** @param {Uint8Array} data */
function normalized(data) {
  if (data.length < 2 || data.length > MOST_BYTES) return null;
  const places = data[0] & 0x80 ? -(data[0] & 0x7F) : data[0];
  // As text, for a power of ten with a negative exponent is no double: 263 * 0.1 isn't 26.3.
  return finite(Number(`${signedInteger(data.subarray(1))}e${places}`));
}

/**
 * The shortest decimal number that a single stands for: 26.3, not 26.299999237060547.
 * @param {Uint8Array} data
 */
export function single(data) {
  if (data.length !== 4) return null;
  const value = viewOf(data).getFloat32(0);
  if (!Number.isFinite(value)) return null;
  for (const digits of [6, 7, 8]) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return finite(shorter);
  }
  return finite(Number(value.toPrecision(9)));
}

/** @param {Uint8Array} data */
function double(data) {
  return data.length === 8 ? finite(viewOf(data).getFloat64(0)) : null;
}

/** @param {Uint8Array} data */
function viewOf(data) {
  return new DataView(data.buffer, data.byteOffset, data.length);
}

/**
 * A number where the text is one, else the text; null if it isn't printable ASCII.
 * @param {Uint8Array} data
 */
function text(data) {
  const content = String.fromCharCode(...data).replace(/^[ \0]+|[ \0]+$/g, "");
  if (!/^[ -~]+$/.test(content)) return null;
  return NUMBER.test(content) ? finite(Number(content)) ?? content : content;
}

/** @param {number} value */
function finite(value) {
  return Number.isFinite(value) ? value + 0 : null; // no negative zero
}

// ---- into the data -----------------------------------------------------------------------------

/**
 * The data of this shape that says the same; `format` counts where there is a coding.
 * @param {string} shape
 * @param {{value: number|string, unit?: number, index?: number, zone?: number, subzone?: number}}
 *   measured
 * @param {number} [format] one of Format
 * @param {number} [room] bytes that the data may have: 8 in a classic CAN frame
 * @returns {number[]}
 * @throws {RangeError} for what can't be said that way
 */
export function encode(shape, measured, format = Format.NORMALIZED, room = 8) {
  const { value, unit = 0, index = 0 } = measured;
  switch (shape) {
    case "coded": return encodeCoded(value, unit, index, format, room);
    case "zone-coded":
      return [...placeBytes(measured), ...encodeCoded(value, unit, 0, format, room - 3)];
    case "double": return packFloat(value, 8);
    case "single": return packFloat(value, 4);
    case "text":
      return [...placeBytes(measured), inRange("unit", unit, 255), ...packText(String(value))];
    case "float":
      return [...placeBytes(measured), inRange("unit", unit, 255), ...packFloat(value, 8)];
    default: throw new RangeError(`no measurement has the shape "${shape}"`);
  }
}

/**
 * @param {number|string} value
 * @param {number} unit
 * @param {number} index
 * @param {number} format
 * @param {number} room
 */
function encodeCoded(value, unit, index, format, room) {
  inRange("unit", unit, 3);
  inRange("index", index, 7);
  const packed = packValue(value, format, room);
  if (1 + packed.length > room) {
    throw new RangeError(`${value} needs ${packed.length} bytes, there is room for ${room - 1}`);
  }
  return [format << 5 | unit << 3 | index, ...packed];
}

/** @param {number|string} value @param {number} format @param {number} room */
function packValue(value, format, room) {
  switch (format) {
    case Format.BITS:
    case Format.BYTES: return packUnsigned(value);
    case Format.TEXT: return packText(String(value));
    case Format.INTEGER: return packSigned(whole(value));
    case Format.NORMALIZED:
      return packNormalized(number(value), Math.min(room - 1, MOST_BYTES) - 1);
    case Format.SINGLE: return packFloat(value, 4);
    case Format.DOUBLE: return packFloat(value, 8);
    default: throw new RangeError(`there is no format ${format}`);
  }
}

/** @param {{index?: number, zone?: number, subzone?: number}} place */
function placeBytes({ index, zone, subzone }) {
  return Object.entries({ index, zone, subzone })
    .map(([name, value]) => inRange(name, value ?? 0, 255));
}

/** @param {string} name @param {number} value @param {number} limit */
function inRange(name, value, limit) {
  if (!Number.isInteger(value) || value < 0 || value > limit) {
    throw new RangeError(`${name} ${value} is not in 0-${limit}`);
  }
  return value;
}

/** @param {number|string} value */
function number(value) {
  const given = typeof value === "string" && NUMBER.test(value.trim()) ? Number(value) : value;
  if (typeof given !== "number" || !Number.isFinite(given)) {
    throw new RangeError(`"${value}" is no number`);
  }
  return given;
}

/** @param {number|string} value */
function whole(value) {
  const given = number(value);
  if (!Number.isInteger(given)) throw new RangeError(`${value} is no whole number`);
  return BigInt(given);
}

/** @param {number|string} value */
function packUnsigned(value) {
  const given = whole(value);
  if (given < 0n || given >> BigInt(8 * MOST_BYTES)) {
    throw new RangeError(`${value} is not in 0-${(1n << BigInt(8 * MOST_BYTES)) - 1n}`);
  }
  return bytesOfInteger(given, Math.max(1, Math.ceil(given.toString(2).length / 8)));
}

/** @param {bigint} value */
function packSigned(value) {
  const size = signedSize(value);
  if (size > MOST_BYTES) throw new RangeError(`${value} has over ${MOST_BYTES} bytes`);
  return bytesOfInteger(value, size);
}

/** @param {bigint} value */
function signedSize(value) {
  const bits = (value < 0n ? ~value : value).toString(2).replace(/^0$/, "").length;
  return Math.floor(bits / 8) + 1;
}

/** @param {bigint} value @param {number} size */
function bytesOfInteger(value, size) {
  return Array.from({ length: size },
    (_, place) => Number(value >> BigInt(8 * (size - 1 - place)) & 0xFFn));
}

/**
 * The integer with the most digits that `room` bytes hold, and where its point is.
 * @param {number} value
 * @param {number} room
 */
function packNormalized(value, room) {
  if (room < 1) throw new RangeError(`no room for ${value}`);
  const [mantissa, exponent] = value.toExponential().split("e");
  const [first, rest = ""] = mantissa.split(".");
  let digits = BigInt(first + rest);
  let places = Number(exponent) - rest.length;
  if (places > 0) {
    digits *= 10n ** BigInt(places);
    places = 0;
  }
  while (signedSize(digits) > room || places < -MOST_PLACES) {
    digits = dividedByTen(digits);
    places += 1;
  }
  if (places > MOST_PLACES) throw new RangeError(`${value} is too large`);
  return [places < 0 ? 0x80 | -places : places, ...bytesOfInteger(digits, signedSize(digits))];
}

/** @param {bigint} digits */
function dividedByTen(digits) {
  const half = digits < 0n ? -5n : 5n;
  return (digits + half) / 10n;
}

/** @param {number|string} value @param {number} size */
function packFloat(value, size) {
  const data = new Uint8Array(size);
  const given = number(value);
  if (size === 4) viewOf(data).setFloat32(0, given);
  else viewOf(data).setFloat64(0, given);
  if (size === 4 && !Number.isFinite(viewOf(data).getFloat32(0))) {
    throw new RangeError(`${value} is too large for single precision`);
  }
  return [...data];
}

/** @param {string} content */
function packText(content) {
  if (!/^[!-~](?:[ -~]*[!-~])?$/.test(content)) {
    throw new RangeError(`"${content}" is no printable ASCII`);
  }
  return Array.from(content, (letter) => letter.charCodeAt(0));
}
