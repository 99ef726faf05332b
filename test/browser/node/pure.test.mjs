// The parts of the library that need no connection, on the cases that Python is tested on, too.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const { VSCP_LIBRARY: library, VSCP_CATALOG: catalogFile, VSCP_VECTORS: vectorsFile } = process.env;
const { Catalog, Format, VscpConnection, VscpEvent, decode, encode, read } = await import(
  `${library}/vscp.js`);
const { Series, ticks, timeTicks } = await import(`${library}/series.js`);
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

test("a series is bounded, in order, and found by time", () => {
  const series = new Series("kitchen", "°C", 8);
  for (let time = 0; time < 100; time += 1) series.add(time, time * 2);
  assert.ok(series.times.length <= 10);
  assert.equal(series.last, 198);
  series.add(5, 1); // late
  series.add(200, NaN);
  assert.equal(series.last, 198);
  assert.equal(series.times[series.placeOf(97)], 97);
  assert.deepEqual(series.between(1000, 2000), [series.times.length - 1, series.times.length]);
});

test("axes have round steps within their ends", () => {
  assert.deepEqual(ticks(0, 10, 5), [0, 2, 4, 6, 8, 10]);
  assert.deepEqual(ticks(-0.25, 0.31, 4), [-0.2, 0, 0.2]);
  assert.deepEqual(ticks(3, 3, 4), [3]);
  assert.deepEqual(timeTicks(500, 61000, 5), [15000, 30000, 45000, 60000]);
});

/** A server that is always there: greets, and accepts whatever it is told. */
class Greeter {
  static all = [];

  constructor() {
    this.readyState = 1;
    this.sent = [];
    Greeter.all.push(this);
    setTimeout(() => this.say({ type: "+", args: ["AUTH0", "00112233445566778899AABBCCDDEEFF"] }));
  }

  say(message) {
    this.onmessage({ data: JSON.stringify(message) });
  }

  send(text) {
    const { command } = JSON.parse(text);
    this.sent.push(command);
    setTimeout(() => this.say({ type: "+", command, args: null }));
  }

  close() {
    this.readyState = 3;
  }
}

/** What a network that went away looks like: after a while nothing comes, not even a close. */
class Silent extends Greeter {
  send(text) {
    super.send(text);
    if (this.sent.at(-1) === "NOOP") this.say = () => {};
  }
}

const lost = (connection) => new Promise((resolve) => {
  connection.addEventListener("state", ({ detail }) => detail.retryIn && resolve(detail.reason));
});

test("of two logins at once the later one counts, on one connection", async () => {
  Greeter.all = [];
  const connection = new VscpConnection({ url: "ws://x/ws2", catalog, WebSocket: Greeter });
  const first = assert.rejects(connection.login("admin", "first"));
  await connection.login("admin", "second");
  await first;
  const open = Greeter.all.filter(({ readyState }) => readyState === 1);
  assert.equal(open.length, 1);
  assert.deepEqual(open[0].sent, ["AUTH", "OPEN"]);
  assert.equal(connection.state, "open");
  connection.logout();
});

test("a login out of the handler of an open connection is one of its own", async () => {
  Greeter.all = [];
  const connection = new VscpConnection({ url: "ws://x/ws2", catalog, WebSocket: Greeter });
  const second = new Promise((resolve) => {
    connection.addEventListener("state", ({ detail }) => {
      if (detail.state === "open" && Greeter.all.length === 1) {
        resolve(connection.login("admin", "second").then(() => connection.state));
      }
    });
  });
  await connection.login("admin", "first");
  assert.equal(await second, "open");
  assert.deepEqual(Greeter.all.map(({ readyState }) => readyState), [3, 1]);
  connection.logout();
});

test("pauses go on growing when a server closes right after opening", async () => {
  const connection = new VscpConnection({ url: "ws://x/ws2", catalog, WebSocket: Greeter,
    random: () => 0 });
  const pauses = [];
  connection.addEventListener("state", ({ detail }) => {
    if (detail.state === "waiting") pauses.push(detail.retryIn);
  });
  const opened = () => new Promise((resolve) => {
    connection.addEventListener("state", ({ detail }) => detail.state === "open" && resolve());
  });
  await connection.login("admin", "secret");
  for (let time = 0; time < 3; time += 1) {
    const again = opened();
    Greeter.all.at(-1).onclose({ code: 1013, reason: "full" });
    if (time < 2) await again;
  }
  assert.deepEqual(pauses, [250, 500, 1000]);
  connection.logout();
});

test("what is no JSON ends the connection and nothing else", async () => {
  const connection = new VscpConnection({ url: "ws://x/ws2", catalog, WebSocket: Greeter });
  await connection.login("admin", "secret");
  const socket = Greeter.all.at(-1);
  socket.onmessage({ data: "<html>" });
  assert.equal(socket.readyState, 3);
  connection.logout();
});

test("a daemon that is silent is asked, and left when it doesn't answer", async () => {
  const connection = new VscpConnection({ url: "ws://x/ws2", catalog, WebSocket: Silent,
    silence: 30, replyTime: 30 });
  await connection.login("admin", "secret");
  assert.equal(await lost(connection), "no answer");
  const socket = Greeter.all.at(-1);
  assert.deepEqual(socket.sent, ["AUTH", "OPEN", "NOOP"]);
  assert.equal(socket.readyState, 3);
  connection.logout();
});

test("a daemon that answers is kept, however silent", async () => {
  const connection = new VscpConnection({ url: "ws://x/ws2", catalog, WebSocket: Greeter,
    silence: 20, replyTime: 5000 });
  await connection.login("admin", "secret");
  const socket = Greeter.all.at(-1);
  await new Promise((resolve) => {
    const send = socket.send.bind(socket);
    socket.send = (text) => {
      send(text);
      if (socket.sent.filter((name) => name === "NOOP").length === 3) resolve();
    };
  });
  assert.equal(connection.state, "open");
  connection.logout();
});

test("a server that takes the connection and never greets is given up", async () => {
  class Mute extends Greeter {
    say() {}
  }
  const connection = new VscpConnection({ url: "ws://x/ws2", catalog, WebSocket: Mute,
    replyTime: 30 });
  await assert.rejects(connection.login("admin", "secret"), /no answer/);
  assert.equal(connection.state, "closed");
});

test("an event's time is as fine as its timestamp, where the two agree", () => {
  const event = (datetime, timestamp) => new VscpEvent({ head: 0, class: 20, type: 9, obid: 0,
    datetime, timestamp, guid: `${"00:".repeat(15)}01` }, catalog);
  const second = Date.parse("2026-01-02T03:04:05Z") * 1000;
  assert.equal(event("2026-01-02T03:04:05Z", (second + 250001) % 2 ** 32).micros, second + 250001);
  assert.equal(event("2026-01-02T03:04:05Z", 0).micros, second);
});
