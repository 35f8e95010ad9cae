"""Pure: the differences between two schemas as text for people and as JSON for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from .differences import inherited

if TYPE_CHECKING:
    from .differences import AttributeDifference, Change, Detail, SchemaDifferences, TypeDifference

_SIGNS: Final[dict[Change, str]] = {"added": "+", "removed": "-", "changed": "~"}
#: The longest value of a detail in text, in characters.
_MAX_VALUE = 60


def summary(differences: SchemaDifferences) -> str:
    """Return the numbers of differences in one line; changes that types inherit count once."""
    attributes = [each for difference, own in _own(differences) if difference.change == "changed" for each in own]
    parts = [
        *_counted(("entity type", each.change) for each in differences.types if each.change != "changed"),
        *_counted(("attribute", each.change) for each in attributes),
        *_counted(("entity type", "changed") for each in differences.types if each.details),
    ]
    return ", ".join(parts) or "no differences"


def text(differences: SchemaDifferences) -> str:
    """Return each difference in a line: `+` for additions, `-` for removals, `~` for changes, `!` if breaking.

    A change that a type shares with one of its bases is shown in the base only.
    """
    heirs = Counter(
        (base, each.name)
        for difference in differences.types
        for each in inherited(difference, differences.types)
        for base in difference.bases
    )
    lines = [f"{summary(differences)}."]
    for difference, own in _own(differences):
        if difference.change != "changed":
            lines.append(f"{_mark(difference)} {difference.name}")
        elif own or difference.details:
            lines.append(f"{_mark(difference)} {difference.name}")
            lines += (f"      {_detail(each)}" for each in difference.details)
            lines += (f"    {line}" for each in own for line in _attribute(each, heirs[difference.name, each.name]))
    return "\n".join(lines)


def as_json(differences: SchemaDifferences) -> dict[str, Any]:
    """Return the differences as plain JSON values."""
    return {
        "summary": summary(differences),
        "breaking": differences.breaking,
        "types": [
            {
                "name": difference.name,
                "change": difference.change,
                "breaking": difference.breaking,
                "details": [_detail_json(each) for each in difference.details],
                "attributes": [_attribute_json(each) for each in difference.attributes],
            }
            for difference in differences.types
        ],
    }


def _own(differences: SchemaDifferences) -> Iterator[tuple[TypeDifference, list[AttributeDifference]]]:
    """Yield each type with the attributes whose difference is not inherited."""
    for difference in differences.types:
        shared = inherited(difference, differences.types)
        yield difference, [each for each in difference.attributes if each not in shared]


def _counted(changes: Iterator[tuple[str, str]]) -> Iterator[str]:
    for (noun, change), count in sorted(Counter(changes).items(), key=lambda item: item[0], reverse=True):
        yield f"{count} {noun}{'s' * (count != 1)} {change}"


def _mark(difference: TypeDifference | AttributeDifference) -> str:
    return f"{_SIGNS[difference.change]}{'!' if difference.breaking else ' '}"


def _attribute(difference: AttributeDifference, heirs: int) -> Iterator[str]:
    attribute = difference.new or difference.old
    assert attribute is not None
    words = f": {attribute.value_in_words}" if difference.change != "changed" else ""
    required = ", required" if difference.change == "added" and attribute.required else ""
    others = f" (and in {heirs} derived type{'s' * (heirs != 1)})" if heirs else ""
    yield f"{_mark(difference)} {difference.name}{words}{required}{others}"
    for each in difference.details:
        yield f"      {_detail(each)}"


def _detail(detail: Detail) -> str:
    return f"{detail.name}: was {_short(detail.old)}, is {_short(detail.new)}"


def _short(value: Any) -> str:
    words = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    return words if len(words) <= _MAX_VALUE else f"{words[:_MAX_VALUE]}..."


def _detail_json(detail: Detail) -> dict[str, Any]:
    return {"name": detail.name, "old": detail.old, "new": detail.new, "breaking": detail.breaking}


def _attribute_json(difference: AttributeDifference) -> dict[str, Any]:
    return {
        "name": difference.name,
        "change": difference.change,
        "breaking": difference.breaking,
        "old": difference.old and difference.old.value_in_words,
        "new": difference.new and difference.new.value_in_words,
        "details": [_detail_json(each) for each in difference.details],
    }
