// The monitor page: who tells whom what. Each part is a module in monitor/.

import "./vscp/elements.js";
import { VscpConnection, loadCatalog } from "./vscp/vscp.js";
import { Details } from "./monitor/details.js";
import { byId, setText } from "./monitor/dom.js";
import { EventList } from "./monitor/events.js";
import { save } from "./monitor/export.js";
import { Filters } from "./monitor/filters.js";
import { LoginForm } from "./monitor/login.js";
import { Nodes } from "./monitor/nodes.js";
import { Plots } from "./monitor/plots.js";
import { Ring, View } from "./monitor/ring.js";
import { SendDialog } from "./monitor/send.js";
import { ConnectionState, Health, Rate } from "./monitor/status.js";

const KEPT = 10000; // events
const TOLD = 5000; // ms that a notice stays

const connection = new VscpConnection();
const state = new ConnectionState();
const rate = new Rate();
const health = new Health();
const login = new LoginForm(byId("login-form"), logIn);

// Without the catalog there are no names, and nothing works.
loadCatalog().then(begin, (error) => login.show(`The page could not be loaded: ${error.message}`));

async function logIn({ user, password, key }) {
  connection.key = key;
  await connection.login(user, password);
}

function begin(catalog) {
  const ring = new Ring(KEPT);
  const view = new View(ring);
  const list = new EventList(ring, view);
  const nodes = new Nodes();
  const plots = new Plots(ring);
  const filters = new Filters(connection, catalog);
  const send = new SendDialog(connection, catalog);
  const details = new Details();

  const plot = ({ detail }) => plots.toggle(detail.event ?? detail);
  connection.addEventListener("vscp", ({ detail: event }) => {
    rate.total += 1;
    ring.push(event);
    nodes.add(event);
    plots.add(event);
    list.wake();
  });
  connection.addEventListener("state", ({ detail }) => {
    show(detail);
    if (detail.state === "open") filters.apply();
    if (detail.state === "closed") forget();
  });

  nodes.addEventListener("new", ({ detail }) => filters.addNode(detail));
  nodes.addEventListener("gone", ({ detail }) => filters.removeNode(detail));
  nodes.addEventListener("choose", ({ detail }) => filters.set({ guid: detail }));
  nodes.addEventListener("plot", plot);
  list.addEventListener("plot", plot);
  list.addEventListener("open", ({ detail }) => details.show(detail));
  list.addEventListener("resume", () => pressPause(false));
  details.addEventListener("plot", plot);
  details.addEventListener("like", ({ detail }) => filters.set(
    { class: detail.class, type: detail.type }));
  details.addEventListener("node", ({ detail }) => filters.set({ guid: detail.guid }));
  details.addEventListener("template", ({ detail }) => send.open(detail));
  filters.addEventListener("change", () => {
    list.filter(filters.matches);
    nodes.mark(filters.node);
  });
  plots.addEventListener("change", ({ detail }) => {
    nodes.markPlotted((key) => plots.has(key));
    tell(detail);
  });
  send.addEventListener("sent", ({ detail }) => {
    ring.push(detail, true);
    list.wake();
  });

  /** Whoever logs in next is not to see what others were allowed to. */
  function forget() {
    ring.clear();
    plots.clear();
    filters.clear();
    nodes.clear();
    pressPause(false);
  }

  function pressPause(paused) {
    list.isPaused = paused;
    byId("pause").setAttribute("aria-pressed", String(paused));
  }
  byId("pause").addEventListener("click", () => (list.isPaused ? list.resume() : pressPause(true)));
  byId("clear").addEventListener("click", () => {
    ring.clear();
    list.filter(filters.matches);
  });
  byId("open-send").addEventListener("click", () => send.open());
  byId("log-out").addEventListener("click", () => {
    login.forget();
    connection.logout();
  });
  for (const form of ["candump", "csv", "json"]) {
    byId(`export-${form}`).addEventListener("click", () => {
      byId("export").open = false;
      tell(save(form, view.all().map(({ event }) => event)));
    });
  }
  list.filter(filters.matches);
  if (login.isComplete) login.submit();
  else login.show();
}

/** The state of the connection decides what is there. */
function show(detail) {
  const { state: now, reason } = detail;
  const app = byId("app");
  state.show(detail, connection.user);
  if (now === "open") health.ask();
  // A connection that is lost and comes back leaves everything where it is.
  const inside = now === "open" || (now !== "closed" && !app.hidden);
  app.hidden = !inside;
  if (now === "closed") {
    for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
    login.show(reason);
  }
  for (const id of ["open-send", "log-out"]) byId(id).hidden = !inside;
  byId("open-send").disabled = now !== "open";
  byId("send-it").disabled = now !== "open";
}

let telling = 0;

/** One line for all to hear that something was done; it goes by itself. */
function tell(text) {
  setText(byId("told"), text);
  clearTimeout(telling);
  telling = setTimeout(() => setText(byId("told"), ""), TOLD);
}

// On a narrow page one part is shown at a time.
for (const button of document.querySelectorAll("#parts button")) {
  button.addEventListener("click", () => {
    byId("app").dataset.part = button.value;
    for (const other of document.querySelectorAll("#parts button")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
  });
}

// Menus close by Escape and by a click beside them.
for (const menu of document.querySelectorAll(".bar details")) {
  menu.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  document.addEventListener("click", ({ target }) => {
    if (!menu.contains(target)) menu.open = false;
  });
}

// Dialogs close by their button, too, and by a click beside them.
for (const dialog of document.querySelectorAll("dialog")) {
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
}
