// A peer: node with npm's ws.   node peer_ws.js PORT FEED_PORT
// Every line that comes on FEED_PORT goes to every client of PORT, as in the package's README.
'use strict';
const net = require('net');
const WebSocket = require('ws');

const [port, feedPort] = process.argv.slice(2).map(Number);
let clients = new Set();

net.createServer((feed) => {
  let rest = '';
  feed.setEncoding('utf8');
  feed.on('data', (piece) => {
    const lines = (rest + piece).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      for (const client of clients) {
        if (client.readyState === WebSocket.OPEN) client.send(line);
      }
    }
  });
}).listen(feedPort, '127.0.0.1');

const server = new WebSocket.Server({ host: '127.0.0.1', port, perMessageDeflate: false });
clients = server.clients;
