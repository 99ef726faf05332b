// Logs in over ws2 and lists the events. All that an event holds is put in as text, never as markup.

const ROWS = 200; // events shown
const RETRY = 3000; // ms until a lost connection is tried again

const $ = (id) => document.getElementById(id);
const form = $("login");
let count = 0;
let paused = false;

function bytes(hex) {
  return Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
}

function hex(buffer) {
  return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// AES-128-CBC over "user:password", padded with NUL to whole blocks.
async function credentials(user, password, keyText, sid) {
  const plain = new TextEncoder().encode(`${user}:${password}`);
  const padded = new Uint8Array(Math.ceil(plain.length / 16) * 16);
  padded.set(plain);
  const key = await crypto.subtle.importKey(
    "raw", bytes(keyText.slice(0, 32)), "AES-CBC", false, ["encrypt"]);
  const cipher = await crypto.subtle.encrypt({ name: "AES-CBC", iv: bytes(sid) }, key, padded);
  // WebCrypto adds a block of padding of its own, which the protocol doesn't have.
  return { iv: sid, crypto: hex(cipher.slice(0, padded.length)) };
}

function state(text) {
  $("state").textContent = text;
}

function connect(login) {
  const url = new URL("ws2", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(url);
  const command = (name, args) =>
    socket.send(JSON.stringify({ type: "CMD", command: name, args: args ?? null }));
  let refused = false;
  state("connecting");

  socket.onmessage = async ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === "EVENT") {
      show(message.event);
    } else if (message.type === "+" && message.args && message.args[0] === "AUTH0") {
      command("AUTH", await credentials(login.user, login.password, login.key, message.args[1]));
    } else if (message.type === "+" && message.command === "AUTH") {
      command("OPEN");
    } else if (message.type === "+" && message.command === "OPEN") {
      form.hidden = true;
      document.querySelector("main").hidden = false;
      state(`connected as ${login.user}`);
    } else if (message.type === "-") {
      refused = true;
      state(`${message.command}: ${message.errstr}`);
      socket.close();
    }
  };
  socket.onclose = ({ code, reason }) => {
    if (refused) return;
    state(`connection lost (${code}${reason ? ` ${reason}` : ""})`);
    if (code !== 1008) setTimeout(connect, RETRY * (1 + Math.random()), login);
  };
}

function show(event) {
  count += 1;
  $("count").textContent = count;
  if (paused) return;
  const row = document.createElement("tr");
  const priority = (event.vscpHead >> 5) & 7;
  const data = event.vscpData.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const time = new Date(event.vscpDateTime).toLocaleTimeString();
  for (const text of [time, event.vscpClass, event.vscpType, priority, event.vscpGuid, data]) {
    row.insertCell().textContent = text;
  }
  const events = $("events");
  events.prepend(row);
  if (events.rows.length > ROWS) events.deleteRow(-1);
}

form.addEventListener("submit", (submit) => {
  submit.preventDefault();
  if (!crypto.subtle) {
    state("Browsers encrypt only on https or on localhost: switch TLS on, or open this page there.");
    return;
  }
  connect(Object.fromEntries(new FormData(form)));
});
$("pause").addEventListener("click", () => {
  paused = !paused;
  $("pause").setAttribute("aria-pressed", String(paused));
});
$("clear").addEventListener("click", () => $("events").replaceChildren());

fetch("healthz").then((answer) => answer.json()).then((health) => {
  $("demo").hidden = !health.demo;
}).catch(() => {});
