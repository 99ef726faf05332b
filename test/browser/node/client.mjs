// A page's script without the page: does what it is told, a JSON object a line, and tells all it
// sees the same way. {"do": NAME, "args": [...]} in; {"done"}, {"failed"}, {"state"}, {"event"}
// out.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const [library, catalogFile, url, key] = process.argv.slice(2);
const { Catalog, VscpConnection } = await import(`${library}/vscp.js`);

const tell = (content) => process.stdout.write(`${JSON.stringify(content)}\n`);
const connection = new VscpConnection({
  url, key,
  catalog: catalogFile ? new Catalog(JSON.parse(readFileSync(catalogFile, "utf8"))) : undefined,
  random: () => 0,
});
connection.addEventListener("state", ({ detail }) => tell({ state: detail }));
connection.addEventListener("vscp", ({ detail }) => tell({
  event: {
    class: detail.class, type: detail.type, priority: detail.priority, guid: detail.guid,
    nickname: detail.nickname, data: [...detail.data], date: detail.date.toISOString(),
    reading: detail.reading, text: detail.text,
  },
}));
tell({ ready: true });

for await (const line of createInterface({ input: process.stdin })) {
  const { do: name, args } = JSON.parse(line);
  // Not awaited: several may be under way, as in a page.
  Promise.resolve().then(() => connection[name](...args))
    .then(() => tell({ done: name }))
    .catch((error) => tell({ failed: name, code: error.code ?? null, message: error.message }));
}
connection.logout();
