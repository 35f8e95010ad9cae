"""Mappings that two sessions edit: the entry of the later commit wins, other entries stay, and none is refused."""

from __future__ import annotations

import itertools

import pytest

from ftrack_orm import Session
from tests.assertions import existing
from tests.production import Connect, Production

#: Edits of one key: set to a value, or deleted. The second column is made by the session that commits later.
EDITS = ("set", "delete", None)


@pytest.mark.parametrize(
    ("was_set", "earlier", "later"),
    [(was_set, *edits) for was_set, *edits in itertools.product([False, True], EDITS, EDITS)],
)
def test_the_later_commit_of_an_entry_wins_and_others_stay(
    session: Session,
    other: Session,
    connect: Connect,
    production: Production,
    was_set: bool,
    earlier: str | None,
    later: str | None,
) -> None:
    key = production.tasks[0]
    if was_set:
        existing(session.get("Task", key)).metadata["a"] = "before"
        session.commit()
    sides = {"earlier": (other, earlier), "later": (session, later)}
    expected = {"a": "before"} if was_set else {}
    for name, (side, edit) in sides.items():
        metadata = existing(side.get("Task", key)).metadata
        side.refresh(existing(side.get("Task", key)), "metadata")
        metadata[name] = "kept"
        if edit == "set":
            metadata["a"] = name
        elif edit == "delete":
            metadata.pop("a", None)
    for name, (side, edit) in sides.items():
        side.commit()
        assert side.modified == []
        expected[name] = "kept"
        if edit == "set":
            expected["a"] = name
        elif edit == "delete" and was_set:
            expected.pop("a", None)
    assert dict(existing(connect().get("Task", key)).metadata) == expected
    for side, _ in sides.values():
        task = existing(side.get("Task", key))
        side.refresh(task, "metadata")
        assert dict(task.metadata) == expected
