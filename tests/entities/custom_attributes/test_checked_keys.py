"""A query for a custom attribute that no configuration has is refused with suggestions, as on an entity."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.testing import requests_made
from tests.custom_attributes import Configure
from tests.production import Connect, Production

#: Ways to ask for a key: functions of the class of tasks, or texts.
WAYS: list[Any] = [
    lambda task, key: task.custom_attributes[key] == 5,
    lambda task, key: task.custom_attributes[key] != 5,
    lambda task, key: task.custom_attributes[key] > 5,
    lambda task, key: task.custom_attributes[key].in_([5, 6]),
    lambda task, key: ~task.custom_attributes.any(key=key),
    lambda task, key: task.parent.has(f'custom_attributes any (key is "{key}")'),
    lambda task, key: f'custom_attributes any (key is "{key}" and value is 5)',
    lambda task, key: f'custom_attributes.key is "{key}"',
    lambda task, key: f'custom_attributes.configuration.key is "{key}"',
]


@pytest.mark.parametrize("way", WAYS)
def test_an_unknown_key_is_refused_with_suggestions(session: Session, configure: Configure, way: Any) -> None:
    Task = session.types.Task
    key = configure("fstart", "number", object_type=None, is_hierarchical=True)
    wrong = key.replace("fstart", "fstrat")
    with pytest.raises(errors.UnknownAttribute, match=f"has the key '{wrong}'. Did you mean '{key}'") as raised:
        session.query(Task).where(way(Task, wrong)).all()
    assert raised.value.attribute == "custom_attributes"
    assert session.query(Task).where(way(Task, key)).limit(1).all() is not None


@pytest.mark.parametrize("run", ["all", "first", "one_or_none", "count", "exists", "dicts", "walk", "pages", "delete"])
def test_every_way_to_run_the_query_refuses(session: Session, run: str) -> None:
    query = session.query('Task where custom_attributes any (key is "never configured")')
    with pytest.raises(errors.UnknownAttribute, match="never configured"):
        list(getattr(query, run)())
    with pytest.raises(errors.UnknownAttribute, match="never configured"):
        session.all("Status", query)


def test_the_configurations_travel_in_the_request_of_the_first_query(
    session: Session, configure: Configure, production: Production
) -> None:
    key = configure("fstart", "number")
    query = session.query("Task").where(f'custom_attributes any (key is "{key}")', project_id=production.project)
    with requests_made(session) as first:
        query.all()
    with requests_made(session) as second:
        query.all()
    assert (first.count, second.count) == (1, 1)


def test_a_query_without_custom_attributes_reads_no_configurations(session: Session) -> None:
    session.query("Task").where(name="custom_attributes").all()
    assert not session.configurations.are_read


def test_a_key_that_was_configured_since_is_found(connect: Connect, configure: Configure) -> None:
    with connect() as session:
        configure("early", "text")
        list(session.configurations)
        late = configure("late", "text")
        assert session.query("Task").where(f'custom_attributes any (key is "{late}")').all() == [
            *session.query("Task").where(f'custom_attributes.key is "{late}"')
        ]


def test_a_key_of_another_type_is_refused(session: Session, configure: Configure) -> None:
    key = configure("cut", "number", object_type="Shot")
    with pytest.raises(errors.UnknownAttribute, match="It is configured, but not for Task"):
        session.query("Task").where(f'custom_attributes any (key is "{key}")').all()
    for kind in ("Shot", "TypedContext", "Context"):
        session.query(kind).where(f'custom_attributes any (key is "{key}")').all()


def test_an_unknown_id_of_a_configuration_is_refused(session: Session) -> None:
    Task = session.types.Task
    id_ = "00000000-0000-4000-8000-000000000000"
    with pytest.raises(errors.UnknownAttribute, match=f"has the id '{id_}'"):
        session.query(Task).where(Task.custom_attributes[id_] == 1).all()


def test_values_selected_with_their_configurations_are_complete(
    session: Session, configure: Configure, production: Production
) -> None:
    key = configure("fstart", "number")
    task = session.query(
        "select custom_attributes.configuration.key, custom_attributes.value from Task "
        f'where custom_attributes any (key is "{key}") and project_id is "{production.project}"'
    ).first()
    assert task is not None
    assert session.configurations.are_read
    with session.fetching("never"):
        assert key in task.custom_attributes
    assert key in {each.key for each in session.configurations}
