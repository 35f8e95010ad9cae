"""`ftrack-orm completion`, and the completion of commands in a shell."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable

import pytest
from click.shell_completion import get_completion_class

from ftrack_orm.cli.commands import commands
from tests.cli.processes import ENVIRONMENT, TIMEOUT_SECONDS, command_line
from tests.cli.terminals import run_in_pipe


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_one_that_the_shell_accepts(shell: str) -> None:
    ran = run_in_pipe("completion", shell)
    assert ran.code == 0
    assert "_FTRACK_ORM_COMPLETE" in ran.output
    assert run_in_pipe("completion", shell, "--json").json["script"].strip() == ran.output.strip()
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=ran.output, text=True, check=True, timeout=TIMEOUT_SECONDS)


@pytest.fixture
def in_powershell(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[tuple[str, str]]]:
    """Return a function that asks for the completions of the last word, as the script in PowerShell does."""

    def complete(*words: str) -> list[tuple[str, str]]:
        found = get_completion_class("powershell")
        if found is None:
            pytest.skip("click is older than 8.5")
        monkeypatch.setenv("COMP_WORDS", " ".join(["ftrack-orm", *words]))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        lines = found(commands, {}, "ftrack-orm", "_FTRACK_ORM_COMPLETE").complete().splitlines()
        return list(zip(lines[::3], lines[1::3], strict=True))

    return complete


def test_powershell_gets_the_kind_the_word_and_a_help_in_three_lines(
    in_powershell: Callable[..., list[tuple[str, str]]],
) -> None:
    assert in_powershell("compl") == [("plain", "completion")]
    assert ("plain", "powershell") in in_powershell("completion", "")
    assert ("plain", "--tasks") in in_powershell("demo", "--")
    assert in_powershell("sandbox", "--schema", "") == [("file", "")]
    script = run_in_pipe("completion", "powershell").output
    assert "Register-ArgumentCompleter -Native -CommandName ftrack-orm" in script
    assert "$env:_FTRACK_ORM_COMPLETE = 'powershell_complete'" in script
    if shutil.which("pwsh"):
        parse = "$null = [scriptblock]::Create([Console]::In.ReadToEnd())"
        subprocess.run(
            ["pwsh", "-NoProfile", "-c", parse], input=script, text=True, check=True, timeout=TIMEOUT_SECONDS
        )


def test_a_click_without_completion_in_powershell_is_an_error_that_says_which_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ftrack_orm.cli.subcommands.completion.get_completion_class", lambda shell: None)
    ran = run_in_pipe("completion", "powershell")
    assert (ran.code, ran.output) == (2, "")
    assert "Completion in powershell needs click 8.5, and click " in ran.errors
    assert "pip install --upgrade click" in ran.errors


def complete(*words: str) -> list[str]:
    """Return the completions of the last word, as bash asks for them."""
    environment = {
        **ENVIRONMENT,
        "_FTRACK_ORM_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(["ftrack-orm", *words]),
        "COMP_CWORD": str(len(words)),
    }
    process = subprocess.run(
        command_line(), capture_output=True, text=True, timeout=TIMEOUT_SECONDS, env={**os.environ, **environment}
    )
    return [line.partition(",")[2] for line in process.stdout.splitlines()]


def test_commands_and_options_are_completed() -> None:
    assert complete("compl") == ["completion"]
    assert "--tasks" in complete("demo", "--")
