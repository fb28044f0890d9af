"""A server for scripts/soak.sh, with the WebSocket library websockets: it sends the
frames that its client asks for. soak_ws.mjs describes the commands.
"""
import asyncio

import websockets


async def serve(socket):
    async def in_fragments(payload, fragments):
        size = -(-len(payload) // fragments)
        for n in range(fragments):
            if n > 0:
                await socket.ping()
            yield payload[n * size : (n + 1) * size]

    try:
        async for command in socket:
            head, _, payload = command.partition("\n")
            first, fragments = map(int, head.split())
            if first == 0x89:
                await socket.ping(payload)
            elif first == 0x88:
                await socket.close(int(payload), "soak")
            elif fragments == 1:
                await socket.send(payload)
            else:
                await socket.send(in_fragments(payload, fragments))
    except websockets.ConnectionClosed:
        pass


async def main():
    # asyncio would report each ping that was never answered.
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    async with websockets.serve(serve, "127.0.0.1", 0, compression=None) as server:
        print("127.0.0.1:%d" % server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Future()


asyncio.run(main())
