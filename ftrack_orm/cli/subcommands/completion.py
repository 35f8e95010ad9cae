"""Edge: `ftrack-orm completion` prints the script that completes commands, options and names in a shell."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

import click
from click.shell_completion import get_completion_class

from ftrack_orm.cli.command import command

if TYPE_CHECKING:
    from ftrack_orm.cli.output import Output

SHELLS = ("bash", "zsh", "fish", "powershell")


@command(
    "ftrack-orm completion bash >> ~/.bashrc",
    "ftrack-orm completion zsh >> ~/.zshrc",
    "ftrack-orm completion fish > ~/.config/fish/completions/ftrack-orm.fish",
    "ftrack-orm completion powershell | Out-String | Invoke-Expression",
)
@click.argument("shell", type=click.Choice(SHELLS), metavar="[bash|zsh|fish|powershell]")
def completion(output: Output, shell: str) -> None:
    """Print the script that completes commands in a shell.

    It completes commands, options and files, and the names of entity types from the cached schema of the server.
    Completion never makes a request. The line for PowerShell belongs into the file that $PROFILE names.
    """
    from ftrack_orm.cli.commands import commands

    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(
            f"Completion in {shell} needs click 8.5, and click {version('click')} is installed: "
            "pip install --upgrade click"
        )
    script = found(commands, {}, "ftrack-orm", "_FTRACK_ORM_COMPLETE").source()
    if output.json:
        output.write_json({"shell": shell, "script": script})
    else:
        click.echo(script)
