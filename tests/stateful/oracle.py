"""A production whose entity types, attributes and steps are drawn from the schema, and a comparison with the server.

Nothing here knows what a change affects: the oracle is a session that has read nothing yet.
"""

from __future__ import annotations

import datetime
import itertools
import random
from collections.abc import Iterable, Iterator
from typing import Any

from ftrack_orm import Session, errors, inspect
from ftrack_orm.entities.editing.collections import Collection
from ftrack_orm.entities.editing.mappings import MappedCollection
from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.entities.tracked import Tracked
from ftrack_orm.query.language.nodes import Path
from ftrack_orm.schema.attribute import Attribute, Kind, ValueType
from ftrack_orm.schema.facts import CUSTOM_ATTRIBUTES
from ftrack_orm.schema.model import EntityType

#: Types that the server fills by itself, or that configure it in ways that a test cannot draw at random.
UNUSED = frozenset({"Event", "Feed", "StatusChange", "Setting", "SettingComponent", "CustomAttributeType", "Job"})

#: Types that are created more often than the others, since most values depend on them.
FREQUENT = (
    *("Shot", "Task", "Sequence", "Folder", "Asset", "AssetVersion", "Note", "Timelog", "Appointment", "Metadata"),
    *("TypedContextLink", "AssetVersionLink", "ListObject", "TypedContextList", "AssetVersionList", "FileComponent"),
    *("CustomAttributeValue", "ReviewSessionObject", "ReviewSession", "NoteLabelLink", "Manager", "Group", "Scope"),
)

#: Values that are compared without their fraction or that depend on the clock.
NOT_COMPARED = frozenset({"is_open"})

#: Attributes that decide about the meaning of others, or without which the test's own user cannot sign in.
NOT_SET = frozenset({"system_type", "config", "key", "default", "username", "is_active"})

_NUMBERS = itertools.count()
_START = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)


class RandomProduction:
    """Changes entities of a session at random; it begins with *entities*.

    With *prefers_new*, it creates entities of the frequent types only, which usually refer to entities that are not
    committed yet.
    """

    def __init__(self, session: Session, entities: Iterable[Entity], *, prefers_new: bool = False) -> None:
        self.session = session
        self.entities = list(entities)
        self.prefers_new = prefers_new

    # -- choosing ------------------------------------------------------------------------------------------------------

    def existing(self) -> list[Entity]:
        """Return the entities that were not deleted, as far as the session knows."""
        self.entities = [each for each in self.entities if inspect(each).state in _ALIVE]
        return self.entities

    def chosen(self, draw: random.Random) -> Entity:
        """Return one of the entities; those of the server's configuration are drawn less often."""
        entities = self.existing()
        frequent = [
            each for each in entities if each.__entity_type__ in _DELETABLE or each.__entity_type__ == "Project"
        ]
        return draw.choice(frequent if frequent and draw.random() < 0.8 else entities)

    def related(self, draw: random.Random, entity_type: str) -> Entity | None:
        """Return one of the entities of a type, or None."""
        schema = self.session.schema
        if entity_type not in schema.types:
            return None
        fitting = [each for each in self.existing() if schema.is_a(each.__entity_type__, entity_type)]
        return self._choose(draw, fitting) if fitting else None

    def _choose(self, draw: random.Random, entities: list[Entity]) -> Entity:
        new = [each for each in entities if self.prefers_new and inspect(each).state is Lifecycle.PENDING]
        return draw.choice(new if new and draw.random() < 0.8 else entities)

    def value(self, draw: random.Random, entity_type: EntityType, attribute: Attribute) -> Any:
        """Return a value for a scalar attribute."""
        number = next(_NUMBERS)
        if attribute.enumeration:
            return draw.choice(attribute.enumeration)
        if attribute.value_type is ValueType.BOOLEAN:
            return draw.random() < 0.5
        if attribute.value_type in (ValueType.INTEGER, ValueType.NUMBER):
            return draw.randrange(50)
        if attribute.value_type is ValueType.DATETIME:
            return _START + datetime.timedelta(hours=number % 10_000)
        if entity_type.name == "Appointment" and attribute.name == "type":
            return draw.choice(["assignment", "allocation"])
        return f"v{number}"

    # -- steps ---------------------------------------------------------------------------------------------------------

    def step(self, draw: random.Random, action: str | None = None) -> str:
        """Make one change, that of *action* or a random one, and return a description of it."""
        if action is None:
            action = draw.choices(("create", "update", "collection", "mapping", "delete"), (8, 8, 4, 4, 2))[0]
        try:
            return f"{action} {getattr(self, action)(draw)}"
        except (errors.InvalidValue, errors.ReadOnlyAttribute, errors.UsageError, errors.UnknownAttribute) as error:
            return f"{action} refused: {error}"

    def create(self, draw: random.Random) -> str:
        """Create an entity of a random type, with what it requires and some of the rest."""
        schema = self.session.schema
        names = [name for name in schema.types if schema.types[name].family not in UNUSED and not _is_view(name)]
        present = [name for name in FREQUENT if name in schema.types]
        entity_type = schema.types[draw.choice(present if self.prefers_new or draw.random() < 0.8 else names)]
        data: dict[str, Any] = {}
        keys = set(entity_type.keyed_references)
        for attribute in entity_type.attributes.values():
            is_needed = attribute.required or attribute.name in entity_type.primary_key
            is_settable = not attribute.computed and not attribute.restricted and attribute.name not in keys
            is_settable = is_settable and entity_type.reference_keys.get(attribute.name) not in entity_type.classifiers
            if attribute.kind is Kind.REFERENCE and is_settable:
                key = entity_type.reference_keys.get(attribute.name, "")
                is_needed = is_needed or (
                    bool(key) and (entity_type.attributes[key].required or key in entity_type.primary_key)
                )
                if is_needed or draw.random() < 0.85:
                    related = self.related(draw, str(attribute.target))
                    if related is None and is_needed:
                        return f"{entity_type.name}: no {attribute.target}"
                    if related is not None:
                        data[attribute.name] = related
            elif (
                attribute.kind is Kind.SCALAR
                and is_settable
                and attribute.name != "id"
                and (is_needed or draw.random() < 0.15)
                and not attribute.name.endswith(("_id", "_type"))
            ):
                data[attribute.name] = self.value(draw, entity_type, attribute)
        self._set_owner(draw, entity_type, data)
        data = {name: value for name, value in data.items() if name not in entity_type.classifiers}
        entity = self.session.create(entity_type.name, data)
        self.entities.append(entity)
        return f"{entity!r} {sorted(data)}"

    def _set_owner(self, draw: random.Random, entity_type: EntityType, data: dict[str, Any]) -> None:
        """Set the keys that refer to entities of any type."""
        for name in ("parent_id", "entity_id"):
            attribute = entity_type.attributes.get(name)
            if attribute is None or name in entity_type.keyed_references:
                continue
            collections = {"Note": "notes", "Metadata": "metadata", "ListObject": "lists"}
            needed = collections.get(entity_type.name, CUSTOM_ATTRIBUTES)
            owners = [each for each in self.existing() if needed in each.__attributes__ and _has_one_id(each)]
            if owners:
                owner = self._choose(draw, owners)
                data[name] = owner["id"]
                if "parent_type" in entity_type.attributes:
                    data["parent_type"] = owner.__entity_type__

    def update(self, draw: random.Random) -> str:
        """Set a random scalar or reference of a random entity."""
        entity = self.chosen(draw)
        schema = entity.__schema__
        settable = [
            each
            for each in schema.attributes.values()
            if each.kind in (Kind.SCALAR, Kind.REFERENCE)
            and not (each.computed or each.immutable or each.restricted)
            and each.name not in (*schema.primary_key, *schema.classifiers, *NOT_SET)
            and not each.name.endswith(("_type", "_type_id"))
        ]
        if not settable:
            return "nothing"
        references = [each for each in settable if each.kind is Kind.REFERENCE]
        attribute = draw.choice(references if references and draw.random() < 0.5 else settable)
        if attribute.kind is Kind.REFERENCE:
            value: Any = self.related(draw, str(attribute.target))
            if value is None or value is entity:
                return "nothing"
        elif attribute.name in schema.keyed_references:
            related = self.related(draw, str(schema.attributes[schema.keyed_references[attribute.name][0]].target))
            if related is None or related is entity:
                return "nothing"
            value = related["id"]
        elif attribute.name.endswith("_id"):
            return "nothing"
        else:
            value = self.value(draw, schema, attribute)
        entity[attribute.name] = value
        return f"{entity!r}.{attribute.name} = {value!r}"

    def collection(self, draw: random.Random) -> str:
        """Add a member to a random collection, or remove one."""
        entity = self.chosen(draw)
        collections = [
            each
            for each in entity.__schema__.attributes.values()
            if each.kind is Kind.COLLECTION and not each.computed and each.name not in ("ancestors", "descendants")
        ]
        if not collections:
            return "nothing"
        attribute = draw.choice(collections)
        related = self.related(draw, str(attribute.target))
        content = entity[attribute.name]
        if draw.random() < 0.4 and len(content):
            removed = draw.choice(list(content))
            content.remove(removed)
            return f"{entity!r}.{attribute.name}.remove({removed!r})"
        if related is None or related is entity:
            return "nothing"
        content.append(related)
        return f"{entity!r}.{attribute.name}.append({related!r})"

    def mapping(self, draw: random.Random) -> str:
        """Set a key of metadata or a custom attribute, or delete one."""
        owners = [each for each in self.existing() if {"metadata", CUSTOM_ATTRIBUTES} & set(each.__attributes__)]
        if not owners:
            return "nothing"
        entity = draw.choice(owners)
        name = draw.choice(sorted({"metadata", CUSTOM_ATTRIBUTES} & set(entity.__attributes__)))
        content = entity[name]
        keys = list(content)
        if name == CUSTOM_ATTRIBUTES:
            if not keys:
                return "nothing"
            key = draw.choice(keys)
            content[key] = None if draw.random() < 0.3 else f"c{next(_NUMBERS)}"
        elif keys and draw.random() < 0.4:
            key = draw.choice(keys)
            del content[key]
        else:
            key = draw.choice("abc")
            content[key] = f"m{next(_NUMBERS)}"
        return f"{entity!r}.{name}[{key!r}]"

    def delete(self, draw: random.Random) -> str:
        """Delete a random entity that is not configuration of the server."""
        deletable = [each for each in self.existing() if each.__entity_type__ in _DELETABLE]
        if not deletable:
            return "nothing"
        entity = draw.choice(deletable)
        self.session.delete(entity)
        return repr(entity)

    def read(self, draw: random.Random, number: int) -> list[str]:
        """Read random attributes, which loads them; return descriptions."""
        read = []
        for _ in range(number):
            entity = self.chosen(draw)
            names = [
                each.name
                for each in entity.__schema__.attributes.values()
                if not each.restricted and _readable(entity, each)
            ]
            name = draw.choice(names)
            try:
                plain(entity[name])
            except (errors.EntityDeleted, errors.SandboxUnsupported, errors.ServerError):
                continue
            read.append(f"{entity.__entity_type__}.{name}")
        return read


_ALIVE = (Lifecycle.PERSISTENT, Lifecycle.PENDING)

_DELETABLE = frozenset(
    {
        "Shot", "Task", "Sequence", "Folder", "Episode", "AssetBuild", "Milestone", "Asset", "AssetVersion", "Note",
        "Timelog", "Appointment", "Metadata", "TypedContextLink", "AssetVersionLink", "ListObject", "TypedContextList",
        "AssetVersionList", "FileComponent", "ContainerComponent", "SequenceComponent", "CustomAttributeValue",
        "ReviewSession", "ReviewSessionObject", "NoteLabelLink", "NoteLabel", "Manager", "Group", "Membership",
        "Component", "ComponentLocation", "Recipient", "NoteComponent", "CustomAttributeConfiguration",
    }
)  # fmt: skip


def _is_view(name: str) -> bool:
    return name.endswith("CustomAttributeValue") and name != "CustomAttributeValue"


def _has_one_id(entity: Entity) -> bool:
    return entity.__schema__.primary_key == ("id",)


def _readable(entity: Entity, attribute: Attribute) -> bool:
    return attribute.name not in entity.__schema__.primary_key


def plain(value: Any) -> Any:
    """Return a value in a form that two sessions can be compared by."""
    if isinstance(value, Entity):
        return value.__schema__.family, value._ftrack_state.key
    if isinstance(value, datetime.datetime):
        return value.replace(microsecond=0, tzinfo=None)
    if isinstance(value, MappedCollection):
        return dict(value)
    if isinstance(value, Collection):
        return frozenset(plain(item) for item in value)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def shown_values(entity: Entity) -> dict[str, Any]:
    """Return the values that an entity shows without a request, in comparable form."""
    return {
        name: plain(value)
        for name, value in list(entity.__dict__.items())
        if name not in entity.__schema__.primary_key
        and name not in NOT_COMPARED
        and not (isinstance(value, Tracked) and value._is_stale)
    }


def differences(session: Session, fresh: Session, entities: Iterable[Entity]) -> Iterator[str]:
    """Yield the values that *session* shows and that differ from those that *fresh* reads, unsaved edits excepted."""
    by_type: dict[str, list[tuple[Entity, dict[str, Any]]]] = {}
    for entity in entities:
        if inspect(entity).state is Lifecycle.PERSISTENT:
            shown = shown_values(entity)
            for name in (*(entity._ftrack_state.originals or ()), *session._workspace.journal.edits.get(entity, ())):
                shown.pop(name, None)
            by_type.setdefault(entity.__entity_type__, []).append((entity, shown))
    for name, group in by_type.items():
        kind = session.schema.types[name]
        wanted = sorted({each for _, values in group for each in values})
        readable = [each for each in wanted if not kind.attributes[each].restricted]
        keys = [entity._ftrack_state.key for entity, _ in group]
        rows = {each._ftrack_state.key: each for each in _read(fresh, kind, keys, readable)}
        for entity, values in group:
            row = rows.get(entity._ftrack_state.key)
            if row is None:
                # The loaded values of deleted entities can still be read. With unsaved edits they are not marked so. A
                # reference whose key is part of the primary key belongs to the identity, as the primary key does.
                identity = {each for each, key in kind.reference_keys.items() if key in kind.primary_key}
                if not values.keys() <= identity and not session._workspace.is_edited(entity):
                    yield f"{entity!r} is gone, and shows {values}"
                continue
            for attribute, value in values.items():
                expected = plain(row[attribute])
                if value != expected:
                    yield f"{entity!r}.{attribute} shows {value!r} instead of {expected!r}"


def _read(fresh: Session, kind: EntityType, keys: list[tuple[str, ...]], names: list[str]) -> list[Entity]:
    if not keys:
        return []
    paths = [Path.of(name) for name in (*kind.primary_key, *names)]
    return fresh._workspace.loader.fetch(kind.name, keys, paths)
