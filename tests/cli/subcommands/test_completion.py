"""`ftrack-orm completion`, and the completion of commands in a shell."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

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
