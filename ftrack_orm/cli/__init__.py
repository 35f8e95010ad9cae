"""The command line: `ftrack-orm sandbox` runs the embedded server, `ftrack-orm demo` shows the main job."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line, or say which extra is missing."""
    try:
        from .commands import commands
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "click":
            raise
        sys.exit("The command line needs the package click: pip install 'ftrack-orm[cli,sandbox]'")
    commands(prog_name="ftrack-orm")
