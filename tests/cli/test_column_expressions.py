"""Columns as expressions of a query."""

from __future__ import annotations

from ftrack_orm.cli.column_expressions import column_expressions
from tests.production import Connect


def test_entries_of_mappings_are_expressions_and_others_stay_text(connect: Connect) -> None:
    session = connect()
    columns = ["name", "status.name", "metadata", "metadata.a.b", "parent.custom_attributes.fps", "gone.key"]
    found = column_expressions(session, "Task", columns)
    assert [each for each in found if isinstance(each, str)] == ["name", "status.name", "metadata", "gone.key"]
    keys = [(str(each._collection), each._key) for each in found if not isinstance(each, str)]
    assert [key for _, key in keys] == ["a.b", "fps"]
