"""Edge: `ftrack-orm port` prints what would have to change in scripts that are written for the official client."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ftrack_orm.cli.command import command
from ftrack_orm.cli.exit_codes import ExitCode
from ftrack_orm.errors import InvalidValue

if TYPE_CHECKING:
    from ftrack_orm.cli.output import Output
    from ftrack_orm.porting.finding import Finding


@command(
    "ftrack-orm port publish.py",
    "ftrack-orm port --compat plugins/*.py",
    "ftrack-orm port --json publish.py",
)
@click.option("--compat", is_flag=True, help="Print only what has to change for ftrack_orm.compat.")
@click.argument(
    "files",
    metavar="FILE...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, allow_dash=True, path_type=Path),
)
def port(output: Output, compat: bool, files: tuple[Path, ...]) -> None:
    """Print what would have to change in scripts for ftrack-python-api.

    Each place is printed with its line. The scripts are read, and never run or changed. FILE is a script, a folder
    with scripts, or - for the standard input. A place that may be meant for ftrack, but cannot be known to be without
    running the script, is printed with its condition. The exit code is 0 when nothing has to change, 3 when
    something has to, and 2 when a script cannot be read, after the findings in the others.
    """
    from ftrack_orm.porting.checking import check_script, read_script, scripts_in

    found: list[tuple[str, Finding]] = []
    unreadable: list[InvalidValue] = []
    count = 0
    for script in scripts_in(files):
        count += 1
        try:
            findings = check_script(read_script(script), str(script))
        except InvalidValue as error:
            # One old script must not hide the findings in the others.
            unreadable.append(error)
            continue
        found += [(str(script), finding) for finding in findings if finding.compat or not compat]
    if output.json:
        output.write_json([_as_dictionary(path, finding) for path, finding in found])
    else:
        for path, finding in found:
            _write(output, path, finding, compat)
        output.note(_summary(found, count, compat))
    for each in unreadable[:-1]:
        output.warn(str(each))
    if unreadable:
        raise unreadable[-1]
    if found:
        click.get_current_context().exit(ExitCode.DIFFERENT)


def _write(output: Output, path: str, finding: Finding, compat: bool) -> None:
    output.write(f"{path}:{finding.line}:{finding.column}: {finding.text}", style="bold")
    if not compat:
        output.write(f"    {finding.advice}")
    if finding.compat:
        output.write(f"    {'' if compat else 'with ftrack_orm.compat, '}write {finding.compat}")


def _as_dictionary(path: str, finding: Finding) -> dict[str, object]:
    return {
        "file": path,
        "line": finding.line,
        "column": finding.column,
        "text": finding.text,
        "write": finding.write,
        "compat": finding.compat,
        "condition": finding.condition or None,
    }


def _summary(found: list[tuple[str, Finding]], count: int, compat: bool) -> str:
    scripts = f"{count} {'script' if count == 1 else 'scripts'}"
    needed = sum(finding.compat is not None for _, finding in found)
    if compat:
        return f"{scripts}: {needed} places have to change for ftrack_orm.compat"
    return f"{scripts}: {len(found)} places have to change for ftrack_orm, {needed} of them for ftrack_orm.compat"
