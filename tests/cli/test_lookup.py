"""Entities by their ids and names."""

from __future__ import annotations

import pytest

from ftrack_orm.cli.lookup import find_all, id_of
from ftrack_orm.errors import MultipleResults, NoResult, UsageError
from ftrack_orm.testing import requests_made
from tests.production import Connect


def test_an_entity_has_an_id_and_a_name(connect: Connect) -> None:
    session = connect()
    (by_name,) = find_all(session, [("Status", "Approved")])
    with requests_made(session) as made:
        found = find_all(session, [("Status", id_of(by_name)), ("Type", "Animation"), ("Status", "Approved")])
    assert made == 1
    assert found[0] is found[2] is by_name
    assert (found[1].__entity_type__, found[1].name) == ("Type", "Animation")


def test_a_type_without_names_has_ids_only(connect: Connect) -> None:
    with pytest.raises(NoResult, match="There is no Note with the id or name 'x'"):
        find_all(connect(), [("Note", "x")])


def test_near_names_are_suggested_and_several_entities_are_listed(connect: Connect) -> None:
    session = connect()
    with pytest.raises(NoResult, match="Did you mean 'Approved'"):
        find_all(session, [("Status", "Aproved")])
    with pytest.raises(MultipleResults, match=r"called 'fps'. Use an id: .*, "):
        find_all(session, [("CustomAttributeConfiguration", "fps")])


def test_a_name_of_several_entities_is_suggested_once(connect: Connect) -> None:
    with pytest.raises(NoResult, match=r"Did you mean 'fps'\?$"):
        find_all(connect(), [("CustomAttributeConfiguration", "fpss")])


def test_a_longer_key_has_parts(connect: Connect) -> None:
    with pytest.raises(UsageError, match="2 parts, separated by commas: parent_id,key"):
        find_all(connect(), [("Metadata", "a")])
    with pytest.raises(NoResult):
        find_all(connect(), [("Metadata", "a,b")])
