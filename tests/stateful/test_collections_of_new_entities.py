"""Collections of new entities show what was created for them, before the commit and, in the same order, after it."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path

import pytest

from ftrack_orm import Session, errors, inspect
from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.schema.attribute import Kind
from ftrack_orm.schema.derived_attributes import derived_names
from ftrack_orm.schema.facts import TREE_COLLECTIONS
from tests.assertions import existing
from tests.property_settings import examples
from tests.stateful.oracle import RandomProduction
from tests.stateful.test_values_after_commits import create_basis


def collections_of(entity: Entity) -> list[str]:
    """Return the collections that are stored, and not derived from the tree of contexts."""
    return [
        name
        for name, attribute in entity.__schema__.attributes.items()
        if attribute.kind is Kind.COLLECTION
        and not (attribute.computed or attribute.restricted)
        and name not in TREE_COLLECTIONS
    ]


@pytest.mark.parametrize("is_read_first", [False, True])
@pytest.mark.parametrize("part", range(4))
def test_collections_of_new_entities_are_the_same_before_and_after_the_commit(
    own_box: Sandbox, schema_cache: Path, is_read_first: bool, part: int
) -> None:
    def connect() -> Session:
        return Session(own_box.url, own_box.api_key, own_box.api_user, schema_cache_path=schema_cache)

    compared = 0
    with connect() as session:
        production = RandomProduction(session, create_basis(session), prefers_new=True)  # type: ignore[arg-type]
        for number in range(examples(4, 60)):
            draw = random.Random(1000 * part + number)
            log = []
            for _ in range(draw.choice((3, 6, 12))):
                log.append(production.step(draw, "create"))
                if is_read_first:
                    shown_by_new(session, production)
            before = shown_by_new(session, production)
            try:
                session.commit()
            except errors.FtrackError:
                session.rollback()
                continue
            compared += sum(map(len, before.values()))
            with connect() as fresh:
                for (entity, name), members in before.items():
                    where = f"{entity!r}.{name} after\n" + "\n".join(log)
                    shown = list(entity[name])
                    # The caller becomes a recipient of a new note.
                    is_derived = name in derived_names(entity.__schema__.family)
                    assert shown == members or (is_derived and set(members) < set(shown)), where
                    stored = existing(fresh.get(entity.__entity_type__, key_of(entity)))[name]
                    assert key_set(stored) == key_set(shown), where
    assert compared > examples(0, 3)


def shown_by_new(session: Session, production: RandomProduction) -> dict[tuple[Entity, str], list[Entity]]:
    """Return the members of all collections of the new entities."""
    return {
        (entity, name): list(entity[name])
        for entity in production.existing()
        if inspect(entity).state is Lifecycle.PENDING
        for name in collections_of(entity)
    }


def key_of(entity: Entity) -> tuple[str, ...]:
    return entity._ftrack_state.key


def key_set(entities: Iterable[Entity]) -> set[tuple[str, ...]]:
    return {key_of(each) for each in entities}
