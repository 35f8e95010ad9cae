"""Components without a server, for structures, which only read attributes."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

_NUMBERS = itertools.count()


def component(entity_type: str = "FileComponent", **attributes: Any) -> Any:
    """Return a component with the given attributes; it has a version, unless that or a container is given."""
    defaults: dict[str, Any] = {
        "__entity_type__": entity_type,
        "id": f"{next(_NUMBERS):08x}-0000",
        "name": "main",
        "file_type": None if entity_type == "ContainerComponent" else ".exr",
        "container": None,
        "version": None if "container" in attributes else version(),
    }
    if entity_type == "SequenceComponent":
        defaults["padding"] = 4
    return SimpleNamespace(**{**defaults, **attributes})


def version(
    number: int = 3, asset: str = "plate", parents: tuple[str, ...] = ("sq010", "sh010"), project: str = "demo"
) -> Any:
    """Return a committed version of an asset that lies below *parents* in a project."""
    root = SimpleNamespace(__entity_type__="Project", name=project)
    parent = SimpleNamespace(__entity_type__="Shot", name=parents[-1], project=root) if parents else root
    return SimpleNamespace(
        version=number,
        link=[{"name": name} for name in (f"{project} (full)", *parents, f"{asset} v{number}")],
        asset=SimpleNamespace(name=asset, parent=parent),
        task=None,
        user=SimpleNamespace(username="jane"),
    )
