"""Pure: the paths that components are downloaded to, with names that each file system accepts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from ftrack_orm.errors import UsageError
from ftrack_orm.storage.identifiers import legal_name


@attrs.frozen
class Leaf:
    """A *component* with one file, and the path of its file."""

    component: Any
    path: Path


def targets_of(components: Sequence[Any], members: Mapping[str, Sequence[Any]], out: Path | None) -> list[Leaf]:
    """Return the files of components, and the path of each.

    *members* are those of sequences and containers by the ids of these, which become folders. *out* is a folder, or
    the path of the only file. Names come from other users: a name never leads out of the folder. Raises `UsageError` if
    two files would have one path.
    """
    is_file = out is not None and not out.is_dir() and len(components) == 1
    folder = out if out is not None and not is_file else Path()
    leaves = []
    for component in components:
        inner = members.get(component["id"])
        if inner is None:
            path = out if is_file and out is not None else folder / file_name(component["name"], component["file_type"])
            leaves.append(Leaf(component, path))
            continue
        place = out if is_file and out is not None else folder / legal_name(component["name"] or "")
        leaves.extend(Leaf(member, place / _member_name(component, member)) for member in inner)
    _check_unique(leaves)
    return leaves


def file_name(name: str | None, file_type: str | None) -> str:
    """Return the name of a file. The file type is left out if the name ends with it."""
    name, file_type = name or "", file_type or ""
    return legal_name(name if name.endswith(file_type) else name + file_type)


def _member_name(component: Any, member: Any) -> str:
    """Return the name of a member's file: of a sequence with the sequence's name before the number of the frame."""
    name = member["name"] or ""
    if component.__entity_type__ == "SequenceComponent" and name.isdigit():
        name = f"{component['name']}.{name}"
    return file_name(name, member["file_type"])


def _check_unique(leaves: Iterable[Leaf]) -> None:
    seen: dict[str, Leaf] = {}
    for leaf in leaves:
        other = seen.setdefault(str(leaf.path).lower(), leaf)
        if other is not leaf:
            raise UsageError(
                f"The components {other.component['id']} and {leaf.component['id']} would both be written to "
                f"{str(leaf.path)!r}. Download them one by one, each with --out."
            )
