// What the connection does, against servers that are only as real as they need to be.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const { VSCP_LIBRARY: library, VSCP_CATALOG: catalogFile } = process.env;
const { Catalog, VscpConnection, VscpError } = await import(`${library}/vscp.js`);

const catalog = new Catalog(JSON.parse(readFileSync(catalogFile, "utf8")));
const URL = "ws://127.0.0.1:1/ws2"; // nobody is there; the servers are objects

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
    const { type, command = type } = JSON.parse(text); // an event's reply has its type as a name
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
  const connection = new VscpConnection({ url: URL, catalog, WebSocket: Greeter });
  const first = assert.rejects(connection.login("admin", "first"));
  await connection.login("admin", "second");
  await first;
  const open = Greeter.all.filter(({ readyState }) => readyState === 1);
  assert.equal(open.length, 1);
  assert.deepEqual(open[0].sent, ["AUTH", "OPEN"]);
  assert.equal(connection.status, "open");
  connection.logout();
});

test("a login out of the handler of an open connection is one of its own", async () => {
  Greeter.all = [];
  const connection = new VscpConnection({ url: URL, catalog, WebSocket: Greeter });
  const second = new Promise((resolve) => {
    connection.addEventListener("state", ({ detail }) => {
      if (detail.state === "open" && Greeter.all.length === 1) {
        resolve(connection.login("admin", "second").then(() => connection.status));
      }
    });
  });
  await connection.login("admin", "first");
  assert.equal(await second, "open");
  assert.deepEqual(Greeter.all.map(({ readyState }) => readyState), [3, 1]);
  connection.logout();
});

test("pauses go on growing when a server closes right after opening", async () => {
  const connection = new VscpConnection({ url: URL, catalog, WebSocket: Greeter,
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
  const connection = new VscpConnection({ url: URL, catalog, WebSocket: Greeter });
  await connection.login("admin", "secret");
  const socket = Greeter.all.at(-1);
  socket.onmessage({ data: "<html>" });
  assert.equal(socket.readyState, 3);
  connection.logout();
});

test("a daemon that is silent is asked, and left when it doesn't answer", async () => {
  const connection = new VscpConnection({ url: URL, catalog, WebSocket: Silent,
    silence: 30, replyTime: 30 });
  await connection.login("admin", "secret");
  assert.equal(await lost(connection), "no answer");
  const socket = Greeter.all.at(-1);
  assert.deepEqual(socket.sent, ["AUTH", "OPEN", "NOOP"]);
  assert.equal(socket.readyState, 3);
  connection.logout();
});

test("a daemon that answers is kept, however silent", async () => {
  const connection = new VscpConnection({ url: URL, catalog, WebSocket: Greeter,
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
  assert.equal(connection.status, "open");
  connection.logout();
});

test("a server that takes the connection and never greets is given up", async () => {
  class Mute extends Greeter {
    say() {}
  }
  const connection = new VscpConnection({ url: URL, catalog, WebSocket: Mute,
    replyTime: 30 });
  await assert.rejects(connection.login("admin", "secret"), /no answer/);
  assert.equal(connection.status, "closed");
});

// ---- what was happening when a link ended --------------------------------------------------

/** Does what the connection's plan says, a step a socket; the last step goes on. */
function server(...steps) {
  return class extends Greeter {
    static made = [];

    constructor() {
      super();
      this.step = steps[Math.min(this.constructor.made.length, steps.length - 1)];
      this.constructor.made.push(this);
      if (this.step.refuses) setTimeout(() => this.onclose(this.step.refuses));
    }

    say(message) {
      if (!this.step.refuses) super.say(message);
    }

    send(text) {
      const { type, command: name = type } = JSON.parse(text);
      const { cuts = {}, fails = {} } = this.step;
      if (cuts[name]) setTimeout(() => this.onclose(cuts[name]));
      else if (fails[name]) {
        setTimeout(() => this.say({ type: "-", command: name, args: null, errcode: fails[name],
          errstr: `error ${fails[name]}` }));
      } else super.send(text);
    }
  };
}

const WORKS = {};
const NO_LOGIN = { code: 1008, reason: "no login in time" };
const SLOW = { code: 1008, reason: "too slow" };
const FLOOD = { code: 1008, reason: "too many messages" };
const AWAY = { code: 1001, reason: "" };
const FULL = { code: 1013, reason: "full" };

const connect = (WebSocket) => new VscpConnection({ url: URL, catalog, WebSocket,
  random: () => -1 }); // no pauses
const reached = (connection, wanted) => new Promise((resolve) => {
  connection.addEventListener("state", ({ detail }) => detail.state === wanted && resolve(detail));
});

for (const [what, close] of Object.entries({ NO_LOGIN, AWAY, FULL })) {
  test(`a login that was good comes back after ${what}, whatever it was doing`, async () => {
    const Server = server(WORKS, { cuts: { AUTH: close } }, { refuses: close }, WORKS);
    const connection = connect(Server);
    await connection.login("admin", "secret");
    const again = reached(connection, "open");
    Server.made[0].onclose(close);
    await again;
    assert.equal(Server.made.length, 4);
    connection.logout();
  });
}

test("who was too slow comes back", async () => {
  const Server = server(WORKS);
  const connection = connect(Server);
  await connection.login("admin", "secret");
  const again = reached(connection, "open");
  Server.made[0].onclose(SLOW);
  await again;
  connection.logout();
});

test("a first login that the daemon had no time for is tried again", async () => {
  const Server = server({ cuts: { AUTH: NO_LOGIN } }, { cuts: { AUTH: NO_LOGIN } }, WORKS);
  const connection = connect(Server);
  await connection.login("admin", "secret");
  assert.equal(Server.made.length, 3);
  connection.logout();
});

test("a first login that is never answered ends after some tries", async () => {
  const Server = server({ cuts: { AUTH: NO_LOGIN } });
  const connection = connect(Server);
  await assert.rejects(connection.login("admin", "secret"), /no login in time/);
  assert.equal(Server.made.length, 5);
  assert.equal(connection.status, "closed");
});

test("a refused login is not tried again, neither the first nor a later one", async () => {
  for (const steps of [[{ fails: { AUTH: 5 } }], [WORKS, { fails: { AUTH: 5 } }]]) {
    const Server = server(...steps);
    const connection = connect(Server);
    const done = connection.login("admin", "secret", { patient: true });
    const closed = reached(connection, "closed");
    if (steps.length === 1) {
      await assert.rejects(done, (error) => error instanceof VscpError && error.code === 5);
    } else {
      await done;
      Server.made[0].onclose(AWAY);
    }
    await closed;
    assert.equal(Server.made.length, steps.length);
  }
});

test("a daemon without room or memory for a login is no refusal", async () => {
  for (const code of [3, 4, 10]) {
    const Server = server(WORKS, { fails: { AUTH: code } }, { fails: { OPEN: code } }, WORKS);
    const connection = connect(Server);
    await connection.login("admin", "secret");
    const again = reached(connection, "open");
    Server.made[0].onclose(AWAY);
    await again;
    assert.equal(Server.made.length, 4);
    connection.logout();
  }
});

test("who was refused for flooding and then closed stays away", async () => {
  const Server = server({ fails: { EVENT: 3 } });
  const connection = connect(Server);
  await connection.login("admin", "secret");
  await assert.rejects(connection.send({ class: 20, type: 3 }), { code: 3 });
  const closed = reached(connection, "closed");
  Server.made[0].onclose(FLOOD);
  assert.equal((await closed).reason, FLOOD.reason);
  assert.equal(Server.made.length, 1);
});

test("what is no protocol is not tried again", async () => {
  for (const code of [1002, 1007]) {
    const Server = server(WORKS);
    const connection = connect(Server);
    await connection.login("admin", "secret");
    const closed = reached(connection, "closed");
    Server.made[0].onclose({ code, reason: "" });
    await closed;
    assert.equal(Server.made.length, 1);
  }
});

test("pauses grow over closes for policy, however long a connection held", async (context) => {
  context.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  const pauses = [];
  const Server = server(WORKS);
  const connection = new VscpConnection({ url: URL, catalog, WebSocket: Server,
    random: () => -0.99 });
  connection.addEventListener("state", ({ detail }) => {
    if (detail.retryIn !== null) pauses.push(detail.retryIn);
  });
  await connection.login("admin", "secret");
  for (let time = 0; time < 3; time += 1) {
    const again = reached(connection, "open");
    context.mock.timers.setTime(Date.now() + 60000);
    Server.made.at(-1).onclose(SLOW);
    await again;
  }
  assert.ok(pauses[0] < pauses[1] && pauses[1] < pauses[2], String(pauses));
  connection.logout();
});

test("a patient login waits for a daemon, an impatient one says that there is none", async () => {
  const gone = { code: 1006, reason: "" };
  const Server = server({ refuses: gone }, { refuses: FULL }, { cuts: { AUTH: AWAY } }, WORKS);
  await assert.rejects(connect(Server).login("admin", "secret"), /no connection/);
  Server.made = [];
  const connection = connect(Server);
  await connection.login("admin", "secret", { patient: true });
  assert.equal(Server.made.length, 4);
  connection.logout();
});

test("a patient login ends with a logout", async () => {
  const Server = server({ refuses: FULL });
  const connection = new VscpConnection({ url: URL, catalog, WebSocket: Server });
  const done = connection.login("admin", "secret", { patient: true });
  await reached(connection, "waiting");
  connection.logout();
  await assert.rejects(done, /logged out/);
});

test("without a catalog everything has its number, and the connection holds", async () => {
  const connection = new VscpConnection({ url: URL, WebSocket: Greeter });
  await connection.login("admin", "secret");
  const event = new Promise((resolve) => {
    connection.addEventListener("vscp", ({ detail }) => resolve(detail));
  });
  Greeter.all.at(-1).say({ type: "EVENT", event: { head: 96, class: 20, type: 9,
    datetime: "2026-01-02T03:04:05Z", timestamp: 1, guid: "00:".repeat(15).concat("01"),
    data: [] } });
  assert.equal((await event).text, "Class 20: Type 9");
  await connection.send({ class: 20, type: 9 });
  await assert.rejects(connection.send({ class: "control", type: 5 }), RangeError);
  connection.logout();
});

test("what is JSON but no message ends the connection, and half an event nothing", async () => {
  for (const data of ["null", "7", "[]", "{}", '{"type":"EVENT"}', '{"type":"+","args":5}',
    '{"type":"EVENT","event":{}}']) {
    const connection = new VscpConnection({ url: URL, catalog, WebSocket: Greeter });
    await connection.login("admin", "secret");
    Greeter.all.at(-1).onmessage({ data });
    connection.logout();
  }
});
