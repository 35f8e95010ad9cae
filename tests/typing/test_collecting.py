"""The content of a package as a server describes it: types, configurations, and names by project schema."""

from __future__ import annotations

import json

from ftrack_orm import Session
from ftrack_orm.testing import requests_made
from ftrack_orm.typing.collecting import collect_content
from ftrack_orm.typing.content import SchemaContent
from tests.custom_attributes import Configure


def test_the_content_has_the_types_and_names_of_the_server(session: Session) -> None:
    content = collect_content(session)
    assert content.schema.types.keys() == session.schema.types.keys()
    assert set(content.names.statuses) == {each.name for each in session.query("Status")}
    assert set(content.names.types) == {each.name for each in session.query("Type")}
    assert set(content.names.priorities) == {each.name for each in session.query("Priority")}
    assert set(content.names.object_types) == {each.name for each in session.query("ObjectType")}
    for project_schema in session.query("ProjectSchema"):
        names = content.names.project_schemas[project_schema.name]
        assert {each.name for each in project_schema.get_statuses("Task")} <= set(names.statuses["Task"])
        assert {each.name for each in project_schema.get_types("Task")} == set(names.types.get("Task", ()))
        for kind, statuses in names.statuses.items():
            assert set(statuses) <= set(content.names.statuses), kind


def test_the_content_is_read_with_few_requests_and_twice_the_same(session: Session) -> None:
    first = collect_content(session)
    session.reset()
    with requests_made(session) as made:
        assert collect_content(session).to_text() == first.to_text()
    assert made.count <= 3
    assert SchemaContent.from_json(json.loads(first.to_text())).to_text() == first.to_text()


def test_custom_attributes_come_with_their_options(session: Session, configure: Configure) -> None:
    config = {
        "multiSelect": False,
        "data": json.dumps([{"menu": "Soft", "value": "soft"}, {"menu": "Hard", "value": "h"}]),
    }
    key = configure("look", "enumerator", config=config)
    (found,) = [each for each in collect_content(session).configurations if each.key == key]
    assert (found.options, found.is_multiple) == (("soft", "h"), False)
