// Where a daemon has its parts: ws2, its health, the catalog. All of them are below whatever path a
// proxy gave it, so they are found from each other.

import { VscpError } from "./errors.js";

const ASK_TIME = 5000; // ms for an answer that a login waits for

/**
 * The address of ws2 as a websocket's.
 * @param {string|URL} url
 */
export function socketUrl(url) {
  const full = new URL(url, globalThis.location?.href);
  full.protocol = full.protocol.replace("http", "ws");
  return full.href;
}

/**
 * Where ws2 is at the daemon that served this module, and its interfaces' names in the order of
 * their channels; the answer sets the clock, too.
 * @param {import("./clock.js").DaemonClock} clock
 * @returns {Promise<{url: string, buses: string[]}>}
 */
export async function ownDaemon(clock) {
  const answer = await ask(new URL("../healthz", import.meta.url), "GET", clock);
  const { paths, buses = [] } = await answer.json(); // 503 has a body, too
  const path = paths.ws2;
  if (path === undefined) throw new VscpError("ws2 is switched off at the daemon");
  return {
    url: socketUrl(new URL(`..${path}`, import.meta.url)),
    buses: buses.map((/** @type {{name: string}} */ { name }) => name),
  };
}

/**
 * Set the clock by the daemon with this ws2. A daemon that doesn't tell changes nothing.
 * @param {string} url
 * @param {import("./clock.js").DaemonClock} clock
 */
export async function askTime(url, clock) {
  try {
    await ask(beside(url, "healthz"), "HEAD", clock);
  } catch {
    // The websocket's own failure is told; this one has nothing to add.
  }
}

/**
 * Where the catalog is, if it isn't beside this module: in node that comes out of a file.
 * @param {string} url of ws2
 * @returns {URL|undefined}
 */
export function catalogUrl(url) {
  if (!url || !import.meta.url.startsWith("file:")) return undefined;
  return beside(url, "vscp/catalog.json");
}

/** @param {string} url @param {string} path */
function beside(url, path) {
  const place = new URL(path, url);
  place.protocol = place.protocol.replace("ws", "http");
  return place;
}

/** @param {URL} url @param {string} method @param {import("./clock.js").DaemonClock} clock */
async function ask(url, method, clock) {
  const asked = clock.steady();
  const answer = await fetch(url, {
    method, cache: "no-store", signal: AbortSignal.timeout(ASK_TIME),
  });
  clock.set(answer.headers.get("Date"), asked);
  return answer;
}
