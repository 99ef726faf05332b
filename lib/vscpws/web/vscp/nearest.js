// The name that somebody may have meant.

const LONGEST = 64; // letters that are compared

/**
 * Of some names the one that is most like a text; null if none is.
 * @param {string} text
 * @param {Iterable<string>} names
 * @returns {string|null}
 */
export function nearest(text, names) {
  const wanted = folded(text);
  let best = null;
  let least = Math.max(2, Math.floor(wanted.length / 3)) + 1; // a third of the letters may be wrong
  for (const name of names) {
    const steps = distance(wanted, folded(name), least);
    if (steps < least) [best, least] = [name, steps];
  }
  return best;
}

/**
 * `; did you mean "measurement"?`, or nothing.
 * @param {string} text
 * @param {Iterable<string>} names
 */
export function meant(text, names) {
  const found = nearest(text, names);
  return found === null ? "" : `; did you mean "${found}"?`;
}

/** @param {string} text */
function folded(text) {
  return text.replace(/[\s_-]+/g, "").toLowerCase().slice(0, LONGEST);
}

/**
 * Letters to be changed, added or left out (Levenshtein).
 * @param {string} one
 * @param {string} other
 * @param {number} most beyond which the number doesn't matter
 */
function distance(one, other, most) {
  if (Math.abs(one.length - other.length) >= most) return most;
  let row = Array.from({ length: other.length + 1 }, (_, place) => place);
  for (let at = 1; at <= one.length; at += 1) {
    const next = [at];
    for (let place = 1; place <= other.length; place += 1) {
      const same = one[at - 1] === other[place - 1] ? 0 : 1;
      next.push(Math.min(row[place] + 1, next[place - 1] + 1, row[place - 1] + same));
    }
    row = next;
  }
  return row[other.length];
}
