"""Writes the reference of the commands into its page: `python -m tests.cli.command_line_page`.

The text between the marks is made from the commands, so that it has each option with its help. The rest is written by
hand.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from ftrack_orm.cli.command import Command
from ftrack_orm.cli.commands import COMMANDS, commands
from ftrack_orm.cli.exit_codes import ExitCode

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "reference" / "command-line.md"


def generated_parts() -> dict[str, str]:
    """Return the generated texts by their marks."""
    return {"exit codes": _exit_codes(), "commands": "\n".join(_sections())}


def with_generated_parts(page: str) -> str:
    """Return the text of the page with the generated parts between their marks."""
    for name, text in generated_parts().items():
        start, end = f"<!-- begin: {name} -->\n", f"<!-- end: {name} -->"
        before, _, rest = page.partition(start)
        _, found, after = rest.partition(end)
        if not found:
            raise ValueError(f"The page has no marks for the {name}.")
        page = f"{before}{start}\n{text}\n{end}{after}"
    return page


def leaves() -> Iterator[tuple[str, click.Command]]:
    """Yield each command that does something, with its whole name, in the order of the table."""
    context = click.Context(commands)
    for name in COMMANDS:
        command = commands.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            inner = click.Context(command)
            for each in command.list_commands(inner):
                found = command.get_command(inner, each)
                assert found is not None
                yield f"{name} {each}", found
        else:
            yield name, command


def _exit_codes() -> str:
    rows = [f"| {int(code)} | {code.meaning} |" for code in ExitCode]
    return "\n".join(["| code | meaning |", "|---|---|", *rows, ""])


def _sections() -> Iterator[str]:
    section = ""
    for name, command in leaves():
        own = COMMANDS[name.partition(" ")[0]].section
        if own != section:
            section = own
            yield f"## {section}\n"
        yield _command(name, command)


def _command(name: str, command: click.Command) -> str:
    assert isinstance(command, Command)
    context = click.Context(command, info_name=f"ftrack-orm {name}")
    usage = " ".join([context.info_name or "", *command.collect_usage_pieces(context)])
    lines = [f"### `{name}`", "", "```text", usage, "```", ""]
    lines += [paragraph + "\n" for paragraph in inspect.cleandoc(command.help or "").split("\n\n")]
    lines += ["| option | meaning |", "|---|---|"]
    lines += [_option(option) for option in command.params if isinstance(option, click.Option)]
    lines += ["", "```bash", *command.examples, "```", ""]
    return "\n".join(lines)


def _option(option: click.Option) -> str:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    value = "" if option.is_flag else f" *{_value(option)}*"
    text = option.help or ""
    if option.show_default and option.default is not None:
        text += f" Default: `{option.default}`."
    return f"| {names}{value} | {text} |".replace("\\|", "|")


def _value(option: click.Option) -> str:
    if isinstance(option.type, click.Choice):
        return ", ".join(map(str, option.type.choices))
    return option.metavar or option.human_readable_name.upper()


if __name__ == "__main__":
    DOCUMENT.write_text(with_generated_parts(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
