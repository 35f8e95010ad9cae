"""Runs commands of the command line in this process, with a pseudo-terminal or a pipe as its standard streams."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import struct
import sys
import termios
import threading
from typing import Any, NamedTuple
from unittest import mock

import click
from click.testing import CliRunner

from ftrack_orm.cli.commands import commands


class Ran(NamedTuple):
    """The exit code of a command, its output, and what it wrote as errors; a terminal shows both as the output."""

    code: int
    output: str
    errors: str = ""

    @property
    def json(self) -> Any:
        """The output as JSON."""
        return json.loads(self.output)

    @property
    def lines(self) -> list[str]:
        """The lines of the output."""
        return self.output.splitlines()


def run_in_pipe(*arguments: str, stdin: str | None = None, command: click.Command = commands) -> Ran:
    """Run a command whose input and outputs are no terminals. Errors that are bugs are raised."""
    result = CliRunner().invoke(command, arguments, input=stdin, prog_name="ftrack-orm")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)


def run_in_terminal(
    *arguments: str, columns: int = 80, answers: str = "", command: click.Command = commands, **environment: str
) -> Ran:
    """Run a command in a pseudo-terminal of *columns*, which types the *answers*. Colours are those of xterm."""
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    os.write(controller, answers.encode())
    chunks: list[bytes] = []
    reader = threading.Thread(target=_read_all, args=(controller, chunks))
    reader.start()
    variables = {"TERM": "xterm-256color", "COLUMNS": str(columns), **environment}
    try:
        with (
            open(os.dup(terminal), encoding="utf-8") as stdin,
            open(os.dup(terminal), "w", encoding="utf-8", buffering=1) as stdout,
            open(os.dup(terminal), "w", encoding="utf-8", buffering=1) as stderr,
            mock.patch.dict(os.environ, variables),
            mock.patch.multiple(sys, stdin=stdin, stdout=stdout, stderr=stderr),
        ):
            code = 0
            try:
                command.main(arguments, prog_name="ftrack-orm")
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 1
    finally:
        os.close(terminal)
        reader.join()
        os.close(controller)
    return Ran(code, b"".join(chunks).decode().replace("\r\n", "\n"))


def _read_all(descriptor: int, chunks: list[bytes]) -> None:
    while True:
        try:
            chunk = os.read(descriptor, 65536)
        except OSError:  # EIO: the terminal was closed
            return
        if not chunk:
            return
        chunks.append(chunk)
