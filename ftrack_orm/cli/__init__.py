"""The command line `ftrack-orm`: `commands` has the table of its commands, each of which is imported when it runs."""

from __future__ import annotations

import contextlib
import io
import sys

from .extras import needs_extra


def main() -> None:
    """Run the command line. Exits with the command that installs click if it is missing."""
    with needs_extra("The command line", {"click"}, "cli,sandbox"):
        from .commands import commands
    for stream in (sys.stdout, sys.stderr):
        # Names of entities may have characters that the encoding of a pipe or an old terminal lacks.
        if isinstance(stream, io.TextIOWrapper):
            with contextlib.suppress(ValueError):
                stream.reconfigure(errors="backslashreplace")
    commands(prog_name="ftrack-orm")
