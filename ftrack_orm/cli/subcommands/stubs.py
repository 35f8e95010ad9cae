"""Edge: `ftrack-orm stubs` writes the package of a studio's own types, or checks whether it is up to date."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ftrack_orm.cli.arguments import read_schema_content
from ftrack_orm.cli.command import command, connectable
from ftrack_orm.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from ftrack_orm.cli.output import Output
    from ftrack_orm.session.session import Session
    from ftrack_orm.typing.content import SchemaContent
    from ftrack_orm.typing.writing import CheckedPackage


@command(
    "ftrack-orm stubs --out studio",
    "ftrack-orm stubs --out studio --schema schema.json",
    "ftrack-orm stubs --out studio --check",
)
@click.option(
    "--out",
    "folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    default="studio",
    show_default=True,
    help="The folder of the package; its name is the one that programs import.",
)
@click.option(
    "--schema",
    "file",
    metavar="FILE",
    help="A file of schema dump, or the schema.json of a package, in place of a server.",
)
@click.option("--check", is_flag=True, help="Write nothing; print what differs, and exit with 3 if anything does.")
@connectable
def stubs(output: Output, folder: Path, file: str | None, check: bool, connect: Callable[[], Session]) -> None:
    """Write a package of the server's types, for programs, editors and type checkers.

    Programs then write `from studio import Session, Task, Shot`. The files are the same for the same types, so that
    they can be kept in a repository, and --check shows in its continuous integration that the server has changed.
    """
    from ftrack_orm.typing.writing import check_folder, check_package, write_package

    folder = Path(os.path.abspath(os.path.expanduser(folder)))
    check_folder(folder)
    content = _content(file, connect)
    if check:
        _check(output, folder, check_package(folder, content))
        return
    changed = write_package(folder, content)
    if output.json:
        numbers = {"types": len(content.answer), "custom_attributes": len(content.configurations)}
        output.write_json({"package": str(folder), "hash": content.hash, **numbers, "written": changed})
        return
    for name in changed:
        output.write(str(folder / name))
    output.note(
        f"{len(content.answer)} types, {len(content.configurations)} custom attributes."
        if changed
        else f"{folder} is up to date."
    )


def _check(output: Output, folder: Path, checked: CheckedPackage) -> None:
    """Print the files and the parts of the schema that differ. Exit with `DIFFERENT` if there are any."""
    if output.json:
        record = {"package": str(folder), "different": list(checked.different), "differences": checked.differences}
        output.write_json({"up_to_date": bool(checked), **record})
    else:
        for name in checked.different:
            output.write(f"{folder / name} differs")
        if checked.differences:
            output.write(checked.differences)
    if not checked:
        output.note("Write the package again with ftrack-orm stubs.")
        click.get_current_context().exit(ExitCode.DIFFERENT)
    output.note(f"{folder} is up to date.")


def _content(file: str | None, connect: Callable[[], Session]) -> SchemaContent:
    if file is not None:
        return read_schema_content(file)
    from ftrack_orm.typing.collecting import collect_content

    return collect_content(connect())
