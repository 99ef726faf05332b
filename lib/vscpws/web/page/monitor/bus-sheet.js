// What is behind the bus's chip: state with its reason, load, and all that is counted, as whoever
// is logged in may know it (BUSES).

import { make } from "../vscp/dom.js";
import { UNKNOWN_COMMAND, codeOf, messageOf } from "../vscp/errors.js";
import { duration, localCount, localFixed } from "../vscp/locale.js";
import { byId } from "./dom.js";

const ASK_EVERY = 2000; // ms while it is open

/**
 * @typedef {Record<string, unknown>} Bus as BUSES tells it
 * @typedef {[string, string][]} Facts what each is called, and what it is
 */

export class BusSheet {
  /** @param {import("../vscp/vscp.js").VscpConnection} connection */
  constructor(connection) {
    this._connection = connection;
    this._dialog = byId("bus-sheet", HTMLDialogElement);
    this._list = byId("bus-list");
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this._asking = undefined;
    this._dialog.addEventListener("close", () => clearTimeout(this._asking));
  }

  open() {
    this._list.replaceChildren(make("p", { className: "hint" }, "…"));
    this._dialog.showModal();
    this._ask();
  }

  async _ask() {
    clearTimeout(this._asking);
    try {
      const answer = /** @type {{buses?: Bus[]}|null} */ (await this._connection.command("BUSES"));
      this._draw(answer?.buses ?? []);
    } catch (error) {
      this._list.replaceChildren(make("p", { className: "failure" },
        codeOf(error) === UNKNOWN_COMMAND ? "This daemon tells no more about its buses."
          : messageOf(error)));
    }
    if (this._dialog.open) this._asking = setTimeout(() => this._ask(), ASK_EVERY);
  }

  /** @param {Bus[]} buses */
  _draw(buses) {
    const now = this._connection.clock.now();
    const isUp = (/** @type {Bus} */ { state }) => Number(state === "up");
    const inTrouble = [...buses].sort((one, other) => isUp(one) - isUp(other)); // they come first
    this._list.replaceChildren(...inTrouble.map((bus) => make("section", {},
      make("h3", {}, String(bus.name)),
      make("p", { className: "said" }, String(bus.text || `${bus.channel} is ${bus.state}`)),
      make("dl", {}, ...factsOf(bus, now).flatMap(([name, value]) =>
        [make("dt", {}, name), make("dd", {}, value)])))));
    if (!buses.length) this._list.append(make("p", { className: "hint" }, "There is no bus."));
  }
}

/** @param {Bus} bus @param {number} now ms since 1970 @returns {Facts} */
export function factsOf(bus, now) {
  const seconds = Number(bus.since_seconds) || 0;
  const since = new Date(now - seconds * 1000).toLocaleString([], {
    dateStyle: "medium", timeStyle: "short" });
  /** @type {Facts} */
  const facts = [
    ["State", bus.reason ? `${bus.state}: ${bus.reason}` : String(bus.state)],
    ["Since", `${since} (${duration(seconds)})`],
    ["Load", loadText(Number(bus.bits_per_second), Number(bus.bitrate))],
    ["Frames received", count(bus.received)],
    ["Frames sent", count(bus.sent)],
    ["Events", count(bus.events)],
    ["Error frames", count(bus.error_frames)],
    ["Lost", listed({ "on the way in": bus.receive_drops, "between bus and hub": bus.lost })],
    ["Not sent", listed({ ...groupOf(bus.dropped), "had no room": bus.missed })],
    ["Waiting to be sent", count(bus.transmit_queue)],
    ["No VSCP", listed({ "11-bit": bus.standard, remote: bus.remote, "no frame": bus.skipped })],
    ["Opened again", count(bus.reopens)],
  ];
  const controller = Object.entries(groupOf(bus.controller));
  if (controller.length) {
    facts.push(["Controller", controller.map(([name, value]) =>
      `${name.replaceAll("_", " ")} ${count(value)}`).join(", ")]);
  }
  return facts;
}

/** @param {number} bits a second @param {number} rate of the bus in bit/s, 0 for unknown */
function loadText(bits, rate) {
  const kilobits = `${localFixed(bits / 1000, 1)} kbit/s`;
  if (!rate) return `${kilobits}; the bit rate is not known`;
  return `${localFixed(100 * bits / rate, 1)} % (${kilobits} of ${
    localFixed(rate / 1000, rate % 1000 ? 1 : 0)})`;
}

/** @param {unknown} value @returns {Record<string, unknown>} */
function groupOf(value) {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/** What isn't 0, or 0. @param {Record<string, unknown>} counts by what they are of */
function listed(counts) {
  return Object.entries(counts).filter(([, value]) => Number(value) > 0)
    .map(([name, value]) => `${count(value)} ${name}`).join(", ") || "0";
}

/** @param {unknown} value */
function count(value) {
  return localCount(Number(value) || 0);
}
