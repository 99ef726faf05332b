// The browser's side of a VSCP daemon: import what you need from here.
//
//   import { VscpConnection } from "./vscp/vscp.js";
//   const connection = new VscpConnection();
//   connection.addEventListener("vscp", ({ detail }) => console.log(detail.text));
//   await connection.login("admin", "secret");
//   await connection.send({ class: "control", type: "turn on", data: [0, 2, 1] });

export { Catalog, loadCatalog } from "./catalog.js";
export { VscpConnection } from "./connection.js";
export { NOT_ALLOWED, NOT_AUTHORIZED, VscpError, loginFailure } from "./errors.js";
export { VscpEvent } from "./event.js";
export { Format, decode, encode } from "./measurement.js";
export { describe, numberText, placeAndFields, read, valueText } from "./reading.js";
