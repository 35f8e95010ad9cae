"""Entities by their ids and names."""

from __future__ import annotations

import pytest

from ftrack_orm.cli.lookup import find, id_of
from ftrack_orm.errors import MultipleResults, NoResult, UsageError
from tests.production import Connect


def test_an_entity_has_an_id_and_a_name(connect: Connect) -> None:
    session = connect()
    by_name = find(session, "Status", "Approved")
    assert find(session, "Status", id_of(by_name)) is by_name


def test_a_type_without_names_has_ids_only(connect: Connect) -> None:
    with pytest.raises(NoResult, match="There is no Note with the id or name 'x'"):
        find(connect(), "Note", "x")


def test_near_names_are_suggested_and_several_entities_are_listed(connect: Connect) -> None:
    session = connect()
    with pytest.raises(NoResult, match="Did you mean 'Approved'"):
        find(session, "Status", "Aproved")
    with pytest.raises(MultipleResults, match=r"called 'fps'. Use an id: .*, "):
        find(session, "CustomAttributeConfiguration", "fps")


def test_a_longer_key_has_parts(connect: Connect) -> None:
    with pytest.raises(UsageError, match="2 parts, separated by commas: parent_id,key"):
        find(connect(), "Metadata", "a")
    with pytest.raises(NoResult):
        find(connect(), "Metadata", "a,b")
