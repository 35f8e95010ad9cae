"""Pure: the content of a file of changes, checked against the schema before anything is done with it.

The checks cover everything that does not depend on the entities in memory: the form of each item, the names in it, and
the types of all values. Errors state the position in the document.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import attrs

from ftrack_orm.entities.editing.coercion import coerce
from ftrack_orm.entities.entity import plain_key
from ftrack_orm.errors import InvalidValue, ProtocolError, UsageError
from ftrack_orm.schema.attribute import Attribute, Kind
from ftrack_orm.schema.model import EntityType, Schema
from ftrack_orm.values import NOT_LOADED, unencodable_text
from ftrack_orm.wire.codec import ENTITY_TYPE, decode

from .changes_file import position_of

#: The largest number of characters of a name or a key.
MAX_NAME_LENGTH = 1000


@attrs.frozen
class SavedChange:
    """The *new* value of one attribute, and the *old* one or `NOT_LOADED`."""

    old: Any
    new: Any


@attrs.frozen
class SavedEntity:
    """One entity of the file: its type and key, its *changes* by attribute, and its *position* in the document."""

    entity_type: EntityType
    key: tuple[str, ...]
    changes: Mapping[str, SavedChange]
    position: tuple[str | int, ...]

    @property
    def reference(self) -> dict[str, Any]:
        """The row that stands for the entity."""
        return {ENTITY_TYPE: self.entity_type.name, **dict(zip(self.entity_type.primary_key, self.key, strict=True))}


@attrs.frozen
class SavedEntities:
    """The entities of a file, in its order."""

    created: Sequence[SavedEntity]
    updated: Sequence[SavedEntity]
    deleted: Sequence[SavedEntity]


def parse_document(document: Mapping[str, Any], schema: Schema) -> SavedEntities:
    """Return the content of a document that `changes_file.read_changes` has read.

    Raises `UnknownEntityType` and `UnknownAttribute` for names that the schema does not have, and `InvalidValue` for
    everything else that does not fit.
    """
    reader = _Reader(schema)
    saved = SavedEntities(
        created=[reader.created(each, ("created", n)) for n, each in enumerate(document["created"])],
        updated=[reader.updated(each, ("updated", n)) for n, each in enumerate(document["updated"])],
        deleted=[reader.entity(each, ("deleted", n)) for n, each in enumerate(document["deleted"])],
    )
    seen: set[tuple[str, tuple[str, ...]]] = set()
    for each in (*saved.created, *saved.updated, *saved.deleted):
        identity = each.entity_type.family, each.key
        if identity in seen:
            raise InvalidValue(f"{position_of(*each.position)}: the document has this entity twice.")
        seen.add(identity)
    return saved


@contextmanager
def located(position: Sequence[str | int]) -> Iterator[None]:
    """State *position* in the errors about values and names that the block raises."""
    try:
        yield
    except UsageError as error:
        raise type(error)(f"{position_of(*position)}: {error.message}", **error.details) from None


class _Reader:
    """Reads the items of a document for one schema. *position* leads to the value that a method is given."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def created(self, item: Mapping[str, Any], position: tuple[str | int, ...]) -> SavedEntity:
        """Return an entity that is to be created, whose values contain its key."""
        entity = self.entity(item, position, "values")
        changes = {
            name: SavedChange(
                NOT_LOADED, self._value(entity.entity_type, attribute, value, (*position, "values", name))
            )
            for name, attribute, value in self._attributes(entity.entity_type, item["values"], (*position, "values"))
        }
        for name, value in zip(entity.entity_type.primary_key, entity.key, strict=True):
            if name not in changes or str(changes[name].new) != value:
                raise InvalidValue(f"{position_of(*position)}: values.{name} must be {value!r:.100}, as in the key.")
        return attrs.evolve(entity, changes=changes)

    def updated(self, item: Mapping[str, Any], position: tuple[str | int, ...]) -> SavedEntity:
        """Return an entity that is to be changed."""
        entity = self.entity(item, position, "changes")
        changes = {}
        for name, attribute, change in self._attributes(entity.entity_type, item["changes"], (*position, "changes")):
            position_of_change = (*position, "changes", name)
            self._check_names(change, position_of_change, ("new",), ("old",))
            changes[name] = SavedChange(
                *(
                    self._value(entity.entity_type, attribute, change[each], (*position_of_change, each), is_checked)
                    if each in change
                    else NOT_LOADED
                    for each, is_checked in (("old", False), ("new", True))
                )
            )
        return attrs.evolve(entity, changes=changes)

    def entity(self, item: Any, position: tuple[str | int, ...], *others: str) -> SavedEntity:
        """Return the entity that a type and a key stand for; *others* are the further names of the item."""
        if not isinstance(item, dict):
            raise InvalidValue(f"{position_of(*position)} must be an entity, not {item!r:.80}.")
        name = item.get(ENTITY_TYPE)
        if not isinstance(name, str) or len(name) > MAX_NAME_LENGTH:
            raise InvalidValue(
                f"{position_of(*position, ENTITY_TYPE)} must be the name of an entity type, not {name!r:.80}."
            )
        with located(position):
            entity_type = self._schema.type(name)
        self._check_names(item, position, (ENTITY_TYPE, *entity_type.primary_key, *others))
        for part in entity_type.primary_key:
            value = item[part]
            if isinstance(value, str):
                fits = 0 < len(value) <= MAX_NAME_LENGTH and unencodable_text(value) is None
            else:
                fits = isinstance(value, int) and not isinstance(value, bool)
            if not fits:
                raise InvalidValue(f"{position_of(*position, part)} must be a key, not {value!r:.80}.")
        return SavedEntity(entity_type, plain_key(entity_type, item), {}, position)

    def _attributes(
        self, entity_type: EntityType, values: Any, position: tuple[str | int, ...]
    ) -> Iterator[tuple[str, Attribute, Any]]:
        if not isinstance(values, dict):
            raise InvalidValue(f"{position_of(*position)} must be an object, not {values!r:.80}.")
        for name, value in values.items():
            if len(name) > MAX_NAME_LENGTH:
                raise InvalidValue(f"{position_of(*position)}: {name!r:.80} is too long for the name of an attribute.")
            with located(position):
                yield name, entity_type.attribute(name), value

    def _value(
        self,
        entity_type: EntityType,
        attribute: Attribute,
        value: Any,
        position: tuple[str | int, ...],
        is_checked: bool = True,
    ) -> Any:
        """Return the value of an attribute. Unless it is checked, a scalar of another type is accepted."""
        if attribute.kind is Kind.SCALAR:
            value = self._decoded(value, position)
            with located(position):
                return coerce(entity_type.name, attribute, value) if is_checked else value
        if attribute.kind is Kind.REFERENCE:
            return None if value is None else self._related(attribute, value, position)
        if attribute.kind is Kind.COLLECTION:
            if not isinstance(value, list):
                raise InvalidValue(f"{position_of(*position)} must be a list, not {value!r:.80}.")
            return [self._related(attribute, item, (*position, index)) for index, item in enumerate(value)]
        if not isinstance(value, dict):
            raise InvalidValue(f"{position_of(*position)} must be an object, not {value!r:.80}.")
        for key in value:
            if len(key) > MAX_NAME_LENGTH or unencodable_text(key) is not None:
                raise InvalidValue(f"{position_of(*position)}: {key!r:.80} cannot be a key.")
        return {key: self._decoded(item, (*position, key)) for key, item in value.items()}

    def _related(self, attribute: Attribute, value: Any, position: tuple[str | int, ...]) -> dict[str, Any]:
        entity = self.entity(value, position)
        target = str(attribute.target)
        if target in self._schema.types and not self._schema.related(entity.entity_type.name, target):
            raise InvalidValue(f"{position_of(*position)} must be a {target}, not a {entity.entity_type.name}.")
        return entity.reference

    @staticmethod
    def _decoded(value: Any, position: tuple[str | int, ...]) -> Any:
        try:
            return decode(value)
        except ProtocolError:
            raise InvalidValue(
                f"{position_of(*position)} is not a date or time that ftrack has: {value!r:.80}."
            ) from None

    @staticmethod
    def _check_names(
        item: Any, position: tuple[str | int, ...], required: Sequence[str], optional: Collection[str] = ()
    ) -> None:
        if not isinstance(item, dict):
            raise InvalidValue(f"{position_of(*position)} must be an object, not {item!r:.80}.")
        missing = [name for name in required if name not in item]
        if missing:
            raise InvalidValue(f"{position_of(*position)} has no {missing[0]}.")
        for name in item:
            if name not in required and name not in optional:
                raise InvalidValue(f"{position_of(*position)} has the unknown name {name!r:.80}.")
