"""A chat service on Python's websockets: what on_ws.mjs does, on another library.

Arguments: deflated or plain, and the file with the actions to send, one a line.
"""
import asyncio
import http
import sys

import websockets

with open(sys.argv[2], encoding="utf-8") as f:
    actions = f.read().rstrip("\n").split("\n")


async def serve(socket):
    pings = []
    async def ping():
        pings.append(await socket.ping())

    try:
        for n, action in enumerate(actions):
            if n % 3 == 0:
                await socket.send([action[i : i + 400] for i in range(0, len(action), 400)])
            else:
                await socket.send(action)
            if n % 10 == 0:
                await ping()
        await asyncio.gather(*pings)
        if socket.path.startswith("/stay"):
            await socket.wait_closed()
        else:
            await socket.close(1000, "that was all")
    except websockets.ConnectionClosed:
        pass
    deflate = "deflated" if socket.extensions else "plain"
    pongs = sum(p.done() and not p.cancelled() and p.exception() is None for p in pings)
    print(f"{len(actions)} actions sent, {deflate}; {len(pings)} pings, {pongs} answered; "
          f"closed with {socket.close_code}", flush=True)


async def check(path, headers):
    if not path.endswith("accessToken=right"):
        return http.HTTPStatus.UNAUTHORIZED, [], b"no such token"


async def main():
    compression = "deflate" if sys.argv[1] == "deflated" else None
    async with websockets.serve(serve, "127.0.0.1", 0, process_request=check, compression=compression) as server:
        print("ws://127.0.0.1:%d" % server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Future()


asyncio.run(main())
