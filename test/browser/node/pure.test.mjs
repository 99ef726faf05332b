// The parts of the library that need no connection, on the cases that Python is tested on, too.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const { VSCP_LIBRARY: library, VSCP_CATALOG: catalogFile, VSCP_VECTORS: vectorsFile } = process.env;
const { Catalog, Format, VscpEvent, decode, encode, read } = await import(
  `${library}/vscp.js`);
const { Series } = await import(`${library}/series.js`);
const { ticks, timeTicks } = await import(`${library}/ticks.js`);
const { encryptCbc } = await import(`${library}/aes.js`);
const { DaemonClock, LATE } = await import(`${library}/clock.js`);
const { encryptLogin } = await import(`${library}/credentials.js`);

const catalog = new Catalog(JSON.parse(readFileSync(catalogFile, "utf8")));
const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));

test("readings are those of the Python side", () => {
  const cases = JSON.parse(readFileSync(vectorsFile, "utf8"));
  assert.ok(cases.length > 50);
  for (const { note, data, fields = {}, class: eventClass, type, ...expected } of cases) {
    const reading = read({ class: eventClass, type, data: bytes(data) }, catalog);
    const { value, unit, index, zone, subzone } = reading;
    assert.deepEqual({ value, unit, index, zone, subzone }, { value: expected.value,
      unit: expected.unit, index: expected.index, zone: expected.zone,
      subzone: expected.subzone }, note);
    assert.deepEqual(reading.fields, fields, note);
  }
});

test("any data has a reading", () => {
  let seed = 7;
  const random = (limit) => {
    seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF;
    return (seed >> 8) % limit;
  };
  for (let turn = 0; turn < 20000; turn += 1) {
    const data = Uint8Array.from({ length: random(30) }, () => random(256));
    const reading = read({ class: random(1100), type: random(256), data }, catalog);
    assert.ok(reading.className && reading.typeName);
    assert.ok(reading.value === null || typeof reading.value === "string"
      || Number.isFinite(reading.value));
  }
});

test("what is encoded is decoded to the same", () => {
  const numbers = [0, 1, -1, 26.3, -40.25, 127, 128, -128, -129, 1e-6, 65535, 1234.5];
  for (const value of numbers) {
    for (const format of [Format.NORMALIZED, Format.DOUBLE, Format.TEXT]) {
      const data = encode("coded", { value, unit: 2, index: 5 }, format, 16);
      assert.deepEqual(decode("coded", Uint8Array.from(data)),
        { value, unit: 2, index: 5, zone: null, subzone: null });
    }
    for (const shape of ["double", "float", "text"]) {
      const data = encode(shape, { value, unit: 1, index: 3, zone: 4, subzone: 5 });
      assert.equal(decode(shape, Uint8Array.from(data)).value, value);
    }
    const placed = encode("zone-coded", { value: Math.round(value), index: 1, zone: 2, subzone: 3 },
      Format.INTEGER);
    assert.deepEqual(decode("zone-coded", Uint8Array.from(placed)),
      { value: Math.round(value), unit: 0, index: 1, zone: 2, subzone: 3 });
  }
  assert.deepEqual(encode("coded", { value: 26.3 }), [0x80, 0x81, 0x01, 0x07]);
});

test("what can't be said is refused with a reason", () => {
  for (const [shape, measured, format] of [
    ["coded", { value: "warm" }, Format.NORMALIZED], ["coded", { value: 1, index: 8 }],
    ["coded", { value: 1, unit: 4 }], ["coded", { value: 1.5 }, Format.INTEGER],
    ["coded", { value: -1 }, Format.BYTES], ["coded", { value: "12345678" }, Format.TEXT],
    ["coded", { value: 1 }, Format.DOUBLE], ["single", { value: 1e39 }], ["float", { value: NaN }],
    ["text", { value: "\u00e9" }], ["zone-coded", { value: 1, zone: 256 }], ["round", { value: 1 }],
  ]) {
    assert.throws(() => encode(shape, measured, format), RangeError, JSON.stringify(measured));
  }
});

test("a class and a type are found by number, token, short token and name", () => {
  for (const name of [10, "10", "0x0A", "CLASS1.MEASUREMENT", "measurement", " Measurement "]) {
    assert.equal(catalog.findClass(name)?.token, "CLASS1.MEASUREMENT", name);
  }
  for (const name of [9, "VSCP_TYPE_INFORMATION_NODE_HEARTBEAT", "node_heartbeat",
    "Node Heartbeat", "node-heartbeat", "nodeheartbeat"]) {
    assert.equal(catalog.findType("information", name)?.number, 9, name);
  }
  assert.equal(catalog.findClass(10 + 512)?.number, 10);
  assert.equal(catalog.findType(1060, 256 + 5)?.token, catalog.findType(11, 5)?.token);
  assert.equal(catalog.findClass("nonsense"), undefined);
  assert.throws(() => catalog.classNumber("nonsense"), /no class is called "nonsense"/);
  assert.throws(() => catalog.typeNumber("control", "nonsense"), /Control.*"nonsense"/);
});

test("an event has the same contents with long and with short names", () => {
  const long = { vscpHead: 96, vscpObId: 1, vscpDateTime: "2026-01-02T03:04:05Z",
    vscpTimeStamp: 5, vscpClass: 20, vscpType: 3, vscpData: [1, 2, 3],
    vscpGuid: "FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:0B" };
  const short = Object.fromEntries(Object.entries(long).map(([name, value]) => [
    name.slice(4).toLowerCase(), value]));
  for (const content of [long, short]) {
    const event = new VscpEvent(content, catalog);
    assert.equal(event.priority, 3);
    assert.equal(event.nickname, 11);
    assert.equal(event.date.getTime(), Date.UTC(2026, 0, 2, 3, 4, 5));
    assert.equal(event.text, "Information: On, index 1, zone 2, subzone 3");
    assert.equal(event.hex, "01 02 03");
  }
});

test("a login is AES-128-CBC with NULs, without WebCrypto's own padding", async () => {
  const crypto = await encryptLogin("admin", "secret", "2DBB079A38985AF00EBEEFE22F9FFA0E",
    "00112233445566778899AABBCCDDEEFF");
  assert.match(crypto, /^[0-9A-F]{32}$/);
  await assert.rejects(encryptLogin("admin", "secret", "short", "00".repeat(16)), /32 hex digits/);
});

// NIST SP 800-38A, F.2.1: CBC-AES128.Encrypt
const NIST_KEY = "2b7e151628aed2a6abf7158809cf4f3c";
const NIST_IV = "000102030405060708090a0b0c0d0e0f";
const NIST = [
  ["6bc1bee22e409f96e93d7e117393172a", "7649abac8119b246cee98e9b12e9197d"],
  ["ae2d8a571e03ac9c9eb76fac45af8e51", "5086cb9b507219ee95db113a917678b2"],
  ["30c81c46a35ce411e5fbc1191a0a52ef", "73bed6b8e3c1743b7116e69e22229516"],
  ["f69f2445df4f9b17ad2b417be66c3710", "3ff1caa1681fac09120eca307586e1a7"],
];

test("AES-128 in CBC mode is that of the standard", () => {
  const [plain, cipher] = [0, 1].map((column) => NIST.map((row) => row[column]).join(""));
  assert.deepEqual(encryptCbc(bytes(NIST_KEY), bytes(NIST_IV), bytes(plain)), bytes(cipher));
  // FIPS 197, appendix C.1: one block, without a chain
  assert.deepEqual(encryptCbc(bytes(NIST_IV), bytes("00".repeat(16)),
    bytes("00112233445566778899aabbccddeeff")), bytes("69c4e0d86a7b0430d8cdb78070b4c55a"));
  assert.equal(encryptCbc(bytes(NIST_KEY), bytes(NIST_IV), bytes("")).length, 0);
});

test("AES-128 refuses what has another size", () => {
  for (const sizes of [[15, 16, 16], [16, 17, 16], [16, 16, 15], [24, 16, 16], [0, 0, 0]]) {
    const [key, iv, plain] = sizes.map((size) => new Uint8Array(size));
    assert.throws(() => encryptCbc(key, iv, plain), RangeError);
  }
});

test("AES-128 is WebCrypto's", async () => {
  for (let turn = 0; turn < 200; turn += 1) {
    const random = (size) => globalThis.crypto.getRandomValues(new Uint8Array(size));
    const [key, iv, plain] = [random(16), random(16), random(16 * (turn % 9))];
    const imported = await globalThis.crypto.subtle.importKey("raw", key, "AES-CBC", false,
      ["encrypt"]);
    const cipher = await globalThis.crypto.subtle.encrypt({ name: "AES-CBC", iv }, imported, plain);
    assert.deepEqual(encryptCbc(key, iv, plain), new Uint8Array(cipher, 0, plain.length));
  }
});

test("a login is the same where WebCrypto is withheld", async () => {
  const login = () => encryptLogin("admin", "pässword of over sixteen bytes", NIST_KEY, NIST_IV);
  const expected = await login();
  const withheld = Object.getOwnPropertyDescriptor(globalThis, "crypto");
  Object.defineProperty(globalThis, "crypto", { value: {}, configurable: true });
  try {
    assert.equal(await login(), expected);
  } finally {
    Object.defineProperty(globalThis, "crypto", withheld);
  }
});

test("a series is bounded, in order, and found by time", () => {
  const series = new Series("kitchen", "°C", 8);
  for (let time = 0; time < 100; time += 1) series.add(time, time * 2);
  assert.ok(series.times.length <= 10);
  assert.equal(series.last, 198);
  series.add(200, NaN);
  series.add(NaN, 1);
  series.add(Infinity, 1);
  assert.equal(series.last, 198);
  assert.equal(series.times[series.placeOf(97)], 97);
  assert.deepEqual(series.between(1000, 2000), [series.times.length - 1, series.times.length]);
});

test("a late value stands where it belongs, in any order of coming", () => {
  const series = new Series("kitchen");
  for (const time of [5, 1, 9, 7, 7, 3]) series.add(time, time * 10);
  assert.deepEqual(series.times, [1, 3, 5, 7, 7, 9]);
  assert.deepEqual(series.values, [10, 30, 50, 70, 70, 90]);
  series.shift(-100);
  assert.deepEqual(series.times, [-99, -97, -95, -93, -93, -91]);
});

test("axes have round steps within their ends", () => {
  assert.deepEqual(ticks(0, 10, 5), [0, 2, 4, 6, 8, 10]);
  assert.deepEqual(ticks(-0.25, 0.31, 4), [-0.2, 0, 0.2]);
  assert.deepEqual(ticks(3, 3, 4), [3]);
  assert.deepEqual(timeTicks(500, 61000, 5), [15000, 30000, 45000, 60000]);
});

test("an event's time is as fine as its timestamp, where the two agree", () => {
  const event = (datetime, timestamp) => new VscpEvent({ head: 0, class: 20, type: 9, obid: 0,
    datetime, timestamp, guid: `${"00:".repeat(15)}01` }, catalog);
  const second = Date.parse("2026-01-02T03:04:05Z") * 1000;
  assert.equal(event("2026-01-02T03:04:05Z", (second + 250001) % 2 ** 32).micros, second + 250001);
  assert.equal(event("2026-01-02T03:04:05Z", 0).micros, second);
});

const HOUR = 3600000;
const NOON = Date.parse("2026-01-02T12:00:00Z");
const at = (ms) => new Date(ms).toUTCString();

/** The clock of a daemon, on a side whose clock says `time`. */
function clockAt(time) {
  const side = { time };
  return [new DaemonClock(() => side.time), side];
}

test("the daemon's clock is measured by the Date of an answer", () => {
  for (const off of [-HOUR, HOUR, 10 * 365 * 24 * HOUR]) {
    const [clock, side] = clockAt(NOON);
    side.time += 40; // the answer took so long
    clock.set(at(NOON + off), NOON);
    assert.ok(Math.abs(clock.now() - side.time - off) < 1000, String(off));
  }
});

test("a Date to the second moves no clock that agrees with it", () => {
  const [clock, side] = clockAt(NOON + 700);
  clock.set(at(NOON), side.time);
  assert.equal(clock.offset, 0);
  for (const date of [null, "", "noon", "Thu, 99 Foo 2026"]) clock.set(date, side.time);
  assert.equal(clock.offset, 0);
});

const dated = (ms, clock) => new VscpEvent({ head: 0, class: 10, type: 6, obid: 0,
  datetime: new Date(ms).toISOString(), timestamp: 0, guid: "00:".repeat(15).concat("01") },
catalog, clock);

test("an event is of its time if it can be, and else of when it came", () => {
  const [clock, side] = clockAt(NOON + HOUR);
  clock.set(at(NOON), side.time);
  const now = clock.now();
  const second = Math.floor(now / 1000) * 1000;
  assert.equal(dated(second - 60000, clock).moment, second - 60000);
  assert.equal(dated(second - LATE + 1000, clock).moment, second - LATE + 1000);
  for (const wild of [Date.parse("2036-02-07T06:28:16Z"), 0, now + HOUR, now - HOUR,
    now - LATE - 1000, Date.parse("0001-01-01T00:00:00Z")]) {
    assert.equal(dated(wild, clock).moment, now, String(wild));
  }
});

test("an event without a usable date is of when it came", () => {
  const [clock] = clockAt(NOON);
  for (const datetime of ["yesterday", undefined, "2026-13-77T99:99:99Z"]) {
    const event = new VscpEvent({ class: 10, type: 6, datetime }, catalog, clock);
    assert.equal(event.moment, NOON);
    assert.ok(event.date.toISOString());
  }
});

test("when the clock is set, an event stays as long ago as it was", () => {
  const [clock, side] = clockAt(NOON);
  const event = dated(NOON - 20000, clock);
  side.time += 10000;
  clock.set(at(NOON - 5 * HOUR), side.time);
  assert.equal(Math.round((clock.now() - event.moment) / 1000), 30);
});

test("wild times are a reason to ask for the time, but not each time", () => {
  const [clock, side] = clockAt(NOON);
  clock.set(at(NOON), NOON);
  side.time += 1000;
  assert.equal(clock.lateness(NOON + HOUR), 0);
  assert.equal(clock.isDoubted, false); // just asked
  side.time += 60000;
  assert.equal(clock.isDoubted, true);
  clock.set(null, side.time);
  assert.equal(clock.isDoubted, false);
});
