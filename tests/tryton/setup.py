"""Brings a Tryton with a small company in it, for the suite `tryton`.

The first run makes a virtual environment and a database (about two minutes, below $PORTICO_TEST_CACHE or
~/.cache/portico). Later runs take what is there. Everybody's dates are relative to the day, so that each new day's
first run enters the business of the company again (some seconds).

Prints one line of JSON: where Python and the day's database are, the API key, and the day. Exit status 75 means that
PyPI cannot be reached and nothing is cached; it is the only reason not to run the suite.
"""

import datetime
import json
import pathlib
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "foreign"))
sys.dont_write_bytecode = True

from environment import environment, forget, make, mark, place_of, run, say


def main():
    with place_of("tryton-8.2") as root:
        python = environment(root, HERE / "requirements.txt")
        empty = company(root, python)
        seeded = business(root, python, empty)
    print(json.dumps({"python": str(python), **json.loads((seeded / "seeded.json").read_text())}))


def company(root, python):
    """A database with the modules active, a company and a chart of accounts: what takes long and knows no day."""
    place = root / f"company-{mark(*own('requirements.txt', 'setup.py', 'company.py'))}"
    if not (place / "complete").exists():
        say(root, "setting up the database; about a minute, once for each machine")
        make(place, lambda: run(root, [python, HERE / "company.py", place]))
        forget(root, "company-", place)
    return place


def business(root, python, empty):
    """The company's customers, orders and invoices, as of this day."""
    # The same clock as the gateway's, which counts days in UTC.
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    place = root / f"business-{today}-{mark(*own('requirements.txt', 'setup.py', 'company.py', 'business.py'))}"
    if not (place / "complete").exists():
        say(root, f"entering the business of {today}")

        def enter():
            shutil.copy(empty / "erp.sqlite", place / "erp.sqlite")
            run(root, [python, HERE / "business.py", place, today])

        make(place, enter)
        forget(root, "business-", place)
    return place


def own(*names):
    return [HERE / name for name in names]


if __name__ == "__main__":
    main()
