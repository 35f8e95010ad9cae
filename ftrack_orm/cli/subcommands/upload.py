"""Edge: `ftrack-orm upload` creates components from files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from ftrack_orm.cli.command import command, connectable

if TYPE_CHECKING:
    from collections.abc import Callable

    from ftrack_orm.cli.output import Output
    from ftrack_orm.entities.entity import Entity
    from ftrack_orm.session.session import Session

#: The expression of a sequence, and all that follows: the file type and the ranges.
_FRAME: Final = re.compile(r"[._-]*%\d*d.*$")
COLUMNS: Final = ("id", "name", "file_type", "size")


@command(
    "ftrack-orm upload beauty.exr depth.exr --to AssetVersion ID",
    "ftrack-orm upload 'plate.%04d.exr [1001-1100]' --name plate",
    "ftrack-orm upload still.png --to Task ID --as thumbnail",
    "ftrack-orm upload beauty.exr --json | jq -r '.[].id'",
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--to", "owner", type=(str, str), metavar="TYPE ID", help="The entity that gets the files: a version.")
@click.option(
    "--as",
    "use",
    type=click.Choice(["component", "thumbnail", "review"]),
    default="component",
    show_default=True,
    help="A thumbnail of any entity, or a movie that the server encodes for the review of a version.",
)
@click.option("--name", help="The name of the component, for one file; by default that of the file.")
@click.option("--location", default="ftrack.server", show_default=True, help="The name of the location.")
@click.option("--dry-run", is_flag=True, help="Print the components that would be created, and send nothing.")
@connectable
def upload(
    output: Output,
    files: tuple[str, ...],
    owner: tuple[str, str] | None,
    use: str,
    name: str | None,
    location: str,
    dry_run: bool,
    connect: Callable[[], Session],
) -> None:
    """Create a component from each file, send the files, and print the components.

    A FILE is a path, or a sequence: 'plate.%04d.exr [1001-1100]'. All components are created in one request when the
    files have arrived. If one file cannot be sent, none is created.
    """
    if len(files) > 1 and (name or use != "component"):
        raise click.UsageError("--name and --as are for one file.")
    if use != "component" and owner is None:
        raise click.UsageError(f"A {use} belongs to an entity. Pass --to TYPE ID.")
    if use != "component" and location != "ftrack.server":
        raise click.UsageError(f"A {use} is kept in the location ftrack.server.")
    session = connect()
    target = None if owner is None else _find(session, *owner)
    if dry_run:
        _print_plan(output, files, name, location, use)
        return
    created = []
    with session.transfer(progress=output.is_talkative) as block:
        for each in files:
            values = {"name": name or name_of(each)}
            if use == "component":
                created.append(block.component(target, each, values, location=location))
            elif use == "thumbnail":
                assert target is not None
                created.append(block.thumbnail(target, each, values))
            else:
                created.append(block.review(target, each, values, keep_original=True).component)
    if output.json:
        output.write_json([_record(each, location) for each in created])
    else:
        # A terminal of 80 columns shows the ids in one piece, for copying.
        output.write_rows(COLUMNS, [[each[name] for name in COLUMNS] for each in created])


def _record(component: Entity, location: str) -> dict[str, Any]:
    values = {name: component[name] for name in COLUMNS}
    return {**values, "type": component.__entity_type__, "location": location}


def _find(session: Session, entity_type: str, identifier: str) -> Entity:
    """Return the entity that the files are for. Raises `NoResult` if it does not exist."""
    from ftrack_orm.errors import NoResult

    found = session.get(entity_type, identifier)
    if found is None:
        raise NoResult(f"There is no {entity_type} with the id {identifier!r}.")
    return found


def name_of(file: str) -> str:
    """Return the name of the component of a file or a sequence: that of the file without its type and frame."""
    return _FRAME.sub("", Path(file).name) if "%" in file else Path(file).stem


def _print_plan(output: Output, files: tuple[str, ...], name: str | None, location: str, use: str) -> None:
    from ftrack_orm.errors import ResourceNotFound

    rows = []
    for each in files:
        path = Path(each)
        is_sequence = "%" in path.name
        if not is_sequence and not path.is_file():
            raise ResourceNotFound(f"The file {each!r} does not exist.")
        kind = "sequence" if is_sequence else use
        rows.append([kind, name or name_of(each), None if is_sequence else path.stat().st_size, location])
    output.write_rows(["use", "name", "size", "location"], rows)
