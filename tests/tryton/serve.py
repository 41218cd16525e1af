"""Serves a copy of a seeded database on 127.0.0.1 until standard input ends, so that it never outlives who began it.

The first line on standard output is the port. The application is Tryton's own; only the socket is made here, because
a port that the system chooses is free for certain.
"""

import os
import pathlib
import shutil
import sys
import tempfile
import threading
import time

from seeding import DATABASE, configure


def main(database):
    from trytond.config import config
    from werkzeug.serving import WSGIRequestHandler, make_server

    with tempfile.TemporaryDirectory(prefix="portico-tryton-") as place:
        shutil.copy(database, pathlib.Path(place) / f"{DATABASE}.sqlite")
        config.update_etc(str(configure(place)))

        from trytond.application import app
        from trytond.pool import Pool

        Pool.start()
        Pool(DATABASE).init()
        # Connections are kept, as they are by the servers that Tryton is run with.
        WSGIRequestHandler.protocol_version = "HTTP/1.1"
        server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.port, flush=True)
        sys.stdin.read()
        server.shutdown()


if __name__ == "__main__":
    # Days are counted as the gateway counts them.
    os.environ["TZ"] = "UTC"
    time.tzset()
    main(pathlib.Path(sys.argv[1]))
