"""Serves localstripe with a small business in it on 127.0.0.1 until standard input ends, so that it never outlives who
began it.

The first line on standard output is JSON: the port, and the moment the business was entered, in seconds. The
application is localstripe's own; only the socket is made here, because a port that the system chooses is free for
certain, and its own command listens to everybody.
"""

import asyncio
import datetime
import itertools
import json
import socket
import sys
import threading
import types

import business


async def main():
    from aiohttp import web
    from localstripe import resources
    from localstripe.server import app

    # It would write all it knows into one file of the machine's.
    resources.Store.dump_to_disk = lambda self: None
    # Its time is this day's noon, and a second later whenever it is looked at: what is made later is newer.
    noon = datetime.datetime.now(datetime.timezone.utc).replace(hour=12, minute=0, second=0, microsecond=0)
    entered = int(noon.timestamp())
    seconds = itertools.count(entered)
    resources.time = types.SimpleNamespace(time=lambda: next(seconds))
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    runner = web.AppRunner(app)
    await runner.setup()
    await web.SockSite(runner, listener).start()
    await asyncio.to_thread(business.enter, f"http://127.0.0.1:{port}")
    print(json.dumps({"port": port, "entered": entered}), flush=True)
    # A thread that nobody waits for: reading cannot be cancelled.
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    threading.Thread(
        target=lambda: (sys.stdin.read(), loop.call_soon_threadsafe(ended.set)), daemon=True
    ).start()
    await ended.wait()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
