// A chat service on Node's ws: what on_websockets.py does, on another library.
// Arguments: the file with the actions to send, one a line, and where ws is.
//
// The path says what is sent: /all actions and a close frame when every ping was
// answered; /stay: all of them, and nothing more; /policy: the first 10, then close
// 1008; /refuse: only that. The others wait for SIGUSR2 and wait for no pong:
// /terminate: 60 actions, and the end; /goodbye: 80, close 1001, and the end; /half:
// 20 and a fragment, and the end.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { WebSocketServer } = createRequire(process.argv[3] + '/')('ws');
const actions = readFileSync(process.argv[2], 'utf8').trimEnd().split('\n');

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  verifyClient: ({ req }, done) => done(req.url.endsWith('accessToken=right'), 401, 'no such token'),
});

// inPieces sends a message as fragments, with a ping among them.
function inPieces(socket, action) {
  const bytes = Buffer.from(action);
  for (let from = 0; from < bytes.length; from += 400) {
    socket.send(bytes.subarray(from, from + 400), { binary: false, fin: from + 400 >= bytes.length });
    socket.ping();
  }
}

function send(socket, count) {
  for (const [n, action] of actions.slice(0, count).entries()) {
    if (n % 3 === 0) inPieces(socket, action);
    else socket.send(action);
    if (n % 10 === 0) socket.ping();
  }
}

const abrupt = {
  terminate: (socket) => { send(socket, 60); },
  goodbye: (socket) => { send(socket, 80); socket.close(1001, 'a restart'); },
  half: (socket) => { send(socket, 20); socket.send('{"action":"event","pay', { fin: false }); },
};

server.on('connection', (socket, request) => {
  const path = request.url.slice(1).split('?')[0];
  let pings = 0, pongs = 0;
  const ping = socket.ping.bind(socket);
  socket.ping = () => { pings++; ping(); };
  socket.on('pong', () => pongs++);
  socket.on('close', (code) => console.log(`${path}: ${pings} pings, ${pongs} answered; closed with ${code}`));
  socket.on('error', () => {});
  if (path in abrupt) {
    process.once('SIGUSR2', () => {
      abrupt[path](socket);
      setTimeout(() => { socket.terminate(); console.log('ended'); }, 100);
    });
    console.log('waiting');
  } else if (path === 'refuse') {
    socket.close(1008, 'no such token');
  } else if (path === 'policy') {
    send(socket, 10);
    socket.close(1008, 'a policy');
  } else {
    send(socket, actions.length);
    const all = setInterval(() => {
      if (pongs === pings && path === 'all') socket.close(1000, 'that was all');
    }, 10);
    socket.on('close', () => clearInterval(all));
  }
});

server.on('listening', () => console.log(`ws://127.0.0.1:${server.address().port}`));
