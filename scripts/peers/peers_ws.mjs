// A chat service for scripts/peers.sh, with the WebSocket library ws.
// peers_websockets.py does the same with another library. Arguments: the file with the
// actions to send, one a line, and the folder that ws is in.
//
// The path says what a client gets:
//   /all        all actions, and close 1000 when it has answered every ping
//   /stay       all actions, and the connection stays open
//   /policy     10 actions and close 1008
//   /refuse     close 1008
// On these the server waits for SIGUSR2, sends, and drops the connection 100 ms later:
//   /terminate  60 actions
//   /goodbye    80 actions and close 1001
//   /half       20 actions and a fragment
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { WebSocketServer } = createRequire(process.argv[3] + '/')('ws');
const actions = readFileSync(process.argv[2], 'utf8').trimEnd().split('\n');

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  verifyClient: ({ req }, done) => done(req.url.endsWith('accessToken=right'), 401, 'no such token'),
});

// sendFragments sends a message as fragments, each followed by a ping.
function sendFragments(socket, action) {
  const bytes = Buffer.from(action);
  for (let from = 0; from < bytes.length; from += 400) {
    socket.send(bytes.subarray(from, from + 400), { binary: false, fin: from + 400 >= bytes.length });
    socket.ping();
  }
}

function send(socket, count) {
  for (const [n, action] of actions.slice(0, count).entries()) {
    if (n % 3 === 0) sendFragments(socket, action);
    else socket.send(action);
    if (n % 10 === 0) socket.ping();
  }
}

const beforeDrop = {
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
  if (path in beforeDrop) {
    process.once('SIGUSR2', () => {
      beforeDrop[path](socket);
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
