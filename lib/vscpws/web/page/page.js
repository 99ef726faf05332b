// The monitor page: who tells whom what. Each part is a module in monitor/.

import "./vscp/elements.js";
import { LoginForm } from "./vscp/login-form.js";
import { Catalog, VscpConnection, loadCatalog } from "./vscp/vscp.js";
import { Details } from "./monitor/details.js";
import { AlarmList } from "./monitor/alarms.js";
import { BusSheet } from "./monitor/bus-sheet.js";
import { useBuses } from "./monitor/buses.js";
import { byId, setText } from "./monitor/dom.js";
import { EventList } from "./monitor/events.js";
import { save } from "./monitor/export.js";
import { Filters } from "./monitor/filters.js";
import { NamesEditor } from "./monitor/names-editor.js";
import { Nodes } from "./monitor/nodes.js";
import { Plots } from "./monitor/plots.js";
import { Ring, View } from "./monitor/ring.js";
import { SendDialog } from "./monitor/send.js";
import { Sources } from "./monitor/sources.js";
import { ConnectionState, Health, Rate } from "./monitor/status.js";
import { useNames } from "./monitor/text.js";

const KEPT = 10000; // events
const TOLD = 5000; // ms that a notice stays

/** @typedef {import("./vscp/connection.js").StateDetail} StateDetail */

const loginPart = byId("login-part");
const dialogs = document.querySelectorAll("dialog");
const connection = new VscpConnection();
connection.asksForKnown = true;
connection.asksForPermissions = true;
const state = new ConnectionState();
const rate = new Rate();
const health = new Health();
const login = new LoginForm(async ({ user, password, key }, { patient }) => {
  connection.key = key;
  await connection.login(user, password, { patient });
}, { title: "Log in" });
login.begin({ logOut });
login.element.id = "login-form";
byId("login").prepend(login.element);

loadCatalog().then(begin, () => {
  byId("nameless").hidden = false;
  begin(new Catalog({ classes: {} })); // everything has a number, too
});

/** @param {Catalog} catalog */
function begin(catalog) {
  const ring = new Ring(KEPT);
  const view = new View(ring);
  const list = new EventList(ring, view);
  const nodes = new Nodes();
  const plots = new Plots(ring, connection);
  const alarms = new AlarmList();
  const sources = new Sources();
  const filters = new Filters(connection, catalog);
  const send = new SendDialog(connection, catalog);
  const details = new Details();
  const naming = new NamesEditor(connection, catalog, () => nodes.heard());
  const bus = new BusSheet(connection);
  byId("bus").addEventListener("click", () => bus.open());
  const permit = () => {
    const { permissions } = connection;
    byId("open-send").hidden = byId("app").hidden || !permissions.maySend;
    byId("bus", HTMLButtonElement).disabled = byId("app").hidden
      || !permissions.may("receive-events");
    send.allow(permissions);
    details.allow(permissions);
    filters.allow(permissions);
  };
  connection.on("permissions", permit);

  connection.on("vscp", (event) => {
    rate.total += 1;
    ring.push(event);
    nodes.add(event);
    plots.add(event);
    alarms.add(event);
    sources.add(event);
    list.wake();
  });
  // What is known is no news: it has no row in the list.
  connection.on("known", (event) => {
    useNames(connection.nodeNames); // they were told before
    nodes.add(event);
    plots.add(event);
    alarms.add(event);
  });
  connection.on("state", (detail) => {
    show(detail);
    if (detail.state === "open") {
      filters.apply();
      plots.resume();
      for (const { sensors } of nodes.heard()) {
        sensors.filter(({ isState }) => isState).forEach((event) => plots.add(event));
      }
      rename();
      naming.offer();
      alarms.draw(); // with all else, which they would move under the pointer
    }
    if (detail.state === "closed") forget();
    permit();
  });
  const tellBuses = () => {
    useBuses(health.buses);
    list.refresh();
  };
  health.on("buses", tellBuses);
  tellBuses();

  nodes.on("new", (event) => filters.addNode(event));
  nodes.on("gone", (guid) => filters.removeNode(guid));
  nodes.on("choose", (guid) => filters.set({ guid }));
  nodes.on("plot", (event) => plots.toggle(event));
  list.on("plot", ({ event }) => plots.toggle(event));
  list.on("open", (entry) => details.show(entry));
  list.on("resume", () => pressPause(false));
  details.on("plot", (event) => plots.toggle(event));
  details.on("like", (event) => filters.set({ class: event.class, type: event.type }));
  details.on("node", ({ guid }) => filters.set({ guid }));
  details.on("template", (event) => send.open(event));
  filters.on("change", () => {
    list.filter(filters.matches);
    sources.filter(filters.matches);
    nodes.mark(filters.node);
  });
  filters.on("received", (wanted) => nodes.receiveOnly(wanted));
  sources.on("plot", (event) => plots.toggle(event));
  sources.on("open", (event) => details.show({ number: 0, event, own: false }));
  plots.on("change", (text) => {
    nodes.markPlotted((key) => plots.has(key));
    tell(text);
  });
  naming.on("saved", (text) => {
    rename();
    tell(text);
  });
  send.on("sent", (event) => {
    ring.push(event, true);
    list.wake();
  });

  /** Things are called what the daemon says now. */
  function rename() {
    useNames(connection.nodeNames);
    list.refresh();
    nodes.rename();
    for (const { sensors } of nodes.heard()) sensors.forEach((event) => plots.rename(event));
  }

  /** Whoever logs in next is not to see what others were allowed to. */
  function forget() {
    naming.withdraw();
    ring.clear();
    plots.clear();
    filters.clear();
    nodes.clear();
    alarms.clear();
    sources.clear();
    pressPause(false);
  }

  /** @param {boolean} paused */
  function pressPause(paused) {
    list.isPaused = paused;
    byId("pause").setAttribute("aria-pressed", String(paused));
  }
  byId("pause").addEventListener("click", () => (list.isPaused ? list.resume() : pressPause(true)));
  byId("clear").addEventListener("click", () => {
    ring.clear();
    sources.clear();
    list.filter(filters.matches);
  });
  /** @type {NodeListOf<HTMLButtonElement>} */
  const views = document.querySelectorAll("#views button");
  for (const button of views) {
    button.addEventListener("click", () => {
      byId("app").dataset.view = button.value;
      sources.show(button.value === "sources");
      for (const other of views) other.setAttribute("aria-pressed", String(other === button));
    });
  }
  byId("retry").addEventListener("click", () => connection.retry());
  byId("open-send").addEventListener("click", () => send.open());
  byId("log-out").addEventListener("click", () => {
    login.forget();
    plots.forget();
    logOut();
  });
  for (const form of ["candump", "csv", "json"]) {
    byId(`export-${form}`).addEventListener("click", () => {
      byId("export", HTMLDetailsElement).open = false;
      tell(save(form, view.all().map(({ event }) => event)));
    });
  }
  list.filter(filters.matches);
  if (login.isComplete) login.resume();
  else showLogin("");
}

function logOut() {
  connection.logout();
}

/** @param {string} reason why nobody is logged in */
function showLogin(reason) {
  loginPart.hidden = false;
  login.ended(reason);
  login.focus();
}

/** The state of the connection decides what is there. @param {StateDetail} detail */
function show(detail) {
  const { state: now, reason } = detail;
  const app = byId("app");
  if (now === "open") health.ask();
  // A connection that is lost and comes back leaves everything where it is.
  const inside = now === "open" || (now !== "closed" && !app.hidden);
  app.hidden = !inside;
  state.show(detail, connection.user);
  if (inside && !loginPart.hidden) {
    loginPart.hidden = true;
    app.focus();
  }
  if (now === "closed") {
    for (const dialog of dialogs) dialog.close();
    showLogin(reason);
  }
  if (now === "waiting" && !inside && loginPart.hidden) showLogin("");
  if (now === "waiting" && !inside) login.wait(`Not logged in yet: ${reason}. It is tried again.`);
  for (const id of ["log-out", "skip"]) byId(id).hidden = !inside;
  byId("open-send", HTMLButtonElement).disabled = now !== "open";
  byId("send-it", HTMLButtonElement).disabled = now !== "open";
}

/** @type {ReturnType<typeof setTimeout>|undefined} */
let telling;

/** One line for all to hear that something was done; it goes by itself. @param {string} text */
function tell(text) {
  setText(byId("told"), text);
  clearTimeout(telling);
  telling = setTimeout(() => setText(byId("told"), ""), TOLD);
}

// On a narrow page one part is shown at a time.
/** @type {NodeListOf<HTMLButtonElement>} */
const parts = document.querySelectorAll("#parts button");
for (const button of parts) {
  button.addEventListener("click", () => {
    byId("app").dataset.part = button.value;
    for (const other of parts) {
      other.setAttribute("aria-pressed", String(other === button));
    }
  });
}

// Menus close by Escape and by a click beside them.
/** @type {NodeListOf<HTMLDetailsElement>} */
const menus = document.querySelectorAll(".bar details");
for (const menu of menus) {
  menu.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });
  document.addEventListener("click", ({ target }) => {
    if (!menu.contains(/** @type {Node} */ (target))) menu.open = false;
  });
}

// Dialogs close by their button, too, and by a click beside them.
for (const dialog of dialogs) {
  dialog.querySelector("[data-close]")?.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
}
