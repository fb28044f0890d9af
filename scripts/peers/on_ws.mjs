// A chat service on Node's ws: what on_websockets.py does, on another library.
// Arguments: deflated or plain, the file with the actions to send, one a line, and
// where ws is.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { WebSocketServer } = createRequire(process.argv[4] + '/')('ws');
const actions = readFileSync(process.argv[3], 'utf8').trimEnd().split('\n');

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  perMessageDeflate: process.argv[2] === 'deflated' && { threshold: 0 },
  verifyClient: ({ req }, done) => done(req.url.endsWith('accessToken=right'), 401, 'no such token'),
});

// inPieces sends a message as fragments, with a ping among them.
async function inPieces(socket, action) {
  const bytes = Buffer.from(action);
  for (let from = 0; from < bytes.length; from += 400) {
    socket.send(bytes.subarray(from, from + 400), { binary: false, fin: from + 400 >= bytes.length });
    socket.ping();
  }
}

server.on('connection', async (socket, request) => {
  let pings = 0, pongs = 0;
  const ping = socket.ping.bind(socket);
  socket.ping = () => { pings++; ping(); };
  socket.on('pong', () => pongs++);
  socket.on('close', (code) => {
    const deflate = socket.extensions.includes('permessage-deflate') ? 'deflated' : 'plain';
    console.log(`${actions.length} actions sent, ${deflate}; ${pings} pings, ${pongs} answered; closed with ${code}`);
  });
  for (const [n, action] of actions.entries()) {
    if (n % 3 === 0) await inPieces(socket, action);
    else socket.send(action, { compress: n % 2 === 0 });
    if (n % 10 === 0) socket.ping();
  }
  // The pong says that all was received.
  socket.once('pong', () => {});
  const all = setInterval(() => {
    if (pongs < pings || request.url.startsWith('/stay')) return;
    clearInterval(all);
    socket.close(1000, 'that was all');
  }, 10);
  socket.on('close', () => clearInterval(all));
});

server.on('listening', () => console.log(`ws://127.0.0.1:${server.address().port}`));
