"""Starts the command line as a process."""

from __future__ import annotations

import os
import pathlib
import sys

import ftrack_orm

MAIN = "import sys; from ftrack_orm.cli import main; sys.argv[0] = 'ftrack-orm'; main()"

#: Makes the processes find the package under test even if it is not installed.
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(pathlib.Path(ftrack_orm.__file__).parent.parent)}

#: Seconds after which a command that does not end fails the test.
TIMEOUT_SECONDS = 60


def command_line(*arguments: str, without: str | None = None) -> list[str]:
    """Return the arguments of a process. *without* is the name of a package that it cannot import."""
    missing = f"import sys; sys.modules[{without!r}] = None; " if without else ""
    return [sys.executable, "-c", missing + MAIN, *arguments]
