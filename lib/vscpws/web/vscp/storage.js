// What a page remembers, on the device or for as long as its tab is open. Where the browser forbids
// that, nothing is remembered.

/** @typedef {"device"|"tab"} Where */

/** @param {Where} where */
function storageFor(where) {
  return where === "tab" ? sessionStorage : localStorage;
}

/**
 * @param {string} place
 * @param {Where} [where]
 * @returns {Record<string, any>|null} what was kept there last
 */
export function recall(place, where = "device") {
  try {
    const kept = JSON.parse(storageFor(where).getItem(place) ?? "null");
    return typeof kept === "object" ? kept : null;
  } catch {
    return null; // forbidden, or what stands there isn't ours
  }
}

/**
 * @param {string} place
 * @param {Record<string, unknown>|null} content null: nothing any more
 * @param {Where} [where]
 */
export function keep(place, content, where = "device") {
  try {
    if (content === null) storageFor(where).removeItem(place);
    else storageFor(where).setItem(place, JSON.stringify(content));
  } catch {
    // Forbidden, or full.
  }
}
