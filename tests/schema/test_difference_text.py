"""Differences between two schemas as text and as JSON."""

from __future__ import annotations

import json
from typing import Any

from tests.schema.test_differences import found_after


def test_a_change_that_types_inherit_is_written_once_and_listed_for_each() -> None:
    def change(types: dict[str, dict[str, Any]]) -> None:
        for name in ("TypedContext", "Task", "Shot"):
            types[name]["properties"]["rank"] = {"type": "integer"}
        del types["Task"]["properties"]["hours"]

    found = found_after(change)
    assert str(found).splitlines() == [
        "1 attribute removed, 1 attribute added.",
        "~! Task",
        "    -! hours: whole number",
        "~  TypedContext",
        "    +  rank: whole number (and in 2 derived types)",
    ]
    assert [each.name for each in found] == ["Shot", "Task", "TypedContext"]
    assert {each["name"] for each in found.as_json()["types"]} == {"Shot", "Task", "TypedContext"}


def test_differences_are_json() -> None:
    found = found_after(lambda types: types["Status"]["properties"].update(kind={"type": "number"}))
    written = json.loads(json.dumps(found.as_json()))
    assert (written["summary"], written["breaking"]) == ("1 attribute changed", True)
    (attribute,) = written["types"][0]["attributes"]
    assert attribute == {
        "name": "kind",
        "change": "changed",
        "breaking": True,
        "old": "'a' or 'b'",
        "new": "number",
        "details": [{"name": "value", "old": "'a' or 'b'", "new": "number", "breaking": True}],
    }
