"""Edge: `ftrack-orm doctor` checks the settings, the server and the installation."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from ftrack_orm.cli.command import command
from ftrack_orm.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from ftrack_orm.cli.diagnosis.finding import Finding
    from ftrack_orm.cli.output import Output

_STYLES = {"ok": "green", "warning": "yellow", "failed": "bold red", "skipped": "dim"}


@command("ftrack-orm doctor", "ftrack-orm doctor --json | jq '.[] | select(.state == \"failed\")'")
@click.option("--server", metavar="URL", help="The server, in place of FTRACK_SERVER.")
@click.option("--user", metavar="NAME", help="The user, in place of FTRACK_API_USER.")
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(min=0.1),
    default=10.0,
    show_default=True,
    help="How long the server may be silent.",
)
@click.option("--no-events", is_flag=True, help="Do not connect to the event server.")
def doctor(output: Output, server: str | None, user: str | None, timeout: float, no_events: bool) -> None:
    """Check settings, connection, credentials, versions, latency, event server and caches.

    Each problem is printed with advice. The exit code is 3 if a check has failed. Warnings do not change it. An event
    is published that only this command receives.
    """
    from ftrack_orm.cli.diagnosis.finding import State, has_failed

    given = {"server_url": server or None, "api_user": user or None, "api_key": None}
    findings = []

    def run() -> Iterator[list[Any]]:
        for finding in _findings(given, timeout, no_events):
            findings.append(finding)
            yield [finding.check, finding.state.value, finding.detail, finding.advice]

    columns = ["check", "state", "detail", "advice"]
    if output.is_terminal and not output.json:
        for _ in run():
            _write_for_people(output, findings[-1])
        failures = sum(finding.state is State.FAILED for finding in findings)
        warnings = sum(finding.state is State.WARNING for finding in findings)
        output.write(f"\n{failures} failed, {warnings} warning{'' if warnings == 1 else 's'}", "bold")
    else:
        output.write_rows(columns, run())
    if has_failed(findings):
        click.get_current_context().exit(ExitCode.DIFFERENT)


def _findings(given: dict[str, str | None], timeout: float, no_events: bool) -> Iterator[Finding]:
    from ftrack_orm.cli.diagnosis import package_checks, server_checks, settings_checks
    from ftrack_orm.cli.diagnosis.finding import failed, has_failed
    from ftrack_orm.errors import FtrackError, SettingsError
    from ftrack_orm.session.session import Session

    yield from package_checks.check_packages()
    with _quiet_log():
        search, account = settings_checks.check_account(given, os.environ)
    yield from account
    yield from settings_checks.check_variables(os.environ)
    yield from settings_checks.check_folders(os.environ)
    if search is None or search.found.missing:
        yield from server_checks.skip_server("The server, the user and the key are needed.")
        return
    values = search.found.values
    try:
        session = Session(
            values["server_url"], values["api_key"], values["api_user"], timeout=timeout, retries=0, plugin_paths=[]
        )
    except SettingsError as error:
        yield failed("settings", str(error), "Correct the setting that the message names.")
        return
    with session:
        results: list[Finding] = []
        try:
            for finding in server_checks.check_server(session):
                results.append(finding)
                yield finding
        except FtrackError as error:
            yield failed("server", str(error), "Try again. If it fails again, ask the administrator of the server.")
            return
        if not has_failed(results) and not no_events:
            yield server_checks.check_events(session, timeout)


@contextmanager
def _quiet_log() -> Iterator[None]:
    """Keep the log off the error output: a finding says the same."""
    logger, handler = logging.getLogger("ftrack_orm"), logging.NullHandler()
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def _write_for_people(output: Output, finding: Finding) -> None:
    """Write a finding as a row of a table whose last column is wrapped, with the advice below the detail."""
    from rich.table import Table
    from rich.text import Text

    from ftrack_orm.cli.plain_text import printable_text

    table = Table.grid(padding=(0, 2, 0, 0))
    for width in (15, 7):
        table.add_column(width=width, overflow="fold")
    table.add_column(overflow="fold")
    state = finding.state.value
    detail = Text(printable_text(finding.detail))
    if finding.advice:
        detail.append(f"\n→ {printable_text(finding.advice)}", "bold")
    table.add_row(Text(finding.check), Text(state, style=_STYLES[state]), detail)
    output.write_renderable(table)
