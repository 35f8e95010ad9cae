"""Edge: finds components with their members, and copies their files from the location that has them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from ftrack_orm.errors import ComponentNotInLocation, NoResult

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity
    from ftrack_orm.session.session import Session

    from .download_targets import Leaf

_BLOCK_BYTES: Final = 1 << 20


def find_components(session: Session, ids: Sequence[str], version_id: str | None, name: str | None) -> list[Any]:
    """Return the components with the *ids*, and those of a version, each with the *name* if it is given.

    Raises `NoResult` if one of the ids, or the version with such a component, does not exist.
    """
    Component: Any = session.types["Component"]
    query = session.query(Component).select("name", "file_type", "component_locations.location.name")
    if name is not None:
        query = query.where(name=name)
    found: list[Any] = []
    if ids:
        by_id = {each["id"]: each for each in query.where(Component.id.in_(ids))}
        missing = [each for each in ids if each not in by_id]
        if missing:
            raise NoResult(f"There is no component with the id {missing[0]!r}{' and that name' if name else ''}.")
        found += [by_id[each] for each in dict.fromkeys(ids)]
    if version_id is not None:
        of_version = query.where(version_id=version_id).all()
        if not of_version:
            named = f" with the name {name!r}" if name else ""
            raise NoResult(f"There is no version {version_id!r} with a component{named}.")
        found += [each for each in of_version if each not in found]
    return found


def find_members(session: Session, components: Sequence[Any]) -> dict[str, list[Any]]:
    """Return the members of sequences and containers, by the ids of these."""
    members: dict[str, list[Any]] = {each["id"]: [] for each in components if each.__entity_type__ != "FileComponent"}
    if members:
        Component: Any = session.types["Component"]
        query = session.query(Component).select("name", "file_type", "container_id").order_by(Component.name)
        for member in query.where(Component.container_id.in_(list(members))):
            members[member["container_id"]].append(member)
    return members


def location_of(session: Session, components: Sequence[Any], name: str | None) -> Entity:
    """Return the location with that name, or the preferred one of this machine that has all components.

    Raises `ComponentNotInLocation`, which names the locations that have a component.
    """
    if name is not None:
        return session.locations[name]
    picked = session.pick_locations(components)
    for component, location in zip(components, picked, strict=True):
        if location is None:
            names = sorted(each["location"]["name"] for each in component["component_locations"])
            there = f"It is in {', '.join(names)}." if names else "It is in no location."
            raise ComponentNotInLocation(
                f"The component {component['name']!r} ({component['id']}) is in no location that this machine can "
                f"read. {there} Locations of a studio are configured by plugins: set FTRACK_EVENT_PLUGIN_PATH."
            )
    first = picked[0]
    assert first is not None
    if any(each != first for each in picked):
        raise ComponentNotInLocation(
            f"The components are in different locations, such as {first['name']}. Pass --location, or download "
            "them one by one."
        )
    return first


def copy_files(
    session: Session,
    location: Entity,
    leaves: Sequence[Leaf],
    *,
    stream: BinaryIO | None = None,
    overwrite: bool = False,
    progress: bool = False,
) -> list[int]:
    """Copy the files to their paths, or the only one to a stream, and return their sizes."""
    if location["id"] == session.locations.server["id"]:
        targets = {leaf.component["id"]: stream or leaf.path for leaf in leaves}
        return session.download_many(targets, overwrite=overwrite, progress=progress)
    from ftrack_orm.storage.atomic_files import AtomicFile

    sizes = []
    paths: list[str] = location.get_filesystem_paths([leaf.component for leaf in leaves])
    for leaf, path in zip(leaves, paths, strict=True):
        with open(path, "rb") as source:
            if stream is not None:
                shutil.copyfileobj(source, stream, _BLOCK_BYTES)
            else:
                with AtomicFile(leaf.path, overwrite=overwrite) as target:
                    shutil.copyfileobj(source, target, _BLOCK_BYTES)
            sizes.append(source.tell())
    return sizes
