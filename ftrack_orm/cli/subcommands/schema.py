"""Edge: `ftrack-orm schema` draws a schema, writes it to a file, and compares two of them."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from ftrack_orm.cli.arguments import EntityTypeName, read_schema_content, read_schema_file
from ftrack_orm.cli.command import Group, command, connectable, connected
from ftrack_orm.cli.exit_codes import ExitCode
from ftrack_orm.cli.extras import needs_extra
from ftrack_orm.cli.lookup import current_schema
from ftrack_orm.schema.cache import replace_file

if TYPE_CHECKING:
    from ftrack_orm.cli.output import Output
    from ftrack_orm.session.session import Session
    from ftrack_orm.typing.content import SchemaContent

#: The word that stands for the schema of the connected server among the arguments of `diff`.
SERVER: Final = "server"
OUT = click.Path(dir_okay=False, path_type=Path)


@click.group(
    cls=Group,
    examples=[
        "ftrack-orm schema graph --out schema.svg",
        "ftrack-orm schema dump --out schema.json",
        "ftrack-orm schema diff schema.json server",
    ],
)
def schema() -> None:
    """Draw the schema, write it to a file, or compare two."""


@command(
    "ftrack-orm schema graph --out schema.svg",
    "ftrack-orm schema graph Task AssetVersion --out task.svg",
    "ftrack-orm schema graph --schema schema.json --out schema.svg",
)
@click.argument("types", metavar="[TYPE]...", type=EntityTypeName(), nargs=-1)
@click.option("--out", required=True, type=OUT, help="The SVG file to write; - writes to the standard output.")
@click.option("--depth", default=1, show_default=True, type=click.IntRange(0, 9), help="The relations around a type.")
@click.option("--schema", "file", metavar="FILE", help="A file of schema dump, in place of a server.")
@connectable
def graph(
    output: Output, types: tuple[str, ...], out: Path, depth: int, file: str | None, connect: Callable[[], Session]
) -> None:
    """Draw the schema as an SVG picture.

    Without a TYPE, all entity types are drawn in groups of related types; that needs the extra graph. With one or
    more, the types that refer to them are drawn on their left, and those that they refer to on their right.
    """
    from ftrack_orm.schema.drawing import draw
    from ftrack_orm.schema.svg import svg

    shown = read_schema_file(file) if file else current_schema(connect())
    with needs_extra("A picture of a schema", {"networkx"}, "cli,graph"):
        drawing = draw(shown, types, depth)
    title = f"The entity types around {', '.join(types)}" if types else "The entity types of an ftrack server"
    _write(output, out, svg(drawing, title), {"types": len(drawing.boxes)})


@command("ftrack-orm schema dump --out schema.json", "ftrack-orm schema dump | jq '.[].id'")
@click.option("--out", default="-", type=OUT, help="The file to write; the standard output by default.")
@click.option("--with-names", is_flag=True, help="Add custom attributes and names of statuses, for stubs --schema.")
@connected
def dump(output: Output, out: Path, with_names: bool, session: Session) -> None:
    """Write the schema of the server as JSON.

    The form is that of the server's own reply to query_schemas. The commands sandbox, stubs, schema diff and schema
    graph read it. With --with-names, it is that of the schema.json of a generated package, which all but sandbox read.
    """
    import json

    if with_names:
        from ftrack_orm.typing.collecting import collect_content

        text = collect_content(session).to_text()
    else:
        current_schema(session)
        text = json.dumps(session.schemas, indent=1, sort_keys=True) + "\n"
    _write(output, out, text, {"types": len(session.schema), "hash": session.schema.hash})


@command(
    "ftrack-orm schema diff schema.json server",
    "ftrack-orm schema diff before.json after.json --json",
)
@click.argument("old")
@click.argument("new", default=SERVER)
@click.option("--breaking", is_flag=True, help="Exit with success unless a difference can break programs.")
@connectable
def diff(output: Output, old: str, new: str, breaking: bool, connect: Callable[[], Session]) -> None:
    """Show the differences between two schemas.

    OLD and NEW are files of schema dump, packages that stubs wrote, or the word server for the connected server, which
    is also the default of NEW. A line begins with + for an addition, - for a removal and ~ for a change; an exclamation
    mark says that it can break programs. Names of statuses and custom attributes are compared if the files have them.
    The exit code is 3 if there are differences.
    """
    from ftrack_orm.schema.differences import schema_differences
    from ftrack_orm.typing.name_differences import name_differences

    contents = _contents(old, new, connect)
    found = schema_differences(*(each.schema for each in contents))
    # A file of entity types alone says nothing about names.
    names = name_differences(*contents) if all(map(_has_names, contents)) else []
    if output.json:
        output.write_json({**found.as_json(), "names": names})
    else:
        lines = [*(str(found).splitlines() if found else []), *names]
        for line in lines or ["The schemas are equal."]:
            output.write(line, style=_STYLES.get(line.lstrip()[:1]))
    if found.breaking if breaking else found or names:
        click.get_current_context().exit(ExitCode.DIFFERENT)


_STYLES: Final = {"+": "green", "-": "red", "~": "yellow"}


def _contents(old: str, new: str, connect: Callable[[], Session]) -> list[SchemaContent]:
    """Return the contents of two sources; that of a server has names only if the one of the other has."""
    from ftrack_orm.typing.collecting import collect_content
    from ftrack_orm.typing.content import SchemaContent

    files = {each: read_schema_content(each) for each in (old, new) if each != SERVER}
    if SERVER in (old, new):
        session = connect()
        current_schema(session)
        is_named = any(map(_has_names, files.values()))
        files[SERVER] = collect_content(session) if is_named else SchemaContent.of(session.schemas)
    return [files[each] for each in (old, new)]


def _has_names(content: SchemaContent) -> bool:
    return bool(content.configurations or content.names.statuses)


def _write(output: Output, out: Path, text: str, facts: dict[str, object]) -> None:
    """Write a text to a file and say so, or to the standard output."""
    if str(out) == "-":
        click.echo(text, nl=False)
        return
    out = Path(os.path.expanduser(out))
    if not out.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(out.parent))
    replace_file(out, text.encode())
    if output.json:
        output.write_json({"file": str(out), **facts})
    else:
        output.note(f"wrote {out}")


for each in (graph, dump, diff):
    schema.add_command(each)
