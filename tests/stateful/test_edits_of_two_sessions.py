"""Edits of two sessions are both on the server, whatever they have loaded, and a commit sends nothing but edits.

Attributes, collections and mappings are drawn from the schema. Each edit is noted with the place at which its effect is
stored: the same place keeps the effect that was committed last, all others keep theirs.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from hypothesis import strategies as st
from hypothesis.stateful import rule

from ftrack_orm import Entity, Session, errors, inspect
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.schema.attribute import Attribute, Kind
from ftrack_orm.schema.facts import CUSTOM_ATTRIBUTES, LINK_TYPES, TREE_COLLECTIONS
from ftrack_orm.schema.relations import Inverse, Through
from ftrack_orm.wire.operations import UpdateOperation
from tests.property_settings import examples
from tests.stateful.machines import OnOwnServer, run_machine
from tests.stateful.oracle import NOT_COMPARED, NOT_SET, RandomProduction, plain
from tests.stateful.test_values_after_commits import create_basis

#: Attributes whose value the server changes by itself after it was set, or that decide which custom attributes apply.
ADJUSTED = frozenset({"version", "is_published", "sort", "is_hierarchical"})

#: The place at which the effect of an edit is stored.
AttributePosition = tuple[object, ...]


class Effect(NamedTuple):
    """The result of an edit: its description, and whether a new session shows it."""

    description: str
    is_shown: Callable[[Session], bool]


def same(session: Session, entity: Entity) -> Entity | None:
    """Return the entity with the same identity in another session."""
    return session.get(entity.__entity_type__, entity._ftrack_state.key)


class Side:
    """A session that edits entities which it shares with another one."""

    def __init__(self, session: Session, entities: list[Entity]) -> None:
        self.session = session
        found = (same(session, each) for each in entities)
        self.production = RandomProduction(session, [each for each in found if each is not None])
        #: The effects of the edits that are not committed yet.
        self.pending: dict[AttributePosition, Effect] = {}
        #: The attributes that may be sent, by family and key of their entity.
        self.edited: set[tuple[str, tuple[str, ...], str]] = set()

    def edit(self, draw: random.Random) -> str:
        """Make one edit and note its effect; return its description."""
        make = draw.choice((self._set, self._change_collection, self._change_collection, self._change_mapping))
        try:
            found = make(draw)
        except (errors.InvalidValue, errors.ReadOnlyAttribute, errors.UsageError, errors.EntityDeleted) as error:
            return f"refused: {error}"
        if found is None:
            return "nothing"
        place, effect = found
        self.pending[place] = effect
        return effect.description

    def commit(self) -> dict[AttributePosition, Effect]:
        """Check the plan, commit, and return the effects; without any if the server refuses the commit."""
        for operation in self.session.plan():
            if isinstance(operation, UpdateOperation):
                family = self.session.schema.type(operation.entity_type).family
                sent = {(family, tuple(operation.key), name) for name in operation.data}
                assert sent <= self.edited | {(family, tuple(operation.key), "value")}, f"{operation} was not edited"
        pending, self.pending = self.pending, {}
        self.edited = set()
        try:
            self.session.commit()
        except errors.FtrackError:
            self.session.rollback()
            return {}
        return pending

    def _note_edited(self, entity: Entity, *names: str) -> None:
        schema = entity.__schema__
        for name in names:
            for each in (name, schema.reference_keys.get(name, name)):
                self.edited.add((schema.family, entity._ftrack_state.key, each))

    def _set(self, draw: random.Random) -> tuple[AttributePosition, Effect] | None:
        entity = self.production.chosen(draw)
        schema = entity.__schema__
        settable = [
            each
            for each in schema.attributes.values()
            if each.kind is Kind.SCALAR
            and not (each.computed or each.immutable or each.restricted)
            and each.name not in (*schema.primary_key, *schema.classifiers, *NOT_SET, *NOT_COMPARED, *ADJUSTED)
            and not each.name.endswith(("_type", "_id"))
        ]
        if not settable:
            return None
        name = draw.choice(settable).name
        before = plain(entity[name])
        entity[name] = self.production.value(draw, schema, schema.attributes[name])
        value = plain(entity[name])
        if value == before:
            return None  # setting the value that the session shows is no change
        self._note_edited(entity, name)

        def is_shown(fresh: Session) -> bool:
            read = same(fresh, entity)
            return read is None or plain(read[name]) == value

        return (schema.family, entity._ftrack_state.key, name), Effect(f"{entity!r}.{name} = {value!r}", is_shown)

    def _change_collection(self, draw: random.Random) -> tuple[AttributePosition, Effect] | None:
        entity = self.production.chosen(draw)
        collections = [each for each in entity.__schema__.attributes.values() if _is_stored(each)]
        if not collections:
            return None
        attribute = draw.choice(collections)
        content = entity[attribute.name]
        is_added = draw.random() < 0.6
        if is_added:
            member = self.production.related(draw, str(attribute.target))
            if member is None or member is entity or inspect(member).state is not Lifecycle.PERSISTENT:
                return None
            if member in content:
                return None
            content.append(member)
        else:
            members = list(content)
            if not members:
                return None
            member = draw.choice(members)
            content.remove(member)
        return self._effect_of_membership(entity, attribute, member, is_added=is_added)

    def _effect_of_membership(
        self, owner: Entity, attribute: Attribute, member: Entity, *, is_added: bool
    ) -> tuple[AttributePosition, Effect]:
        name = attribute.name
        stored = self.session._workspace.schema.membership(owner.__entity_type__, name)
        description = f"{owner!r}.{name} {'+' if is_added else '-'} {member!r}"
        if isinstance(stored, Inverse):
            names = [stored.attribute, *(only for only, _ in stored.only), *filter(None, [stored.type_attribute])]
            self._note_edited(member, *names)
            place: AttributePosition = member.__schema__.family, member._ftrack_state.key, stored.attribute
            if member.__entity_type__ in LINK_TYPES:
                keys = [each for each in ("from_id", "to_id", "list_id", "entity_id") if each in member.__attributes__]
                place = member.__entity_type__, frozenset((each, (str(member[each]),)) for each in keys)
        elif isinstance(stored, Through):
            self._note_edited(owner, name)
            near, far = (stored.near, owner._ftrack_state.key), (stored.far, member._ftrack_state.key)
            place = stored.link, frozenset((near, far))
        else:
            self._note_edited(owner, name)
            place = owner.__schema__.family, owner._ftrack_state.key, name, member._ftrack_state.key

        def is_shown(fresh: Session) -> bool:
            read, read_member = same(fresh, owner), same(fresh, member)
            if read is None or read_member is None:
                # The server deletes members that belong to nothing, such as appointments.
                return not is_added or read is None
            return (read_member in read[name]) is is_added

        return place, Effect(description, is_shown)

    def _change_mapping(self, draw: random.Random) -> tuple[AttributePosition, Effect] | None:
        owners = [
            each for each in self.production.existing() if {"metadata", CUSTOM_ATTRIBUTES} & set(each.__attributes__)
        ]
        entity = draw.choice(owners)
        name = draw.choice(sorted({"metadata", CUSTOM_ATTRIBUTES} & set(entity.__attributes__)))
        content = entity[name]
        keys = list(content)
        value: str | None = f"m{draw.randrange(10**9)}"
        key = draw.choice(keys if name == CUSTOM_ATTRIBUTES else "abc") if keys or name == "metadata" else None
        if key is None:
            return None
        if name == "metadata" and key in keys and draw.random() < 0.4:
            value = None
            del content[key]
        else:
            content[key] = value

        def is_shown(fresh: Session) -> bool:
            read = same(fresh, entity)
            return read is None or read[name].get(key) == value

        place = entity.__schema__.family, entity._ftrack_state.key, name, key
        return place, Effect(f"{entity!r}.{name}[{key!r}] = {value!r}", is_shown)


def _is_stored(attribute: Attribute) -> bool:
    return (
        attribute.kind is Kind.COLLECTION
        and not (attribute.computed or attribute.restricted)
        and attribute.name not in TREE_COLLECTIONS - {"children"}
    )


class EditsOfTwoSessions(OnOwnServer):
    """Two sessions edit the same entities, and commit in turn."""

    def __init__(self, schema_cache: Path, *, with_hub: bool) -> None:
        super().__init__(schema_cache)
        with self.connect() as session:
            entities: list[Entity] = create_basis(session)  # type: ignore[assignment]
            self.sides = [Side(self.connect(), entities) for _ in range(2)]
        if with_hub:
            for side in self.sides:
                side.session.event_hub.connect()
        self.committed: dict[AttributePosition, Effect] = {}
        self.log: list[str] = []

    @rule(seed=st.integers(0, 2**32))
    def step(self, seed: int) -> None:
        draw = self.draw_for_step(seed)
        recent: set[AttributePosition] = set()
        for number, side in enumerate(self.sides):
            side.production.read(draw, 3)
            self.log += [f"{number}: {side.edit(draw)}" for _ in range(draw.choice((1, 2, 3)))]
        for side in draw.sample(self.sides, 2):
            effects = side.commit()
            self.log.append(f"{self.sides.index(side)}: {'commit' if effects else 'refused, or nothing to commit'}")
            self.committed.update(effects)
            recent |= effects.keys()
        chosen = [
            *recent,
            *draw.sample(sorted(self.committed.keys() - recent, key=str), min(5, len(self.committed.keys() - recent))),
        ]
        with self.connect() as fresh:
            lost = [self.committed[each].description for each in chosen if not self.committed[each].is_shown(fresh)]
        assert not lost, "\n".join([*self.log[-40:], "", "lost:", *lost])

    def teardown(self) -> None:
        for side in self.sides:
            side.session.rollback()
            side.session.close()
        super().teardown()


def test_edits_of_two_sessions_are_all_on_the_server(schema_cache: Path) -> None:
    run_machine(lambda: EditsOfTwoSessions(schema_cache, with_hub=False), examples(1, 20))


def test_edits_of_two_sessions_that_follow_each_other_are_all_on_the_server(schema_cache: Path) -> None:
    run_machine(lambda: EditsOfTwoSessions(schema_cache, with_hub=True), examples(1, 20))
