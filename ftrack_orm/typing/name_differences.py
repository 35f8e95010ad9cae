"""Pure: the custom attributes and names in which the contents of two schema files differ, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .content import SchemaContent

#: The lists of names that are compared.
_KINDS: Final = ("statuses", "types", "priorities", "object_types", "project_schemas")


def name_differences(old: SchemaContent, new: SchemaContent) -> list[str]:
    """Return a line for each kind of names that differs, such as "statuses: + Omitted, - Done"."""
    return list(_differences(old, new))


def _differences(old: SchemaContent, new: SchemaContent) -> Iterator[str]:
    # Files state no defaults of custom attributes, which have no place in annotations.
    before, after = ([attrs.evolve(each, default=None) for each in side.configurations] for side in (old, new))
    if before != after:
        keys = [{each.key for each in side.configurations} for side in (old, new)]
        yield _changed("custom attributes", *keys)
    for kind in _KINDS:
        names, changed = (getattr(side.names, kind) for side in (old, new))
        if names != changed:
            yield _changed(kind.replace("_", " "), set(names), set(changed))


def _changed(kind: str, old: set[str], new: set[str]) -> str:
    parts = [f"+ {name}" for name in sorted(new - old)] + [f"- {name}" for name in sorted(old - new)]
    return f"{kind}: {', '.join(parts) or 'other values of the same names'}"
