"""A chat service for scripts/peers.sh, with the WebSocket library websockets.

peers_ws.mjs describes the paths. Argument: the file with the actions to send, one a line.
"""
import asyncio
import http
import signal
import sys

import websockets

with open(sys.argv[1], encoding="utf-8") as f:
    actions = f.read().rstrip("\n").split("\n")

go = asyncio.Event()  # set by SIGUSR2


async def send(socket, count):
    pings = []
    for n, action in enumerate(actions[:count]):
        if n % 3 == 0:
            await socket.send([action[i : i + 400] for i in range(0, len(action), 400)])
        else:
            await socket.send(action)
        if n % 10 == 0:
            pings.append(await socket.ping())
    return pings


async def send_and_drop(socket, path):
    print("waiting", flush=True)
    await go.wait()
    go.clear()
    await send(socket, {"terminate": 60, "goodbye": 80, "half": 20}[path])
    rest = None
    if path == "goodbye":
        rest = socket.close(1001, "a restart")
    elif path == "half":
        async def fragments():
            yield '{"action":"event","pay'
            await asyncio.sleep(60)
        rest = socket.send(fragments())
    task = asyncio.ensure_future(rest) if rest else None
    await asyncio.sleep(0.1)
    socket.transport.abort()
    if task:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    print("ended", flush=True)


async def serve(socket):
    path = socket.path[1:].split("?")[0]
    pings = []
    try:
        if path in ("terminate", "goodbye", "half"):
            await send_and_drop(socket, path)
        elif path == "refuse":
            await socket.close(1008, "no such token")
        elif path == "policy":
            await send(socket, 10)
            await socket.close(1008, "a policy")
        else:
            pings = await send(socket, len(actions))
            await asyncio.gather(*pings)
            if path == "stay":
                await socket.wait_closed()
            await socket.close(1000, "that was all")
    except websockets.ConnectionClosed:
        pass
    pongs = sum(p.done() and not p.cancelled() and p.exception() is None for p in pings)
    print(f"{path}: {len(pings)} pings, {pongs} answered; closed with {socket.close_code}", flush=True)


async def check(path, headers):
    if not path.endswith("accessToken=right"):
        return http.HTTPStatus.UNAUTHORIZED, [], b"no such token"


async def main():
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR2, go.set)
    async with websockets.serve(serve, "127.0.0.1", 0, process_request=check, compression=None) as server:
        print("ws://127.0.0.1:%d" % server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Future()


asyncio.run(main())
