"""A relation that the schema declares with `$ref: "Task"`, an internal class, leads to every kind of context."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.entities.entity import Entity
from ftrack_orm.schema.attribute import Attribute, Kind
from ftrack_orm.schema.facts import TYPED_CONTEXT
from ftrack_orm.schema.model import Schema
from ftrack_orm.schema.relations import Inverse
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.production import Production


def relations(schema: Schema) -> list[tuple[str, Attribute]]:
    """Return the relations whose description names the internal class, with their types."""
    described = {each["id"]: each["properties"] for each in schema.answer}
    found = []
    for entity_type in schema.types.values():
        for attribute in entity_type.attributes.values():
            details = described[entity_type.name][attribute.name]
            if "Task" in (details.get("$ref"), (details.get("items") or {}).get("$ref")):
                found.append((entity_type.name, attribute))
    return found


@pytest.fixture
def contexts(session: Session, production: Production) -> dict[str, Entity]:
    """A context of every kind, by type."""
    project = existing(session.get("Project", production.project))
    kinds = [name for name in session.schema.concrete(TYPED_CONTEXT) if session.schema.type(name).classifiers]
    priority = session.query("Priority").first()
    created = {kind: session.create(kind, name=f"a {kind}", parent=project, priority=priority) for kind in kinds}
    session.commit()
    return created


def test_the_schema_has_such_relations_of_one_and_of_many(session: Session) -> None:
    found = relations(session.schema)
    assert {attribute.kind for _, attribute in found} == {Kind.REFERENCE, Kind.COLLECTION}
    assert {attribute.target for _, attribute in found} == {TYPED_CONTEXT}
    assert ("TypedContextList", "items") in {(owner, attribute.name) for owner, attribute in found}


def test_its_keys_refer_to_every_kind_too(session: Session) -> None:
    version = session.schema.type("AssetVersion")
    assert version.attribute("task_id").foreign_key == f"{TYPED_CONTEXT}.id"
    assert version.reference_keys["task"] == "task_id"


def test_every_such_collection_shows_members_of_every_kind(
    session: Session, other: Session, contexts: dict[str, Entity]
) -> None:
    checked = 0
    for owner_type, attribute in relations(session.schema):
        stored = session.schema.membership(owner_type, attribute.name) if attribute.is_plural else None
        if not isinstance(stored, Inverse):
            continue
        for kind, context in contexts.items():
            if getattr(context, stored.attribute) is None:
                continue
            owner = existing(other.get(owner_type, getattr(context, stored.attribute)))
            members = {member.id: member for member in getattr(owner, attribute.name)}
            assert members[context.id].__entity_type__ == kind
            found = other.query(owner_type).where(f'{attribute.name} any (id is "{context.id}")').all()
            assert found == [owner]
            checked += 1
    assert checked >= 3 * len(contexts)


@pytest.fixture
def new_list(session: Session, production: Production) -> Any:
    category = session.query("ListCategory").first()
    return session.create(
        "TypedContextList", name=f"list of {production.name}", project_id=production.project, category=category
    )


def test_a_list_takes_every_kind_of_context(
    session: Session, other: Session, contexts: dict[str, Entity], new_list: Any
) -> None:
    new_list.items.extend(contexts.values())
    session.commit()
    with requests_made(other) == 2:
        read: Any = existing(other.get("TypedContextList", new_list.id))
        assert {item.id: item.__entity_type__ for item in read.items} == {
            context.id: kind for kind, context in contexts.items()
        }
    for kind, context in contexts.items():
        list_ = other.types.TypedContextList
        assert other.query(list_).where(list_.items.any(id=context.id)).all() == [read]
        assert other.query(list_).where(list_.items.any(name=context["name"]), id=new_list.id).all() == [read]
        assert other.query(kind).where(f'lists any (id is "{new_list.id}")').all() == [other.get(kind, context.id)]
    shot = contexts["Shot"]
    new_list.items.remove(shot)
    session.commit()
    other.refresh(read)
    assert shot.id not in {item.id for item in read.items}
    assert len(read.items) == len(contexts) - 1


def test_a_list_refuses_everything_else(session: Session, production: Production, new_list: Any) -> None:
    project = existing(session.get("Project", production.project))
    with pytest.raises(errors.InvalidValue, match=r"TypedContextList\.items holds TypedContext entities, not <Project"):
        new_list.items.append(project)


def test_a_version_is_published_from_a_context_of_any_kind(
    session: Session, other: Session, contexts: dict[str, Entity]
) -> None:
    asset = session.create(
        "Asset", name="plate", parent=contexts["Shot"], type=existing(session.query("AssetType").first())
    )
    versions = {kind: session.create("AssetVersion", asset=asset, task=context) for kind, context in contexts.items()}
    session.commit()
    for kind, version in versions.items():
        read: Any = existing(other.get("AssetVersion", version.id))
        assert (read.task.id, read.task.__entity_type__) == (contexts[kind].id, kind)
