"""The command line: `ftrack-orm sandbox` runs the embedded server, `ftrack-orm demo` shows a typical session."""

from __future__ import annotations

from .extras import needs_extra


def main() -> None:
    """Run the command line. Exits with the command that installs click if it is missing."""
    with needs_extra("The command line", {"click"}, "cli,sandbox"):
        from .commands import commands
    commands(prog_name="ftrack-orm")
