"""What both steps of seeding share: the server's configuration, and proteus on the same database file."""

import pathlib
import subprocess
import sys

DATABASE = "erp"
ADMIN = "admin"


def configure(place):
    """A configuration file beside the database; Tryton names a database by its file's name."""
    path = pathlib.Path(place) / "trytond.conf"
    path.write_text(f"[database]\nuri = sqlite://\npath = {pathlib.Path(place).resolve()}\n")
    return path


def administer(place, *arguments):
    """Runs trytond's own administration. The administrator's password is never used and never leaves this file."""
    conf = configure(place)
    word = pathlib.Path(place) / "password"
    word.write_text("not for any network\n")
    tool = pathlib.Path(sys.executable).parent / "trytond-admin"
    command = [tool, "-c", conf, "-d", DATABASE, *arguments]
    try:
        subprocess.run(command, check=True, env={"TRYTONPASSFILE": str(word), "TZ": "UTC"})
    finally:
        word.unlink()


def connect(place):
    """Proteus, in this process. What a person would be warned of is meant."""
    from proteus import config

    current = config.set_trytond(f"sqlite:///{DATABASE}", user=ADMIN, config_file=str(configure(place)))
    current.skip_warning = True
    return current
