"""Pure: the change of an entity as an operation or an event states it: the input of the invalidation rules."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from .derived_attributes import Action


@attrs.frozen(kw_only=True)
class EntityChange:
    """One entity that was created, updated or deleted.

    *names* are the changed attributes, None if any may have changed. *entries* are names that may be keys of custom
    attributes of the entity. *ids* holds the ids in foreign keys, by attribute: those before and after the change, or
    the present one of a key that did not change. A key in *unknown* had or has an id besides these which is not known.
    *members* holds the ids that were added to collections of the entity or removed from them, None where they are not
    known.

    *derived* are further values of the entity itself that may differ, and *owners* further entities, like those of
    *above*, that may have it in a collection.

    *alike* are the keys of further entities with the same change. *is_own* says that the values of the entity itself
    are current, as after an own commit; those that are derived from them are `Invalidation.own_effect`.

    *above* are the entities that contain the entity, before and after the change, by family (None where that is not
    known) and id. *is_above_complete* says that there are no others.
    """

    entity_type: str
    key: tuple[str, ...]
    action: Action
    names: frozenset[str] | None = frozenset()
    entries: frozenset[str] = frozenset()
    ids: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)
    unknown: frozenset[str] = frozenset()
    members: Mapping[str, frozenset[str] | None] = attrs.field(factory=dict)
    derived: frozenset[str] = frozenset()
    owners: tuple[tuple[str | None, str], ...] = ()
    alike: tuple[tuple[str, ...], ...] = ()
    is_own: bool = False
    above: tuple[tuple[str | None, str], ...] = ()
    is_above_complete: bool = True


@attrs.frozen
class UnknownChange:
    """A change of an entity whose type the schema does not have: its id and that of its parent, empty if unknown."""

    id: str
    parent_id: str = ""
    is_deleted: bool = False
