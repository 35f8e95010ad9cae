"""Commands with examples, and commands with a session."""

from __future__ import annotations

import pytest

from ftrack_orm import Session
from ftrack_orm.cli.command import command, connected
from ftrack_orm.cli.output import Output
from tests.cli.terminals import run_in_pipe, run_in_terminal

sessions: list[Session] = []


@command("ftrack-orm whoami --note 'a long text in quotes, which is not broken'", "ftrack-orm whoami")
@connected
def whoami(output: Output, session: Session) -> None:
    """Write the user."""
    sessions.append(session)
    output.write_record({"user": session.api_user, "server": session.server_url})


@pytest.mark.usefixtures("account")
def test_a_connected_command_has_a_session_that_is_closed_afterwards() -> None:
    ran = run_in_pipe("--json", command=whoami)
    assert ran.code == 0
    session = sessions.pop()
    assert ran.json == {"user": session.api_user, "server": session.server_url}
    assert session.closed


@pytest.mark.usefixtures("account")
def test_options_take_precedence_over_variables() -> None:
    assert run_in_pipe("--json", "--user", "jane", "--server", "other", command=whoami).json == {
        "user": "jane",
        "server": "https://other.ftrackapp.com",
    }


def test_examples_are_wrapped_as_a_shell_accepts_them() -> None:
    text = run_in_terminal("--help", command=whoami, columns=54).output.partition("Examples:\n")[2]
    assert text == (
        "  $ ftrack-orm whoami --note \\\n      'a long text in quotes, which is not broken'\n  $ ftrack-orm whoami\n"
    )
