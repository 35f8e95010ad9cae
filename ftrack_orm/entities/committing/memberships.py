"""State: turning differences of collections into operations, which depend on the present members on the server."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.entities.row_queries import IDS_PER_QUERY, query_each, selects_by_key, value_in
from ftrack_orm.query.language.nodes import And, Criterion, Membership, Or, Path, Select
from ftrack_orm.schema.relations import Through
from ftrack_orm.values import Reference
from ftrack_orm.wire.operations import ServerCall, UpdateOperation

from .planning import Changes, Creation, Deletion, Target

if TYPE_CHECKING:
    from ftrack_orm.schema.model import EntityType, Schema


@attrs.frozen
class MembershipChange:
    """The members that one commit adds to the collection *name* of *owner* and removes from it.

    *stored* are the link rows that hold the membership, None where ftrack takes the whole list only. With *replaces*,
    the added ones are the whole content. *is_new* says that the same commit creates the owner. *shown* is the content
    that the session shows, None where it is not loaded.
    """

    owner: Reference
    name: str
    stored: Through | None
    added: tuple[Reference, ...] = ()
    removed: tuple[Reference, ...] = ()
    replaces: bool = attrs.field(default=False, kw_only=True)
    is_new: bool = attrs.field(default=False, kw_only=True)
    shown: tuple[Reference, ...] | None = attrs.field(default=None, kw_only=True)

    def apply(self, members: Iterable[Reference]) -> list[Reference]:
        """Return *members* with this change."""
        removed = {each.id for each in self.removed}
        kept = [] if self.replaces else [each for each in members if each.id not in removed]
        known = {each.id for each in kept}
        return [*kept, *(each for each in self.added if each.id not in known)]


@attrs.frozen
class ResolvedMemberships:
    """The operations for membership changes, and the values that their updates replace."""

    changes: Changes
    replaced: Mapping[Target, Mapping[str, Any]]
    #: By the key of a created link row, the two ids it links.
    links: Mapping[Target, tuple[Through, str, str]]


def describe(changes: Sequence[MembershipChange]) -> list[UpdateOperation]:
    """Return operations that show membership changes in a plan. Which rows are written is known on sending only."""
    return [
        UpdateOperation(
            change.owner.entity_type,
            tuple(value for _, value in change.owner.key),
            {change.name: _difference(change) if change.shown is None else list(change.shown)},
        )
        for change in changes
    ]


def _difference(change: MembershipChange) -> Any:
    if change.replaces:
        return list(change.added)
    return {"add": [each.id for each in change.added], "remove": [each.id for each in change.removed]}


def resolve(schema: Schema, call: ServerCall, changes: Sequence[MembershipChange]) -> ResolvedMemberships:
    """Read the present members of the changed collections and return the operations that make the changes.

    Makes one request, or none when the same commit creates all owners.
    """
    links = _read_links(schema, call, changes)
    lists = _read_lists(schema, call, [change for change in changes if change.stored is None])
    creations: list[Creation] = []
    deletions: list[Deletion] = []
    updates: list[UpdateOperation] = []
    replaced: dict[Target, Mapping[str, Any]] = {}
    created_links: dict[Target, tuple[Through, str, str]] = {}
    for change in changes:
        if change.stored is None:
            target = change.owner.entity_type, tuple(value for _, value in change.owner.key)
            present = lists.get((change.owner.id, change.name), [])
            wanted = change.apply(present)
            if {each.id for each in wanted} != {each.id for each in present}:
                updates.append(UpdateOperation(*target, {change.name: wanted}))
                replaced[target] = {**replaced.get(target, {}), change.name: present}
            continue
        rows = links.get(change.stored, {})
        removed = {each.id for each in change.removed}
        if change.replaces:
            wanted_ids = {each.id for each in change.added}
            removed = {far for near, far in rows if near == change.owner.id and far not in wanted_ids}
        for member in change.added:
            if (change.owner.id, member.id) not in rows:
                creation = _new_link(schema, change.stored, change.owner.id, member.id)
                creations.append(creation)
                key = creation.reference.entity_type, tuple(value for _, value in creation.reference.key)
                created_links[key] = change.stored, change.owner.id, member.id
        deletions += [Deletion(rows[change.owner.id, far]) for far in removed if (change.owner.id, far) in rows]
    return ResolvedMemberships(Changes(tuple(creations), tuple(updates), tuple(deletions)), replaced, created_links)


def existing_links(
    schema: Schema, call: ServerCall, links: Iterable[tuple[Through, str, str]]
) -> set[tuple[Through, str, str]]:
    """Return those of *links* that the server has by now."""
    changes = [
        MembershipChange(Reference("", (("id", near),)), "", stored, (Reference("", (("id", far),)),))
        for stored, near, far in links
    ]
    rows = _read_links(schema, call, changes)
    return {(stored, near, far) for stored, pairs in rows.items() for near, far in pairs}


def _new_link(schema: Schema, stored: Through, near: str, far: str) -> Creation:
    link = schema.type(stored.link)
    data = {stored.near: near, stored.far: far}
    for name in link.primary_key:
        data.setdefault(name, str(uuid.uuid4()))
    return Creation(Reference(link.name, tuple((name, data[name]) for name in link.primary_key)), data)


def _read_links(
    schema: Schema, call: ServerCall, changes: Sequence[MembershipChange]
) -> dict[Through, dict[tuple[str, str], Reference]]:
    """Return the link rows of the changed collections, by their two ids."""
    by_storage: dict[Through, list[MembershipChange]] = {}
    for change in changes:
        if change.stored is not None and not change.is_new:
            by_storage.setdefault(change.stored, []).append(change)
    selects = [_select_links(schema.type(stored.link), stored, each) for stored, each in by_storage.items()]
    found: dict[Through, dict[tuple[str, str], Reference]] = {}
    for stored, rows in zip(by_storage, query_each(call, selects, schema), strict=True) if selects else ():
        keys = schema.type(stored.link).primary_key
        found[stored] = {
            (str(value_in(row, stored.near)), str(value_in(row, stored.far))): Reference(
                stored.link, tuple((name, str(row[name])) for name in keys)
            )
            for row in rows
        }
    return found


def _select_links(link: EntityType, stored: Through, changes: Sequence[MembershipChange]) -> Select:
    criteria: list[Criterion] = []
    for change in changes:
        owner = Membership(Path.of(stored.near), (change.owner.id,))
        members = tuple(each.id for each in (*change.added, *change.removed))
        is_narrow = not change.replaces and len(members) <= IDS_PER_QUERY
        criteria.append(And((owner, Membership(Path.of(stored.far), members))) if is_narrow else owner)
    names = dict.fromkeys((*link.primary_key, stored.near, stored.far))
    return Select(link.name, tuple(map(Path.of, names)), criteria[0] if len(criteria) == 1 else Or(tuple(criteria)))


def _read_lists(
    schema: Schema, call: ServerCall, changes: Sequence[MembershipChange]
) -> dict[tuple[str, str], list[Reference]]:
    """Return the present members of collections that are sent as whole lists, by owner and name."""
    by_type: dict[tuple[str, str], list[MembershipChange]] = {}
    for change in changes:
        by_type.setdefault((change.owner.entity_type, change.name), []).append(change)
    selects = []
    for (type_name, name), each in by_type.items():
        kind = schema.type(type_name)
        target = schema.type(str(kind.attribute(name).target))
        paths = (*map(Path.of, kind.primary_key), *(Path.of(name, part) for part in target.primary_key))
        selects += [
            (name, target, select)
            for select in selects_by_key(
                kind, paths, [tuple(value for _, value in change.owner.key) for change in each]
            )
        ]
    found: dict[tuple[str, str], list[Reference]] = {}
    results = query_each(call, [select for _, _, select in selects], schema) if selects else ()
    for (name, target, _), rows in zip(selects, results, strict=True):
        for row in rows:
            found[str(value_in(row, "id")), name] = [
                Reference(str(item.get("__entity_type__", target.name)), (("id", str(value_in(item, "id"))),))
                for item in row.get(name) or ()
            ]
    return found
