"""Commands that run until they are interrupted, as processes: all end by the codes of the table, quietly."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from ftrack_orm import Session
from ftrack_orm.cli.command import Command
from ftrack_orm.cli.exit_codes import ExitCode
from ftrack_orm.cli.interrupts import ending_by_signals
from ftrack_orm.sandbox import Sandbox
from tests.assertions import existing
from tests.cli.command_line_page import leaves
from tests.cli.processes import ENVIRONMENT, TIMEOUT_SECONDS, command_line
from tests.cli.terminals import run_in_pipe

CODES = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}


def serve_a_query(process: subprocess.Popen[str], box: Sandbox, *options: str) -> None:
    """Use the server of `ftrack-orm sandbox`. Its first lines arrive in the pipe while it runs, so they are flushed."""
    output = existing(process.stdout)
    if "--json" in options:
        lines = json.loads(output.readline())
    else:
        lines = dict(output.readline().rstrip("\n").split("=") for _ in range(3))
    assert list(lines) == ["FTRACK_SERVER", "FTRACK_API_USER", "FTRACK_API_KEY"]
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", lines["FTRACK_SERVER"])
    with Session(*(lines[name] for name in ("FTRACK_SERVER", "FTRACK_API_KEY", "FTRACK_API_USER"))) as session:
        assert session.query("User").where(username=lines["FTRACK_API_USER"]).one()


def print_an_event(process: subprocess.Popen[str], box: Sandbox, *options: str) -> None:
    """Let `ftrack-orm events` print an event, whose line is flushed, too."""
    box.events.wait_for(
        lambda events: any("studio.interrupt" in text for each in events.connections for text in each.subscriptions), 30
    )
    box.events.publish("studio.interrupt", {})
    line = existing(process.stdout).readline()
    assert json.loads(line)["topic"] == "studio.interrupt" if options else "\tstudio.interrupt\t" in line


#: The commands that run until interrupted: their arguments, and a function that returns when they are at work.
AT_WORK = {
    "sandbox": (["--seed", "empty"], serve_a_query),
    "events": (["topic=studio.interrupt"], print_an_event),
}


def endless_commands() -> dict[str, Command]:
    return {name: command for name, command in leaves() if isinstance(command, Command) and command.until_interrupted}


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("name", AT_WORK)
def test_a_signal_ends_the_command_quietly_with_the_code_of_the_table(
    name: str, signal_number: signal.Signals, box: Sandbox, schema_cache: Path
) -> None:
    arguments, work = AT_WORK[name]
    options = ["--json"] if signal_number == signal.SIGTERM else []
    process = subprocess.Popen(
        command_line(name, *arguments, *options),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={
            **ENVIRONMENT,
            "FTRACK_SERVER": box.url,
            "FTRACK_API_USER": box.api_user,
            "FTRACK_API_KEY": box.api_key,
            "FTRACK_API_SCHEMA_CACHE_PATH": str(schema_cache),
        },
        # As in the background of a shell, whose jobs ignore interrupts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    try:
        work(process, box, *options)
        process.send_signal(signal_number)
        output, errors = process.communicate(timeout=TIMEOUT_SECONDS)
    finally:
        process.kill()
        process.communicate()
    assert (process.returncode, output, errors) == (CODES[signal_number], "", "")


def test_the_commands_that_run_until_interrupted_are_tested_and_their_help_names_the_codes() -> None:
    endless = endless_commands()
    assert sorted(endless) == sorted(AT_WORK)
    for name, command in leaves():
        text = " ".join((command.help or "").split())
        assert ("interrupted" in text) == (name in endless), name
        assert ("Ctrl+C ends the command with exit code 130, the signal SIGTERM with 143." in text) == (
            name in endless
        ), name


def test_a_command_that_ends_by_itself_succeeds_and_the_signals_have_their_handlers_again() -> None:
    before = [signal.getsignal(number) for number in CODES]
    with ending_by_signals():
        assert [signal.getsignal(number) for number in CODES] != before
    assert [signal.getsignal(number) for number in CODES] == before


def test_a_command_on_another_thread_runs_without_handlers() -> None:
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(run_in_pipe("sandbox", "--seed", "dmeo").code))
    thread.start()
    thread.join()
    assert codes == [ExitCode.USAGE]
