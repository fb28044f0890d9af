# A peer of the benchmark: the WebSocket client of the Python library
# pyrestream, pointed at the benchmark's sender, doing the filter's work.
import asyncio
import json
import os

from pyrestream import websocket

websocket.get_access_token = lambda: "bench"


def show(action):
    payload = action["payload"]
    if action["action"] == "event" and payload["eventSourceId"] == 2:
        event = payload["eventPayload"]
        print(json.dumps({"author": event["author"]["displayName"], "text": event["text"]}))


asyncio.run(websocket.WebSocketClient(os.environ["RESTAIL_URL"]).listen(show))
