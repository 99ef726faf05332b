// What a page remembers on the device. Where the browser forbids that, nothing is remembered.

/** @param {string} place @returns {Record<string, any>|null} what was kept there last */
export function recall(place) {
  try {
    return JSON.parse(localStorage.getItem(place) ?? "null");
  } catch {
    return null; // forbidden, or what stands there isn't ours
  }
}

/** @param {string} place @param {Record<string, unknown>} content */
export function keep(place, content) {
  try {
    localStorage.setItem(place, JSON.stringify(content));
  } catch {
    // Forbidden, or full.
  }
}
