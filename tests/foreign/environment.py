"""Virtual environments for the foreign programs that the suites run, and what else is made once for each machine.

As a program: `environment.py NAME REQUIREMENTS` prints the Python of the environment NAME, which has exactly what the
file REQUIREMENTS names. It is made by the first run, below $PORTICO_TEST_CACHE or ~/.cache/portico; later runs take what
is there. Exit status 75 means that PyPI cannot be reached and nothing is cached.
"""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import urllib.error
import urllib.request

UNREACHABLE = 75


@contextlib.contextmanager
def place_of(name):
    """The folder of what NAME has made, for as long as nobody else works there."""
    cache = os.environ.get("PORTICO_TEST_CACHE") or pathlib.Path.home() / ".cache" / "portico"
    root = pathlib.Path(cache) / name
    root.mkdir(parents=True, exist_ok=True)
    with open(root / "lock", "w") as lock:
        # Suites of several clones may run at once; what is made is complete or not there.
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield root


def environment(root, requirements):
    """The Python of a virtual environment with what `requirements` names, for this Python."""
    place = root / f"python-{mark(requirements, more=sys.version)}"
    python = place / "bin" / "python"
    if not (place / "complete").exists():
        say(root, "installing from PyPI, once for each machine")
        shutil.rmtree(place, ignore_errors=True)
        run(root, [sys.executable, "-m", "venv", place])
        install(root, python, requirements)
        (place / "complete").touch()
        forget(root, "python-", place)
    return python


def install(root, python, requirements):
    """Installs by pip. Where that fails because the index cannot be reached, it is nobody's mistake."""
    command = [python, "-m", "pip", "install", "--quiet", "--retries", "2", "--requirement", requirements]
    if subprocess.run(command, stdout=sys.stderr).returncode == 0:
        return
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/")
    try:
        urllib.request.urlopen(f"{index}/pip/", timeout=20).close()
    except urllib.error.HTTPError as error:
        sys.exit(f"{root.name}: pip failed; {index} answers {error.code}")
    except OSError as error:
        say(root, f"{index} cannot be reached: {error}")
        sys.exit(UNREACHABLE)
    sys.exit(f"{root.name}: pip failed although its index can be reached; see above")


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
    for file in files:
        digest.update(pathlib.Path(file).read_bytes())
    return digest.hexdigest()[:12]


def run(root, command):
    # Nothing but the result belongs on standard output, and nothing compiled into the clone.
    environment = {**os.environ, "TZ": "UTC", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, stdout=sys.stderr, env=environment)
    if done.returncode:
        sys.exit(f"{root.name}: `{' '.join(map(str, command))}` ended with {done.returncode}")


def say(root, what):
    print(f"{root.name}: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    with place_of(sys.argv[1]) as folder:
        print(environment(folder, pathlib.Path(sys.argv[2])))
