// Numbers and times as the reader's locale writes them. What other programs read has none of it.

/** @type {Map<string, Intl.NumberFormat>} */
const formats = new Map();

/** @param {Intl.NumberFormatOptions} options */
function formatOf(options) {
  const key = JSON.stringify(options);
  const known = formats.get(key) ?? new Intl.NumberFormat(undefined, options);
  formats.set(key, known);
  return known;
}

/**
 * A measured number: the locale's decimal mark, no groups of thousands.
 * @param {number|string} value a text stays as it is
 * @param {number} [digits] that count, at most
 */
export function localNumber(value, digits = 12) {
  if (typeof value !== "number") return value;
  return formatOf({ maximumSignificantDigits: digits, useGrouping: false }).format(value + 0);
}

/** A measured number with so many places after the decimal mark. @param {number} value
 * @param {number} places */
export function localFixed(value, places) {
  const count = Math.min(20, Math.max(0, Math.round(places)));
  return formatOf({ minimumFractionDigits: count, maximumFractionDigits: count,
    useGrouping: false }).format(value);
}

/** A count: "10,000", "10.000", "10 000". @param {number} count */
export function localCount(count) {
  return formatOf({ maximumFractionDigits: 0 }).format(count);
}

/** Over a million in short, "1.2M". @param {number} value */
export function localShort(value) {
  return formatOf({ notation: "compact", maximumSignificantDigits: 4 }).format(value);
}

/** "1 event", "2 events". @param {number} count @param {string} one @param {string} [many] */
export function counted(count, one, many = `${one}s`) {
  return `${localCount(count)} ${count === 1 ? one : many}`;
}

/** "12 s", "5 min", "3 h", "2 days". @param {number} seconds */
export function duration(seconds) {
  if (seconds < 90) return `${Math.floor(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} days`;
}

/** "just now", "12 s ago", "5 min ago". @param {number} milliseconds */
export function ago(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  return seconds < 2 ? "just now" : `${duration(seconds)} ago`;
}
