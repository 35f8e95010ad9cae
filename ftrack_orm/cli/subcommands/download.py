"""Edge: `ftrack-orm download` copies the files of components to this machine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ftrack_orm.cli.command import command, connectable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ftrack_orm.cli.download_targets import Leaf
    from ftrack_orm.cli.output import Output
    from ftrack_orm.session.session import Session


@command(
    "ftrack-orm download ID --out plates",
    "ftrack-orm download --version ID --name beauty --out beauty.exr",
    "ftrack-orm download --version ID --name review --out - > review.mp4",
)
@click.argument("components", nargs=-1, metavar="[ID...]")
@click.option("--version", "version_id", metavar="ID", help="Download the components of a version.")
@click.option("--name", help="Only the components with this name.")
@click.option(
    "--out",
    metavar="PATH",
    help="A folder; the path of a single component; or - for the standard output, which takes one file.",
)
@click.option("--location", metavar="NAME", help="The location to read from; by default the preferred one.")
@click.option("--overwrite", is_flag=True, help="Replace files that exist.")
@connectable
def download(
    output: Output,
    components: tuple[str, ...],
    version_id: str | None,
    name: str | None,
    out: str | None,
    location: str | None,
    overwrite: bool,
    connect: Callable[[], Session],
) -> None:
    """Download the files of components, and print their paths.

    ID is that of a component. Sequences and containers become folders; with several files they cannot be written to the
    standard output. A file appears when it is complete. Files that
    exist are kept, which is an error, unless --overwrite is given. Files of other locations than ftrack.server are
    copied, if their plugins are found in FTRACK_EVENT_PLUGIN_PATH.
    """
    from ftrack_orm.cli.component_files import copy_files, find_components, find_members, location_of
    from ftrack_orm.cli.download_targets import targets_of
    from ftrack_orm.errors import quoted

    if not components and version_id is None:
        raise click.UsageError("Pass the ids of components, or --version ID.")
    session = connect()
    found = find_components(session, components, version_id, name)
    source = location_of(session, found, location)
    is_stream = out == "-"
    leaves = targets_of(found, find_members(session, found), None if out is None or is_stream else Path(out))
    if is_stream:
        if len(leaves) != 1:
            names = ", ".join(quoted(each["name"]) for each in found)
            verb = "has" if len(found) == 1 else "have"
            raise click.UsageError(
                f"The standard output takes one file, and {names} {verb} {len(leaves)}. "
                "Pass a folder, as in --out plates, or the id of one member."
            )
        copy_files(session, source, leaves, stream=sys.stdout.buffer)
        return
    if not overwrite:
        _check_absent(leaves)
    for folder in {leaf.path.parent for leaf in leaves}:
        folder.mkdir(parents=True, exist_ok=True)
    sizes = copy_files(session, source, leaves, overwrite=overwrite, progress=output.is_talkative)
    rows = [(leaf.component["id"], str(leaf.path), size) for leaf, size in zip(leaves, sizes, strict=True)]
    if output.json:
        output.write_rows(["id", "path", "size"], rows)
    else:
        output.write_rows(["path", "size"], [row[1:] for row in rows])


def _check_absent(leaves: Sequence[Leaf]) -> None:
    """Raise `ResourceExists` for the first file that exists, with the options of the command as advice."""
    from ftrack_orm.errors import ResourceExists, quoted

    for leaf in leaves:
        if leaf.path.exists():
            raise ResourceExists(
                f"Cannot write {quoted(str(leaf.path))}: it exists already. Pass --overwrite to replace it, or another "
                "--out."
            )
