"""Text that cannot be encoded as UTF-8 is refused when it is set, with the entity type and the attribute."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.entities.editing.coercion import coerce
from ftrack_orm.entities.entity import Entity
from ftrack_orm.schema.attribute import Kind, ValueType
from ftrack_orm.testing import requests_made
from tests.production import Production

#: A file name in latin-1, as `os.listdir` returns it on a machine with UTF-8 names.
NAME = os.fsdecode(b"caf\xe9.exr")
VALUES: dict[ValueType | None, list[Any]] = {
    ValueType.TEXT: [NAME],
    ValueType.ANY: [NAME, [NAME], ["x", {"y": NAME}], {NAME: "x"}],
    ValueType.OBJECT: [{"x": NAME}, {NAME: "x"}, {"x": [NAME]}],
}


def test_every_scalar_of_every_type_refuses_it_naming_the_attribute(session: Session) -> None:
    refused = 0
    for schema in session.schema.types.values():
        for attribute in schema.attributes.values():
            if attribute.kind is not Kind.SCALAR:
                continue
            for value in VALUES.get(attribute.value_type, [NAME]):
                with pytest.raises(errors.InvalidValue) as caught:
                    coerce(schema.name, attribute, value)
                assert (caught.value.entity_type, caught.value.attribute) == (schema.name, attribute.name)
                assert f"{schema.name}.{attribute.name}" in str(caught.value)
                str(caught.value).encode()  # or the message could not be printed
                refused += 1
    assert refused > 500


@pytest.mark.parametrize("value", ["café.exr", "\U0001f3ac", ["é"], {"é": "é"}])
def test_other_text_is_kept(session: Session, value: Any) -> None:
    attribute = session.schema.type("ContextCustomAttributeValue").attribute("value")
    assert coerce("ContextCustomAttributeValue", attribute, value) == value


def test_an_edit_with_it_records_nothing(session: Session, task: Entity) -> None:
    before = task.name
    with pytest.raises(errors.InvalidValue, match=r"Task\.name cannot hold 'caf\\udce9\.exr'.*not UTF-8"):
        task.name = NAME
    with pytest.raises(errors.InvalidValue, match=r"Task\.status_id"):
        task.status_id = NAME
    assert task.name == before
    assert not session.modified


def test_it_is_refused_among_the_data_of_a_new_entity(session: Session, task: Entity) -> None:
    for data in ({"name": NAME}, {"id": NAME, "name": "x"}, {"name": "x", "metadata": {"source": NAME}}):
        with pytest.raises(errors.InvalidValue, match=r"Task\."):
            session.create("Task", data, parent=task.parent)
    assert not session.created


def test_metadata_refuses_it_as_key_and_as_value(session: Session, task: Entity) -> None:
    for edit in ({"source": NAME}, {NAME: "x"}):
        with pytest.raises(errors.InvalidValue, match=r"Task\.metadata") as caught:
            task.metadata.update(edit)
        assert (caught.value.entity_type, caught.value.attribute) == ("Task", "metadata")
    assert not session.modified


def test_ensure_and_bulk_updates_refuse_it_without_a_write(session: Session, production: Production) -> None:
    refused = [
        ({"name": NAME, "parent_id": production.shots[0]}, None),
        ({"name": "new", "parent_id": production.shots[0], "description": NAME}, ["name", "parent_id"]),
    ]
    for data, keys in refused:
        with pytest.raises(errors.UsageError, match=r"Task\."):
            session.ensure("Task", data, identifying_keys=keys)
    with requests_made(session) == 0, pytest.raises(errors.InvalidValue, match=r"Task\.description"):
        session.query("Task").where(name="x").update({"description": NAME})
    assert not session.created
    assert not session.query("Task").where(name="new", parent_id=production.shots[0]).exists()


def test_queries_refuse_it_before_a_request(session: Session) -> None:
    task = session.types.Task
    builders: list[Callable[[], Any]] = [
        lambda: session.query("Task").where(name=NAME),
        lambda: task.name == NAME,
        lambda: task.name.in_(["x", NAME]),
        lambda: task.name.not_in(name for name in ["x", NAME]),
        lambda: task.name.contains(NAME),
        lambda: task.parent.name != NAME,
        lambda: task.metadata["x"] == NAME,
        lambda: task.metadata[NAME] == "x",
        lambda: session.query(f'Task where name is "{NAME}"'),
        lambda: session.query("Task").where(f"name is '{NAME}'"),
        lambda: session.query("Task").search(NAME),
        lambda: session.query("Task").search("x", context=NAME),
    ]
    with requests_made(session) == 0:
        for build in builders:
            with pytest.raises(errors.QueryError, match=r"\\udce9[^.]*.*not UTF-8"):
                build()
        with pytest.raises(errors.InvalidValue, match=r"The key of Task cannot be 'caf"):
            session.get("Task", NAME)
