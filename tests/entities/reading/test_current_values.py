"""The result of a query contradicts neither its criterion nor its order: compared values are current."""

from __future__ import annotations

import datetime
import itertools
from typing import Any

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.entities.entity import Entity
from ftrack_orm.schema.attribute import Attribute, Kind, ValueType
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.production import Production

UTC = datetime.timezone.utc
NUMBERS = itertools.count(1000)


def other_value(attribute: Attribute, current: Any) -> Any:
    """Return a value of the attribute's type that differs from all others."""
    number = next(NUMBERS)
    if attribute.value_type is ValueType.BOOLEAN:
        return not current
    if attribute.value_type is ValueType.TEXT:
        return f"needle{number}"
    if attribute.value_type is ValueType.DATETIME:
        return datetime.datetime(2026, 1, 1, tzinfo=UTC) + datetime.timedelta(hours=number)
    return number


def settable_scalars(session: Session, entity_type: str) -> list[Attribute]:
    """Return the scalars that can be set to any value of their type."""
    schema = session.schema.type(entity_type)
    values = (ValueType.BOOLEAN, ValueType.TEXT, ValueType.DATETIME, ValueType.INTEGER, ValueType.NUMBER)
    return [
        attribute
        for attribute in schema.attributes.values()
        if attribute.kind is Kind.SCALAR
        and attribute.value_type in values
        and not (attribute.computed or attribute.immutable or attribute.enumeration or attribute.foreign_key)
        and not attribute.name.endswith("_id")
    ]


@pytest.mark.parametrize("entity_type", ["Task", "Shot", "Project", "Asset", "AssetVersion", "User", "Note", "Type"])
def test_an_entity_shows_the_values_by_which_it_was_found_and_ordered(
    session: Session, other: Session, production: Production, entity_type: str
) -> None:
    entity = new_entity(session, production, entity_type)
    checked = 0
    for attribute in settable_scalars(session, entity_type):
        before = entity[attribute.name]
        theirs = existing(other.get(entity_type, entity["id"]))
        value = other_value(attribute, theirs[attribute.name])
        theirs[attribute.name] = value
        try:
            other.commit()
        except errors.ServerError:
            other.rollback()
            continue
        key, compared = session.types[entity_type].id, getattr(session.types[entity_type], attribute.name)
        queries = [
            session.query(entity_type).where(compared == value),
            session.query(entity_type).where(~(compared != value)),
            session.query(entity_type).where((compared == value) | (key == "x")).select("id"),
            session.query(entity_type).order_by(compared.desc()),
        ]
        for query in queries:
            entity.__dict__[attribute.name] = before  # as the session had read it
            with requests_made(session) == 1:
                assert query.where(key == entity["id"]).all() == [entity]
            with session.fetching("never"):
                assert entity[attribute.name] == value, (attribute.name, str(query))
            checked += 1
    assert checked >= 4


def new_entity(session: Session, production: Production, entity_type: str) -> Entity:
    """Return an entity of the type that no other test changes."""
    if entity_type == "Project":
        return existing(session.get("Project", production.project))
    if entity_type in ("Task", "Shot"):
        return existing(session.get(entity_type, {"Task": production.tasks, "Shot": production.shots}[entity_type][0]))
    name = f"{entity_type} of {production.name}"
    if entity_type == "User":
        created = session.create("User", username=name)
    elif entity_type == "Type":
        created = session.create("Type", name=name)
    elif entity_type == "Note":
        author = session.query("User").first()
        created = session.create(
            "Note", content="note", parent_id=production.project, parent_type="Project", author=author
        )
    else:
        shot, kind = session.get("Shot", production.shots[0]), session.query("AssetType").first()
        asset = session.create("Asset", name=name, parent=shot, type=kind)
        created = asset if entity_type == "Asset" else session.create("AssetVersion", asset=asset)
    session.commit()
    return created


@pytest.fixture
def task(session: Session, production: Production) -> Any:
    """A task whose parent and status are loaded."""
    task: Any = existing(session.get("Task", production.tasks[0]))
    assert task.parent.name
    assert task.status.name
    return task


@pytest.mark.parametrize("criterion", ['parent.name is "{}"', 'parent has (name is "{}")', 'parent.name like "{}"'])
def test_values_over_references_are_current_too(
    session: Session, other: Session, production: Production, task: Any, criterion: str
) -> None:
    name = f"renamed{next(NUMBERS)}"
    existing(other.get("Shot", production.shots[0]))["name"] = name
    other.commit()
    with requests_made(session) == 1:
        assert task in session.query("Task").where(criterion.format(name)).all()
        assert task.parent.name == name


@pytest.mark.parametrize("criterion", ["status", "status_id", "status.id", "status.name"])
def test_a_task_found_by_a_status_shows_that_status(
    session: Session, other: Session, production: Production, task: Any, criterion: str
) -> None:
    status: Any = next(each for each in session.query("Status").all() if each is not task.status)
    theirs: Any = existing(other.get("Task", task.id))
    theirs.status = other.get("Status", status.id)
    try:
        other.commit()
    except errors.ServerError:
        other.rollback()
        pytest.skip("the workflow has one status")
    value = status.name if criterion == "status.name" else status.id
    text = (
        f'{criterion} {"has (id is" if criterion == "status" else "is"} "{value}"{")" if criterion == "status" else ""}'
    )
    with requests_made(session) == 1:
        assert task in session.query("Task").where(text, parent_id=production.shots[0]).all()
        assert task.status is status


def test_an_unsaved_edit_wins(session: Session, other: Session, task: Any) -> None:
    task.description = "mine"
    existing(other.get("Task", task.id))["description"] = "theirs"
    other.commit()
    assert session.query("Task").where(description="theirs", id=task.id).all() == [task]
    assert task.description == "mine"
    session.rollback()
    assert task.description == "theirs"


def test_the_text_of_the_query_and_its_plain_rows_stay(session: Session, task: Any) -> None:
    query = session.query("Task").where(id=task.id, bid=0).order_by("bid").select("name")
    assert str(query) == (f'select name from Task where id is "{task.id}" and bid is 0 order by bid')
    (row,) = query.dicts()
    assert set(row) == {"__entity_type__", "id", "name"}
