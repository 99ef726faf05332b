// What a link brings, what is remembered of a login, and what somebody may do.

import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";

const LIBRARY = process.env.VSCP_LIBRARY;
const { read } = await import(`${LIBRARY}/invitation.js`);
const { Permissions } = await import(`${LIBRARY}/permissions.js`);
const { Remembered } = await import(`${LIBRARY}/remembered.js`);

const KEY = "00112233445566778899AABBCCDDEEFF";
const TOKEN = "01234567.abc-_DEF";

/** As browsers have it. */
class Storage {
  constructor() {
    this.kept = new Map();
  }

  getItem(name) {
    return this.kept.get(name) ?? null;
  }

  setItem(name, text) {
    this.kept.set(name, text);
  }

  removeItem(name) {
    this.kept.delete(name);
  }
}

describe("a link", () => {
  for (const [fragment, key, user, token] of [
    [`key=${KEY}`, KEY, "", ""],
    [`key=${KEY.toLowerCase()}`, KEY.toLowerCase(), "", ""],
    [`kiosk=panel:${TOKEN}&key=${KEY}`, KEY, "panel", TOKEN],
    [`kiosk=Frau%20M%C3%BCller:${TOKEN}`, "", "Frau Müller", TOKEN],
    [`kiosk=a+b:${TOKEN}`, "", "a+b", TOKEN],
    ["key=123", "", "", ""],
    [`key=${KEY}x`, "", "", ""],
    ["kiosk=panel", "", "", ""],
    ["kiosk=panel:secret", "", "", ""],
    ["kiosk=%FF", "", "", ""],
  ]) {
    it(`brings what is right in #${fragment}`, () => {
      assert.deepEqual(read(fragment), { key, user, token });
    });
  }

  for (const fragment of ["", "app", "keys=1", "a&b=c", "%"]) {
    it(`with #${fragment} brings nothing`, () => assert.equal(read(fragment), null));
  }
});

describe("what is remembered", () => {
  const given = { user: "anna", password: "secret", key: KEY };
  let gone;

  beforeEach(() => {
    globalThis.localStorage = new Storage();
    globalThis.sessionStorage = new Storage();
    globalThis.history = { state: null, replaceState: (_, __, url) => { gone = url; } };
    globalThis.location = { hash: "", pathname: "/panel.html", search: "?a=1" };
    gone = undefined;
  });

  it("is nothing at first", () => {
    assert.deepEqual(new Remembered().login, { user: "", password: "", key: "", isKiosk: false,
      isWished: false, isKeyProven: false });
    assert.equal(gone, undefined);
  });

  it("of a login is the user and the key on the device, the password in the tab", () => {
    new Remembered().succeeded(given, { isWished: false, isKiosk: false });
    assert.ok(![...localStorage.kept.values()].join().includes("secret"));
    const { login } = new Remembered();
    assert.deepEqual([login.user, login.password, login.key], ["anna", "secret", KEY]);
    assert.ok(login.isKeyProven && !login.isWished);
    globalThis.sessionStorage = new Storage(); // another tab
    const other = new Remembered().login;
    assert.deepEqual([other.user, other.password, other.key], ["anna", "", KEY]);
  });

  it("is the password, too, if that is wished, until somebody logs out", () => {
    new Remembered().succeeded(given, { isWished: true, isKiosk: false });
    globalThis.sessionStorage = new Storage();
    assert.equal(new Remembered().login.password, "secret");
    new Remembered().forget();
    const { login } = new Remembered();
    assert.deepEqual([login.user, login.password, login.key], ["anna", "", KEY]);
    assert.ok(![...localStorage.kept.values()].join().includes("secret"));
  });

  it("of another daemon is something else", () => {
    new Remembered("wss://elsewhere/ws2").succeeded(given, { isWished: true, isKiosk: false });
    assert.equal(new Remembered().login.password, "");
    assert.equal(new Remembered("wss://elsewhere/ws2").login.password, "secret");
  });

  it("is the key of a link, which leaves the address bar", () => {
    globalThis.location.hash = `#key=${KEY}`;
    assert.equal(new Remembered().login.key, KEY);
    assert.equal(gone, "/panel.html?a=1");
    globalThis.location.hash = "";
    assert.equal(new Remembered().login.key, KEY);
    assert.equal(new Remembered().login.isKeyProven, false);
  });

  it("keeps a login when a link brings a key, and what is known of the same key", () => {
    new Remembered().succeeded(given, { isWished: true, isKiosk: false });
    globalThis.location.hash = `#key=${KEY}`;
    assert.ok(new Remembered().login.isKeyProven);
    globalThis.location.hash = `#key=${"0".repeat(32)}`;
    const { login } = new Remembered();
    assert.deepEqual([login.password, login.key, login.isKeyProven],
      ["secret", "0".repeat(32), false]);
  });

  it("is a kiosk's login in place of any other, until it logs out", () => {
    new Remembered().succeeded(given, { isWished: false, isKiosk: false });
    globalThis.location.hash = `#kiosk=panel:${TOKEN}&key=${KEY}`;
    const { login } = new Remembered();
    assert.deepEqual([login.user, login.password, login.isKiosk], ["panel", TOKEN, true]);
    new Remembered().forget();
    globalThis.location.hash = "";
    const after = new Remembered().login;
    assert.deepEqual([after.user, after.password, after.isKiosk], ["", "", false]);
  });

  it("is nothing where the browser forbids it", () => {
    for (const name of ["localStorage", "sessionStorage"]) {
      Object.defineProperty(globalThis, name, { configurable: true, writable: true, value: {
        getItem() { throw new Error("no"); }, setItem() { throw new Error("no"); },
      } });
    }
    const remembered = new Remembered();
    remembered.succeeded(given, { isWished: true, isKiosk: false });
    assert.equal(remembered.login.password, "");
    remembered.forget();
  });

  for (const text of ["null", "3", "\"x\"", "[]", "{", "{\"password\": 3}"]) {
    it(`survives ${text} in its place`, () => {
      localStorage.setItem("vscpwsd.login", text);
      assert.equal(typeof new Remembered().login.password, "string");
    });
  }
});

describe("permissions", () => {
  it("are all until somebody tells", () => {
    const all = new Permissions();
    assert.ok(all.maySend && all.may("interface") && all.maySendOf(1024, 1));
  });

  it("are none without the right to send", () => {
    const viewer = new Permissions({ rights: ["websockets", "receive-events"], sends: null });
    assert.ok(!viewer.maySend && !viewer.maySendOf(30, 5) && !viewer.may("set-filter"));
  });

  it("are by class and type where the user's events say so", () => {
    const panel = new Permissions({ rights: ["send-events"], sends: ["30:*", "85:6", "*:9"] });
    for (const [vscpClass, type, may] of [[30, 5, true], [30, null, true], [85, 6, true],
      [85, 7, false], [85, null, true], [20, 9, true], [20, 3, false], [20, null, true]]) {
      assert.equal(panel.maySendOf(vscpClass, type), may, `${vscpClass}:${type}`);
    }
    assert.equal(new Permissions({ rights: ["send-events"], sends: [] }).maySend, false);
  });

  it("of some classes need another right", () => {
    const user = new Permissions({ rights: ["send-events", "l1ctrl-events"], sends: null });
    for (const [vscpClass, may] of [[0, true], [512, true], [1024, false], [1028, false],
      [30, true]]) assert.equal(user.maySendOf(vscpClass, 1), may, String(vscpClass));
  });
});
