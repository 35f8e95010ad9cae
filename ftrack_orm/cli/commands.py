"""Edge: the table of the commands of `ftrack-orm`, and the group that imports a command when it is needed."""

from __future__ import annotations

import importlib
from typing import Any, Final

import attrs
import click

from ftrack_orm.errors import suggestion

from .exit_codes import JSON_KEY, exit_on_errors


@attrs.frozen
class Row:
    """A command: the section of the help it belongs to, its function as `module:name`, and a summary of one line."""

    section: str
    function: str
    summary: str


#: The commands by their names, in the order of the help. A function is named relative to `ftrack_orm.cli`.
COMMANDS: Final[dict[str, Row]] = {
    "login": Row(
        "Set up", "subcommands.login:login", "Ask for an account, check it, and keep its key in the system keyring."
    ),
    "doctor": Row(
        "Set up",
        "subcommands.doctor:doctor",
        "Check settings, connection, credentials, versions, latency, event server and caches.",
    ),
    "completion": Row(
        "Set up", "subcommands.completion:completion", "Print the script that completes commands in a shell."
    ),
    "query": Row("Look at data", "subcommands.query:query", "Print the entities that an expression selects."),
    "get": Row("Look at data", "subcommands.get:get", "Print an entity."),
    "describe": Row("Look at data", "subcommands.describe:describe", "Show the attributes of an entity type."),
    "schema": Row("Look at data", "subcommands.schema:schema", "Draw the schema, write it to a file, or compare two."),
    "set": Row("Change data", "subcommands.set:set_", "Change attributes of entities."),
    "shell": Row(
        "Change data",
        "subcommands.shell:shell",
        "Start an interactive shell with a session and the entity types of the server.",
    ),
    "upload": Row(
        "Files",
        "subcommands.upload:upload",
        "Create a component from each file, send the files, and print the components.",
    ),
    "download": Row(
        "Files", "subcommands.download:download", "Download the files of components, and print their paths."
    ),
    "events": Row("Events", "subcommands.events:events", "Print events as they are published, until interrupted."),
    "publish": Row("Events", "subcommands.publish:publish", "Publish an event."),
    "sandbox": Row("Learn and test", "subcommands.sandbox:sandbox", "Run the embedded server until it is interrupted."),
    "demo": Row("Learn and test", "subcommands.demo:demo", "Run a typical session against an embedded server."),
    "stubs": Row(
        "Write programs",
        "subcommands.stubs:stubs",
        "Write a package of the server's types, for programs, editors and type checkers.",
    ),
    "port": Row(
        "Move over", "subcommands.port:port", "Print what would have to change in scripts for ftrack-python-api."
    ),
}


class CommandGroup(click.Group):
    """The group of all commands. Its help is made from the table, so that it imports none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order of the table."""
        return list(COMMANDS)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the options before the command. Errors of usage are JSON, too, if the command is to write JSON."""
        ctx.meta[JSON_KEY] = "--json" in args
        return super().parse_args(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command of a name. Return None for a name without a command."""
        row = COMMANDS.get(cmd_name)
        if row is None:
            return None
        module, _, name = row.function.partition(":")
        found = getattr(importlib.import_module(f"{__package__}.{module}"), name)
        assert isinstance(found, click.Command)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments name. Names that are close to an unknown one are suggested."""
        if args and args[0] not in COMMANDS and args[0][:1] != "-":
            ctx.fail(f"There is no command {args[0]!r}.{suggestion(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with their summaries, in sections."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, row in COMMANDS.items():
            sections.setdefault(row.section, []).append((name, row.summary))
        width = max(map(len, COMMANDS))
        for section, rows in sections.items():
            with formatter.section(section):
                formatter.write_dl([(name.ljust(width), summary) for name, summary in rows])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the help of a command adds."""
        with formatter.section("Examples"):
            formatter.write(
                "  $ ftrack-orm login\n  $ ftrack-orm query Task --limit 10\n  $ ftrack-orm sandbox --port 8080\n"
            )

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command. Errors that people can solve end the process with their message and code."""
        with exit_on_errors(ctx):
            return super().invoke(ctx)


@click.group(cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ftrack-orm")
def commands() -> None:
    """Look at an ftrack server, change it, and run an embedded one.

    The server, the user and the API key are taken from the environment variables FTRACK_SERVER, FTRACK_API_USER and
    FTRACK_API_KEY, from the system keyring, or from ftrack Connect.
    """
