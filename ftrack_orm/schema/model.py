"""Pure: the data model of a server, read from its reply to `query_schemas`.

The reply is similar to JSON schema (facts: PROTOCOL 5.1). It becomes `Schema`, `EntityType` and `Attribute` values,
which the rest of the library uses in place of the JSON. Unknown keys, types and attributes are kept or ignored: newer
servers have more of them.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from ftrack_orm.errors import ProtocolError, UnknownAttribute, UnknownEntityType, quoted, suggestion
from ftrack_orm.values import attribute_suggestion

from . import inheritance
from .attribute import Attribute, read_attribute
from .membership import Membership, inverse_collections, membership
from .relations import Inverse, Through
from .response_checks import check_schema_response


@attrs.frozen(eq=False, repr=False)
class EntityType:
    """One entity type: its attributes, its primary key, and its bases. `print` shows all of its attributes."""

    name: str
    attributes: Mapping[str, Attribute]
    primary_key: tuple[str, ...]
    default_projections: tuple[str, ...]
    system_projections: tuple[str, ...]  # by their public names, without private ones
    bases: tuple[str, ...]  # nearest first; the last is the root of the family
    alias: str | None = None  # the server's internal class
    classifiers: Mapping[str, str] = attrs.field(factory=dict)  # public attribute -> value that selects this subtype
    reference_keys: Mapping[str, str] = attrs.field(factory=dict)  # `status` -> `status_id`
    keyed_references: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)  # `status_id` -> (`status`,)
    supports_group_by: bool = False

    @property
    def family(self) -> str:
        """The name of the root of this type's family, which is part of an entity's identity."""
        return self.bases[-1] if self.bases else self.name

    def attribute(self, name: str) -> Attribute:
        """Return the attribute called *name*; raises `UnknownAttribute`, which suggests near names."""
        try:
            return self.attributes[name]
        except KeyError:
            message = f"{self.name} has no attribute {quoted(name)}.{attribute_suggestion(name, self.attributes)}"
            raise UnknownAttribute(message, entity_type=self.name, attribute=name) from None

    def __repr__(self) -> str:
        key = ", ".join(self.primary_key)
        return f"<EntityType {self.name}: {len(self.attributes)} attributes, key {key}>"

    def __str__(self) -> str:
        from .description import describe

        return str(describe(self))


@attrs.frozen(eq=False, repr=False, slots=False)  # for the cached property
class Schema:
    """All entity types of one server by name, and the *answer*, the JSON that they were read from.

    `schema["Task"]` is an entity type, and iterating yields the names of all types.
    """

    types: Mapping[str, EntityType]
    answer: list[dict[str, Any]]
    subtypes: Mapping[str, tuple[str, ...]]  # type -> all types that derive from it, at any depth
    _memberships: dict[tuple[str, str], Membership] = attrs.field(factory=dict, init=False)
    _inverses: dict[tuple[str, str, str], tuple[tuple[str, Inverse], ...]] = attrs.field(factory=dict, init=False)
    _linked: dict[tuple[str, str], tuple[tuple[str, Through], ...]] = attrs.field(factory=dict, init=False)

    @classmethod
    def from_response(cls, answer: list[dict[str, Any]]) -> Schema:
        """Read the reply to `query_schemas`, an array of type descriptions.

        Raises `ProtocolError` for another shape, naming entity type, attribute and value.
        """
        check_schema_response(answer)
        try:
            described = {description["id"]: description for description in answer}
            bases = inheritance.bases(described)
            shadowed = inheritance.shadowed_classes(described, bases)
            types = {
                name: _entity_type(name, description, inheritance.chain(name, bases), shadowed)
                for name, description in described.items()
            }
        except (KeyError, TypeError, AttributeError) as error:
            message = f"The server's schema is not of the known shape: {type(error).__name__} {quoted(str(error))}."
            raise ProtocolError(message, excerpt=quoted(answer)) from error
        subtypes: dict[str, list[str]] = {name: [] for name in types}
        for name, entity_type in types.items():
            for base in entity_type.bases:
                subtypes[base].append(name)
        return cls(types, answer, {name: tuple(below) for name, below in subtypes.items()})

    @functools.cached_property
    def hash(self) -> str:
        """The hash of the schema by the server's rule; see `schema_hash`."""
        return schema_hash(self.answer)

    def type(self, name: str) -> EntityType:
        """Return the entity type called *name*; raises `UnknownEntityType`, which suggests near names."""
        try:
            return self.types[name]
        except KeyError:
            message = f"The server's schema has no entity type {quoted(name)}.{suggestion(name, self.types)}"
            raise UnknownEntityType(message, entity_type=name) from None

    def __getitem__(self, name: str) -> EntityType:
        return self.type(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.types)

    def __len__(self) -> int:
        return len(self.types)

    def __contains__(self, name: object) -> bool:
        return name in self.types

    def _ipython_key_completions_(self) -> list[str]:
        return sorted(self.types)

    def __repr__(self) -> str:
        return f"<Schema of {len(self.types)} entity types>"

    def is_a(self, name: str, base: str) -> bool:
        """Return whether the type *name* is *base* or derives from it."""
        return name == base or base in self.type(name).bases

    def related(self, name: str, base: str) -> bool:
        """Return whether one of the types is the other or derives from it, so that a cast between them is possible."""
        return self.is_a(name, base) or self.is_a(base, name)

    def membership(self, owner: str, collection: str) -> Membership:
        """Return how the server stores the members of *collection*, a collection or mapping of the type *owner*."""
        query = (owner, collection)
        if query not in self._memberships:
            entity_type = self.type(owner)
            self._memberships[query] = membership(self, entity_type, entity_type.attribute(collection))
        return self._memberships[query]

    def inverses(self, owner: str, holder: str, key: str) -> tuple[tuple[str, Inverse], ...]:
        """Return the collections of *owner* that a *holder* belongs to if its attribute *key* is the owner's id."""
        query = (owner, holder, key)
        if query not in self._inverses:
            self._inverses[query] = tuple(inverse_collections(self, self.type(owner), self.type(holder), key))
        return self._inverses[query]

    def linked(self, owner: str, link: str) -> tuple[tuple[str, Through], ...]:
        """Return the collections of *owner* whose members are stored as entities of type *link*."""
        query = (owner, link)
        if query not in self._linked:
            attributes = self.type(owner).attributes.values()
            stored = ((each.name, self.membership(owner, each.name)) for each in attributes if each.is_plural)
            self._linked[query] = tuple(
                (name, each) for name, each in stored if isinstance(each, Through) and each.link == link
            )
        return self._linked[query]

    def inverse_key(self, owner: str, collection: str, holder: str) -> str | None:
        """Return the attribute of *holder* with the id of the *owner* whose *collection* contains it, or None."""
        stored = self.membership(owner, collection)
        if isinstance(stored, Inverse) and stored.attribute in self.type(holder).attributes:
            return stored.attribute
        return None

    def concrete(self, name: str) -> tuple[str, ...]:
        """Return *name* and every type that derives from it: the possible types of an entity found as *name*."""
        return (name, *self.subtypes[name])


def schema_hash(answer: Iterable[Mapping[str, Any]]) -> str:
    """Return the hash by which servers identify their schema: the MD5 of the JSON with sorted keys (PROTOCOL 5.1)."""
    return hashlib.md5(schema_text(answer).encode("utf-8"), usedforsecurity=False).hexdigest()


def schema_text(answer: Iterable[Mapping[str, Any]]) -> str:
    """Return the JSON of a schema, in ASCII, of which servers compute the hash."""
    return json.dumps(list(answer), sort_keys=True)


def _entity_type(
    name: str, description: Mapping[str, Any], bases: tuple[str, ...], shadowed: Mapping[str, str]
) -> EntityType:
    immutable = frozenset(description.get("immutable", ()))
    computed = frozenset(description.get("computed", ()))
    required = frozenset(description.get("required", ()))
    attributes = {
        attribute: read_attribute(
            attribute,
            details,
            immutable=attribute in immutable,
            computed=attribute in computed,
            required=attribute in required,
            shadowed_classes=shadowed,
        )
        for attribute, details in description["properties"].items()
    }
    public = {attribute.alias: attribute.name for attribute in attributes.values() if attribute.alias}

    def public_name(internal: str) -> str | None:
        # `_casted_value` is the private name of `casted_value` (PROTOCOL 1.3).
        return internal if internal in attributes else public.get(internal) or public.get(internal.lstrip("_"))

    alias, classifiers = inheritance.alias_and_classifiers(description)
    reference_keys = inheritance.reference_keys(attributes.values())
    keyed_references: dict[str, tuple[str, ...]] = {}
    for reference, key in reference_keys.items():
        keyed_references[key] = (*keyed_references.get(key, ()), reference)
    return EntityType(
        name=name,
        attributes=attributes,
        primary_key=tuple(description["primary_key"]),
        default_projections=tuple(p for p in description.get("default_projections", ()) if p in attributes),
        system_projections=tuple(filter(None, (public_name(p) for p in description.get("system_projections", ())))),
        bases=bases,
        alias=alias,
        classifiers={public.get(internal, internal): value for internal, value in classifiers.items()},
        reference_keys=reference_keys,
        keyed_references=keyed_references,
        supports_group_by=bool((description.get("metadata") or {}).get("group_by")),
    )
