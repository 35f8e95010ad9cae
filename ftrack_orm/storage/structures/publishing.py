"""Pure: the entities that a published component belongs to: version, asset, and the contexts around it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from ftrack_orm.errors import StructureError

#: What every structure reads of a version. The link ends with the version; the asset is not in it (ftrack's fact).
_PUBLICATION = ("version", "link", "asset.name", "asset.parent.name", "asset.parent[TypedContext].project.name")


def version_projections(others: Iterable[str] = ()) -> list[str]:
    """Return the projections of the version of components and, as they may be members, of that of their containers.

    *others* are paths that begin at the version.
    """
    own = [f"version.{path}" for path in dict.fromkeys((*_PUBLICATION, *others))]
    return [*own, *(f"container.{path}" for path in own)]


@attrs.frozen
class PublicationContext:
    """A version, its asset, the context of the asset, the project, and the names of the contexts between the last two.

    *parents* begin with the outermost context and include the context of the asset, unless that is the project.
    """

    version: Any
    asset: Any
    parent: Any
    project: Any
    parents: tuple[str, ...]


def publication_of(component: Any) -> PublicationContext:
    """Return the version of *component* and the entities around it.

    Raises `StructureError` unless it belongs to a version that is committed, with a committed asset.
    """
    version = component.version
    if version is None:
        raise StructureError(
            f"{component!r} belongs to no version, and its resource identifier is formed by one. Set its version, or"
            " use a location whose structure needs none."
        )
    link, asset = version.link, version.asset
    parent = asset.parent if asset is not None else None
    if not link or parent is None or version.version is None:
        raise StructureError(
            f"The resource identifier of {component!r} is formed by {version!r}, its asset and the context of that, and"
            " the server does not have all of them yet. Commit them first."
        )
    project = parent if parent.__entity_type__ == "Project" else parent.project
    return PublicationContext(version, asset, parent, project, tuple(str(each["name"]) for each in link[1:-1]))
