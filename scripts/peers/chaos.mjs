// A chat service on Node's ws that sends what it is told, for scripts/soak: what
// chaos.py does, on another library. Argument: where ws is.
//
// A command is a message: the first byte of the frame to send, the number of
// fragments, a line break and the payload. Between fragments comes a ping.
import { createRequire } from 'node:module';

const { WebSocketServer } = createRequire(process.argv[2] + '/')('ws');
const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });

server.on('connection', (socket) => {
  socket.on('error', () => {});
  socket.on('message', (data) => {
    const command = data.toString();
    const head = command.indexOf('\n');
    const [first, fragments] = command.slice(0, head).split(' ').map(Number);
    const payload = command.slice(head + 1);
    if (first === 0x89) {
      socket.ping(payload);
    } else if (first === 0x88) {
      socket.close(Number(payload), 'soak');
    } else {
      const size = Math.ceil(payload.length / fragments);
      for (let n = 0; n < fragments; n++) {
        if (n > 0) socket.ping();
        socket.send(payload.slice(n * size, (n + 1) * size), { fin: n === fragments - 1 });
      }
    }
  });
});

server.on('listening', () => console.log(`127.0.0.1:${server.address().port}`));
