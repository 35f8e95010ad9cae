"""Pure: turns the rows of a tree into those of its copy: new ids, and references that lead to the right entities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs

from ftrack_orm.schema.facts import (
    ASSET,
    ASSET_VERSION,
    CONFIGURATION_ID,
    CONTEXT,
    CUSTOM_ATTRIBUTE_VALUE,
    POLYMORPHIC_KEYS,
)
from ftrack_orm.schema.model import Schema

from .equivalents import Equivalents, types_with_names

if TYPE_CHECKING:
    from .equivalents import Referred
    from .source import SourceRow

#: Entities that are copied with fewer values where a reference cannot be kept. Others mean nothing without theirs.
_MAIN: Final = frozenset({CONTEXT, ASSET, ASSET_VERSION, "Note"})


@attrs.frozen
class NewRow:
    """An entity to create: its type, its key, and its values.

    *found_by* is the attribute by which the server is asked whether it has the entity already: its own id, or the id of
    the entity that it belongs to.
    """

    entity_type: str
    key: tuple[str, ...]
    values: Mapping[str, Any]
    found_by: str


class CannotKeep(Exception):
    """A reference, or a value of a custom attribute, that the copy cannot have; its text is the reason."""


@attrs.define
class Translation:
    """Translates rows from *source* to *target*, the schemas of the two servers.

    *ids* holds the new id of each entity with a single key, by its present one. *configure* returns the configuration
    and the value for a copied custom attribute, by the present configuration, the present owner and the value; it
    raises `CannotKeep`. *equivalents* is None if both servers are the same one.

    *missing* counts the equivalents that were not found, and *left_out* what the copies lack for other reasons.
    """

    source: Schema
    target: Schema
    ids: Mapping[str, str]
    configure: Callable[[str, str, Any], tuple[str, Any]]
    equivalents: Equivalents | None = None
    missing: Counter[str] = attrs.field(factory=Counter)
    left_out: Counter[str] = attrs.field(factory=Counter)

    def referred(self, rows: Iterable[SourceRow]) -> set[Referred]:
        """Return the entities outside of the copy that *rows* refer to and that may have an equivalent."""
        return {
            (kind, row.values[name])
            for row in rows
            for name, kind in self._references(row)
            if kind is not None and row.values[name] not in self.ids and types_with_names(self.source, kind)
        } | {("Scope", scope) for row in rows for scope in row.scopes}

    def rows(self, rows: Iterable[SourceRow]) -> Iterator[NewRow]:
        """Yield the rows of the copies. One that would refer to nothing is left out, with all that belongs to it."""
        omitted: set[str] = set()
        for row in rows:
            kind = row.entity_type.name
            try:
                yield self._translated(row, omitted)
            except CannotKeep as error:
                omitted.update(row.key[:1] if len(row.key) == 1 else ())
                if str(error):
                    self.left_out[f"{kind}: {error}"] += 1

    def _translated(self, row: SourceRow, omitted: set[str]) -> NewRow:
        kind = row.entity_type.name
        if kind not in self.target.types:
            self.missing[f"the entity type {kind}"] += 1
            raise CannotKeep
        values = dict(row.values)
        if kind == CUSTOM_ATTRIBUTE_VALUE:
            if "value" not in values:
                raise CannotKeep
            values[CONFIGURATION_ID], values["value"] = self._configured(values)
        for name, target in self._references(row):
            if name == CONFIGURATION_ID and kind == CUSTOM_ATTRIBUTE_VALUE:
                continue
            id_ = row.values[name]
            if id_ in omitted:
                raise CannotKeep("it belongs to an entity that is left out")
            try:
                values[name] = self._reference(row, name, target, id_)
            except CannotKeep as error:
                is_needed = row.entity_type.attributes[name].required or name in row.entity_type.primary_key
                if is_needed and row.entity_type.family not in _MAIN:
                    raise
                if str(error):
                    self.left_out[f"{kind}.{name}: {error}"] += 1
                del values[name]
        target_type = self.target.type(kind)
        for name in [name for name in values if name not in target_type.attributes]:
            self.left_out[f"{kind}.{name}: the other server does not have this attribute"] += 1
            del values[name]
        scopes = [id_ for scope in row.scopes if (id_ := self._equivalent("Scope", scope)) is not None]
        if scopes:
            values["scopes"] = scopes
        single = len(target_type.primary_key) == 1
        key = (self.ids[row.key[0]],) if single else tuple(str(values[name]) for name in target_type.primary_key)
        found_by = target_type.primary_key[0] if single or row.part is None else row.part.keys[0]
        return NewRow(kind, key, {**dict(zip(target_type.primary_key, key, strict=True)), **values}, found_by)

    def _configured(self, values: Mapping[str, Any]) -> tuple[str, Any]:
        """Return the configuration and the value of a custom attribute for the copy."""
        try:
            return self.configure(values[CONFIGURATION_ID], values["entity_id"], values["value"])
        except CannotKeep as error:
            if str(error):
                self.missing[str(error)] += 1
            raise CannotKeep from None

    def _references(self, row: SourceRow) -> Iterator[tuple[str, str | None]]:
        """Yield the names of the values of a row that are ids, each with the type of the entity it refers to."""
        for name, value in row.values.items():
            foreign_key = row.entity_type.attributes[name].foreign_key
            if isinstance(value, str) and foreign_key is not None:
                yield name, foreign_key.split(".")[0]
            elif isinstance(value, str) and name in POLYMORPHIC_KEYS:
                yield name, _stated_type(row, name)

    def _reference(self, row: SourceRow, name: str, kind: str | None, id_: str) -> str:
        """Return the id that the copy has in place of *id_*."""
        if id_ in self.ids:
            return self.ids[id_]
        is_end = row.part is not None and name in row.part.ends
        is_main = kind is not None and kind in self.source.types and self.source.type(kind).family in _MAIN
        if (kind is None or is_main) and not (is_end and self.equivalents is None):
            raise CannotKeep("it refers to an entity that is not copied")
        if kind is None or self.equivalents is None:
            return id_
        if not types_with_names(self.source, kind):
            raise CannotKeep(f"a {kind} is not copied to another server")
        equivalent = self._equivalent(kind, id_)
        if equivalent is None:
            raise CannotKeep
        return equivalent

    def _equivalent(self, kind: str, id_: str) -> str | None:
        if self.equivalents is None:
            return id_
        equivalent = self.equivalents.id_of(kind, id_)
        if equivalent is None:
            self.missing[self.equivalents.describe(kind, id_)] += 1
        return equivalent


def _stated_type(row: SourceRow, name: str) -> str | None:
    """Return the type of the entity that a key refers to which the schema does not state, None if nothing states it.

    It is in a value beside the key, such as `parent_type` (PROTOCOL 5.1), or the type of row has a relation for it, as
    `UserCustomAttributeLink` has.
    """
    prefix = name.removesuffix("_id")
    stated: str | None = row.values.get(f"{prefix}_type") or row.values.get(f"{prefix}_entity_type")
    for relation in row.entity_type.keyed_references.get(name, ()) if stated is None else ():
        stated = row.entity_type.attributes[relation].target
    return stated
