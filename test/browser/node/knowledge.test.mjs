// What the daemon has kept, asked for over a connection: state, history and names.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const { VSCP_LIBRARY: library, VSCP_CATALOG: catalogFile } = process.env;
const { Catalog, VscpConnection, VscpEvent } = await import(`${library}/vscp.js`);
const { Names } = await import(`${library}/names.js`);

const catalog = new Catalog(JSON.parse(readFileSync(catalogFile, "utf8")));
const URL = "ws://127.0.0.1:1/ws2"; // nobody is there; the servers are objects
const BETWEEN = 50; // ms
const GUID = `${"00:".repeat(15)}03`;
const content = (vscpClass, type, data, guid = GUID) => ({ vscpHead: 96, vscpObId: 1,
  vscpDateTime: "2026-01-02T03:04:05Z", vscpTimeStamp: 0, vscpClass, vscpType: type,
  vscpGuid: guid, vscpData: data, vscpNote: "" });
const TEMPERATURE = content(10, 6, [0x88, 0x81, 0, 0xD6]);

/** A server that remembers; `answers` says what, by command. */
class Memory {
  static answers = {};
  static all = [];

  constructor() {
    this.readyState = 1;
    this.sent = [];
    Memory.all.push(this);
    setTimeout(() => this.say({ type: "+", args: ["AUTH0", "00112233445566778899AABBCCDDEEFF"] }));
  }

  say(message) {
    this.onmessage({ data: JSON.stringify(message) });
  }

  send(text) {
    const { type, command = type, args } = JSON.parse(text);
    this.sent.push([command, args]);
    const answer = Memory.answers[command];
    setTimeout(() => (answer ? answer(args) : [{ type: "+", command, args: null }])
      .forEach((message) => this.say(message)));
  }

  close() {
    this.readyState = 3;
  }

  get commands() {
    return this.sent.map(([command]) => command);
  }
}

const refusal = (command, errcode) => () => [{ type: "-", command, errcode, errstr: "no" }];
const stateOf = (...told) => () => [
  { type: "+", command: "STATE", args: { count: told.length, time: "2026-01-02T03:04:05Z" } },
  ...told.map(([age, event, restored = false]) => ({ type: "STATE", age, restored, event }))];

async function logIn(answers, asksForKnown = true) {
  Memory.answers = answers;
  Memory.all = [];
  const connection = new VscpConnection({ url: URL, catalog, WebSocket: Memory,
    between: BETWEEN });
  connection.asksForKnown = asksForKnown;
  const known = [];
  const news = [];
  connection.on("known", (event) => known.push(event));
  connection.on("vscp", (event) => news.push(event));
  await connection.login("admin", "secret");
  return { connection, known, news, socket: Memory.all.at(-1) };
}

test("names and state come before the first event", async () => {
  const { connection, known, news, socket } = await logIn({
    NAMES: () => [{ type: "+", command: "NAMES",
      args: { nodes: [{ guid: GUID, name: "Living room" }], zones: [] } }],
    STATE: stateOf([12.4, TEMPERATURE], [7200, content(20, 3, [0, 2, 1]), true]),
    OPEN: () => [{ type: "+", command: "OPEN", args: null }, { type: "EVENT", event: TEMPERATURE }],
  });
  assert.deepEqual(socket.commands, ["AUTH", "NAMES", "STATE", "OPEN"]);
  assert.deepEqual(known.map(({ isState, isRestored }) => [isState, isRestored]),
    [[true, false], [true, true]]);
  assert.ok(Math.abs(known[0].age - 12400) < 1000 && Math.abs(known[1].age - 7200000) < 1000);
  assert.ok(Math.abs(connection.clock.now() - known[1].moment - 7200000) < 1000);
  assert.equal(news.length, 1);
  assert.equal(news[0].isState, false);
  assert.equal(connection.nodeNames.node(news[0]), "Living room");
  connection.logout();
});

test("a script that doesn't ask is not told", async () => {
  const { connection, socket } = await logIn({}, false);
  assert.deepEqual(socket.commands, ["AUTH", "OPEN"]);
  connection.logout();
});

for (const code of [2, 3, 5, 7]) {
  test(`a daemon that answers error ${code} is served as before`, async () => {
    const { connection, known } = await logIn({ NAMES: refusal("NAMES", code),
      STATE: refusal("STATE", code), HISTORY: refusal("HISTORY", code) });
    assert.equal(connection.status, "open");
    assert.deepEqual(known, []);
    if (code === 2) {
      assert.deepEqual(await connection.state(), []);
      assert.deepEqual(await connection.names(), {});
      const history = await connection.history({ guid: GUID, class: 10, type: 6 });
      assert.deepEqual([history.min, history.mean, history.max], [[], [], []]);
    }
    connection.logout();
  });
}

test("state is narrowed by names, too", async () => {
  const { connection, socket } = await logIn({ STATE: stateOf([1, TEMPERATURE]) }, false);
  const [event] = await connection.state({ class: "measurement", type: "temperature", guid: GUID,
    maxAge: 60 });
  assert.equal(event.reading.value, 21.4);
  assert.deepEqual(socket.sent.at(-1), ["STATE", { class: 10, type: 6, guid: GUID, max_age: 60 }]);
  await assert.rejects(connection.state({ class: "mesurement" }), /did you mean "Measurement"/);
  connection.logout();
});

test("two questions at once keep their distance, and get their own answers", async () => {
  const times = [];
  const { connection } = await logIn({ STATE: (args) => {
    times.push(Date.now());
    return stateOf(...(args.class ? [[1, TEMPERATURE]] : [[1, TEMPERATURE], [2, TEMPERATURE]]))();
  } }, false);
  const answers = await Promise.all([connection.state(), connection.state({ class: 10 })]);
  assert.deepEqual(answers.map((events) => events.length), [2, 1]);
  assert.ok(times[1] - times[0] >= BETWEEN - 5);
  connection.logout();
});

test("what came too fast is asked for again", async () => {
  let times = 0;
  const { connection } = await logIn({ HISTORY: (args) => {
    times += 1;
    return times === 1 ? refusal("HISTORY", 3)() : [{ type: "+", command: "HISTORY", args: {
      from: "2026-01-02T03:04:00Z", step: args.step, unit: "°C", min: [20, null], mean: [21, null],
      max: [22, null] } }];
  } }, false);
  const history = await connection.history({ guid: GUID, class: 522, type: 6, index: 0,
    zone: null });
  assert.equal(times, 2);
  assert.deepEqual(history, { from: Date.parse("2026-01-02T03:04:00Z"), step: 60, unit: "°C",
    min: [20, null], mean: [21, null], max: [22, null] });
  assert.deepEqual(Memory.all.at(-1).sent.at(-1), ["HISTORY",
    { guid: GUID, class: 10, type: 6, hours: 24, step: 60, index: 0 }]);
  await connection.history({ guid: GUID, class: 10, type: 6, index: 0 });
  assert.equal(times, 2); // just asked
  connection.logout();
});

// A history's mean is its sensor's index: whose answer it is can be seen.
const past = ({ index, step }) => ({ from: "2026-01-02T03:04:00Z", step, unit: "°C", min: [0],
  mean: [index], max: [99] });
const historyOf = (args) => [{ type: "+", command: "HISTORY",
  args: args.sensors ? { sensors: args.sensors.map(past) } : past(args) }];
const askAll = (connection, count) => Promise.allSettled(Array.from({ length: count },
  (_, index) => connection.history({ guid: GUID, class: 10, type: 6, index })));
const asked = (socket) => socket.sent.filter(([command]) => command === "HISTORY")
  .map(([, args]) => args.sensors?.length ?? 1);

for (const [count, questions] of [
  [1, [1]], [3, [3]], [16, [16]], [17, [16, 1]], [40, [16, 16, 8]]]) {
  test(`what ${count} plots ask for at once is ${questions.length} questions`, async () => {
    const { connection, socket } = await logIn({ HISTORY: historyOf }, false);
    const answers = await askAll(connection, count);
    assert.deepEqual(answers.map(({ value }) => value.mean[0]), answers.map((_, index) => index));
    assert.deepEqual(asked(socket), questions);
    connection.logout();
  });
}

test("a daemon that tells the past of one sensor at a time is asked so", async () => {
  const { connection, socket } = await logIn({ HISTORY: (args) => (
    args.sensors ? refusal("HISTORY", 1)() : historyOf(args)) }, false);
  const answers = await askAll(connection, 3);
  assert.deepEqual(answers.map(({ value }) => value.mean[0]), [0, 1, 2]);
  assert.deepEqual(asked(socket), [3, 1, 1, 1]);
  connection.logout();
});

test("a wrong question costs no other its answer", async () => {
  const isWrong = ({ index }) => index === 1;
  const { connection } = await logIn({ HISTORY: (args) => (
    (args.sensors ?? [args]).some(isWrong) ? refusal("HISTORY", 1)() : historyOf(args)) }, false);
  const answers = await askAll(connection, 3);
  assert.deepEqual(answers.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  connection.logout();
});

test("what is asked together and came too fast is asked together again", async () => {
  let times = 0;
  const { connection, socket } = await logIn({ HISTORY: (args) => {
    times += 1;
    return times === 1 ? refusal("HISTORY", 3)() : historyOf(args);
  } }, false);
  await askAll(connection, 3);
  assert.deepEqual(asked(socket), [3, 3]);
  connection.logout();
});

test("more questions than can wait are refused, and the others answered", async () => {
  const { connection } = await logIn({ HISTORY: historyOf }, false);
  const answers = await askAll(connection, 70);
  assert.equal(answers.filter(({ status }) => status === "fulfilled").length, 64);
  connection.logout();
});

test("a long past has longer steps", async () => {
  const { connection, socket } = await logIn({}, false);
  await connection.history({ guid: GUID, class: 10, type: 6 }, { hours: 24 * 7 });
  assert.equal(socket.sent.at(-1)[1].step, 420);
  connection.logout();
});

test("a link that goes in the middle of a state ends the waiting", async () => {
  const { connection } = await logIn({ STATE: () => [
    { type: "+", command: "STATE", args: { count: 5 } },
    { type: "STATE", age: 1, restored: false, event: TEMPERATURE }] }, false);
  const waiting = connection.state();
  await new Promise((resolve) => { setTimeout(resolve, 20); });
  connection.logout();
  assert.equal((await waiting).length, 1);
  await assert.rejects(connection.state(), /not connected/);
});

test("ages are never negative, whatever is told", async () => {
  const { connection } = await logIn({ STATE: stateOf([-5, TEMPERATURE], ["soon", TEMPERATURE],
    [1e9, TEMPERATURE]) }, false);
  const ages = (await connection.state()).map(({ age }) => age);
  assert.ok(ages.every((age) => age >= 0));
  connection.logout();
});

const event = (vscpClass, type, data, guid = GUID, obid = 1) => new VscpEvent({
  ...content(vscpClass, type, data, guid), vscpObId: obid }, catalog);

test("a node has its name by GUID or by interface and nickname, a sensor the narrowest", () => {
  const names = new Names({
    nodes: [{ guid: GUID.toLowerCase(), name: "Living room", area: "Ground floor", sensors: [
      { class: 10, type: 6, name: "Air" }, { class: 10, type: 6, index: 1, name: "Floor" }] },
    { interface: "can1", nickname: 4, name: "Hall" }],
    zones: [{ zone: 2, subzone: 1, name: "Ceiling lamp" }, { zone: 2, name: "Upstairs" }],
  }, ["can0", "can1"]);
  assert.equal(names.node(event(10, 6, [0x88, 1])), "Living room");
  assert.equal(names.area(event(10, 6, [0x88, 1])), "Ground floor");
  assert.equal(names.sensor(event(10, 6, [0x88, 1])), "Air");
  assert.equal(names.sensor(event(522, 6, [...Array(16).fill(0), 0x89, 1])), "Floor");
  assert.equal(names.sensor(event(10, 7, [0x88, 1])), "");
  const hall = `${"00:".repeat(15)}04`;
  assert.equal(names.node(event(20, 3, [], hall, 2)), "Hall");
  assert.equal(names.node(event(20, 3, [], hall, 1)), "");
  assert.equal(names.bus(event(20, 3, [], hall, 2)), "can1");
  assert.equal(names.bus(event(20, 3, [], hall, 9)), "");
  assert.deepEqual([names.zone(2, 1), names.zone(2, 9), names.zone(3, 1), names.zone(null)],
    ["Ceiling lamp", "Upstairs", "", ""]);
  assert.ok(names.matcher("living room")(event(20, 3, [])));
  assert.ok(!names.matcher("Floor")(event(10, 6, [0x88, 1])));
  assert.throws(() => names.matcher("Livng room"), /did you mean "Living room"/);
  assert.throws(() => new Names().matcher("Hall"), /the daemon has no names/);
});

test("names that are no names harm nobody", () => {
  for (const table of [{}, { nodes: null }, { nodes: "x", zones: 7 }, { nodes: [null, 5, {}] },
    { nodes: [{ guid: GUID, name: "x", sensors: "none" }] }]) {
    const names = new Names(table);
    assert.equal(typeof names.node(event(10, 6, [0x88, 1])), "string");
    assert.equal(names.sensor(event(10, 6, [0x88, 1])), "");
  }
});

test("sensors are named by the catalog's words, too, as the file may have them", () => {
  const table = { nodes: [{ guid: GUID, name: "Living room", sensors: [
    { class: "measurement", type: "temperature", index: 1, name: "Floor" },
    { class: "Measurement", type: 6, name: "Air" },
    { class: "no such class", type: 6, name: "wrong" }] }] };
  const names = new Names(table, [], catalog);
  assert.equal(names.sensor(event(10, 6, [0x88, 1])), "Air");
  assert.equal(names.sensor(event(10, 6, [0x89, 1])), "Floor");
  assert.equal(names.sensor(event(10, 7, [0x88, 1])), "");
  assert.equal(new Names(table).sensor(event(10, 6, [0x88, 1])), ""); // numbers alone, without it
});

test("the daemon's reason for a refusal is what is said of it", async () => {
  const { connection } = await logIn({ SETNAMES: () => [{ type: "-", command: "SETNAMES",
    errcode: 1, errstr: "Syntax error.", reason: "nodes[0]: name is empty" }] });
  await assert.rejects(connection.command("SETNAMES", { nodes: [] }),
    { code: 1, message: "nodes[0]: name is empty" });
  connection.logout();
});
