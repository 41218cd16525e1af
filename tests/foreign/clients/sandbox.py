"""What the scripts beside this file share: the simulated system they are pointed at, its faults, and what they print.

Standard input is one line of JSON: `system` as `GET /_sandbox/systems` describes it, and `control`, where faults are
set. Standard output is one object: what a user of the vendor's library was given, step by step.
"""

import contextlib
import json
import sys
import urllib.request
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

ORDER = json.load(sys.stdin)
SYSTEM = ORDER["system"]
ADDRESS = SYSTEM["address"]
CREDENTIALS = SYSTEM["credentials"]


class Here(HTTPAdapter):
    """Stands where the vendor's own front does: what a library sends to the vendor's host is answered by the simulated
    system, and addresses in the answer name the vendor's host. Nothing else changes."""

    def send(self, request, **options):
        asked = request.copy()
        asked.url = ADDRESS + request.path_url
        response = super().send(asked, **options)
        host = urlsplit(request.url).netloc
        response.request, response.url = request, request.url
        response._content = response.content.replace(ADDRESS.encode(), f"https://{host}".encode())
        return response


def everywhere():
    """Lets every session of this process find the simulated system: for libraries that insist on https and on the
    vendor's domain, or that make their sessions where nobody can reach them."""
    usual = requests.Session.get_adapter
    here = Here()
    requests.Session.get_adapter = lambda self, url: here if url.startswith("https://") else usual(self, url)


@contextlib.contextmanager
def fault(name, value=None):
    """The system has a fault for as long as this lasts."""
    control("POST", "/_sandbox/faults", {"tenant": SYSTEM["tenant"], "role": SYSTEM["role"], "fault": name, "value": value})
    try:
        yield
    finally:
        control("DELETE", "/_sandbox/faults")


def control(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    call = urllib.request.Request(ORDER["control"] + path, data=data, headers=headers, method=method)
    urllib.request.urlopen(call, timeout=10).close()


def refused(call, *members):
    """How the library refuses: its class of error, and what it read out of the answer."""
    try:
        call()
    except Exception as error:
        return {"raised": type(error).__name__, **{member: getattr(error, member, None) for member in members}}
    return "nothing was raised"


def tell(**steps):
    # What is no JSON (decimals, times) is told as its library writes it.
    print(json.dumps(steps, default=str))
