"""Brings a Tryton with a small company in it, for the suite `tryton`.

The first run makes a virtual environment and a database (about two minutes, below $PORTICO_TEST_CACHE or
~/.cache/portico). Later runs take what is there. Everybody's dates are relative to the day, so that each new day's
first run enters the business of the company again (some seconds).

Prints one line of JSON: where Python and the day's database are, the API key, and the day. Exit status 75 means that
PyPI cannot be reached and nothing is cached; it is the only reason not to run the suite.
"""

import datetime
import fcntl
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
UNREACHABLE = 75


def main():
    cache = os.environ.get("PORTICO_TEST_CACHE") or pathlib.Path.home() / ".cache" / "portico"
    root = pathlib.Path(cache) / "tryton-8.2"
    root.mkdir(parents=True, exist_ok=True)
    with open(root / "lock", "w") as lock:
        # Suites of several clones may run at once; what is made is complete or not there.
        fcntl.flock(lock, fcntl.LOCK_EX)
        python = environment(root)
        empty = company(root, python)
        seeded = business(root, python, empty)
    print(json.dumps({"python": str(python), **json.loads((seeded / "seeded.json").read_text())}))


def environment(root):
    """The virtual environment with what requirements.txt names, for this Python."""
    place = root / f"python-{mark('requirements.txt', more=sys.version)}"
    python = place / "bin" / "python"
    if not (place / "complete").exists():
        say("installing Tryton from PyPI, once for each machine")
        shutil.rmtree(place, ignore_errors=True)
        run([sys.executable, "-m", "venv", place])
        install(python)
        (place / "complete").touch()
        forget(root, "python-", place)
    return python


def install(python):
    """Installs by pip. Where that fails because the index cannot be reached, it is nobody's mistake."""
    command = [python, "-m", "pip", "install", "--quiet", "--retries", "2", "--requirement", HERE / "requirements.txt"]
    if subprocess.run(command, stdout=sys.stderr).returncode == 0:
        return
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/")
    try:
        urllib.request.urlopen(f"{index}/trytond/", timeout=20).close()
    except urllib.error.HTTPError as error:
        sys.exit(f"tryton: pip failed; {index} answers {error.code}")
    except OSError as error:
        say(f"{index} cannot be reached: {error}")
        sys.exit(UNREACHABLE)
    sys.exit("tryton: pip failed although its index can be reached; see above")


def company(root, python):
    """A database with the modules active, a company and a chart of accounts: what takes long and knows no day."""
    place = root / f"company-{mark('requirements.txt', 'setup.py', 'company.py')}"
    if not (place / "complete").exists():
        say("setting up the database; about a minute, once for each machine")
        make(place, lambda: run([python, HERE / "company.py", place]))
        forget(root, "company-", place)
    return place


def business(root, python, empty):
    """The company's customers, orders and invoices, as of this day."""
    # The same clock as the gateway's, which counts days in UTC.
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    place = root / f"business-{today}-{mark('requirements.txt', 'setup.py', 'company.py', 'business.py')}"
    if not (place / "complete").exists():
        say(f"entering the business of {today}")

        def enter():
            shutil.copy(empty / "erp.sqlite", place / "erp.sqlite")
            run([python, HERE / "business.py", place, today])

        make(place, enter)
        forget(root, "business-", place)
    return place


def make(place, how):
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    how()
    (place / "complete").touch()


def forget(root, kind, but):
    """Removes what an earlier day or version left. A server that still runs on it has its own copy."""
    for old in root.glob(f"{kind}*"):
        if old != but:
            shutil.rmtree(old, ignore_errors=True)


def mark(*files, more=""):
    digest = hashlib.sha256(more.encode())
    for name in files:
        digest.update((HERE / name).read_bytes())
    return digest.hexdigest()[:12]


def run(command):
    # Nothing but the result belongs on standard output, and nothing compiled into the clone.
    environment = {**os.environ, "TZ": "UTC", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, stdout=sys.stderr, env=environment)
    if done.returncode:
        sys.exit(f"tryton: `{' '.join(map(str, command))}` ended with {done.returncode}")


def say(what):
    print(f"tryton: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
