// A server for scripts/soak.sh, with the WebSocket library ws: it sends the frames that
// its client asks for. soak_websockets.py does the same with another library. Argument:
// the folder that ws is in.
//
// Each message of the client is a command: the first byte of the frame to send, a space,
// the number of fragments, a line break and the payload. The payload of a close frame is
// the code. A ping goes before each fragment but the first.
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
