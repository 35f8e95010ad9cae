"""Pure: turning a set of changes into the shortest ordered list of operations that a server can carry out.

Creates come first, each after the creates it refers to, then updates, then deletes, each before the deletes it refers
to. A cycle of creates is cut: one entity is created without the reference, which is set by an update afterwards. The
plan for the same changes in the same order is always the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence, Set
from itertools import pairwise
from typing import Any, Final, TypeVar

import attrs

from ftrack_orm.values import Reference
from ftrack_orm.wire.codec import ENTITY_TYPE
from ftrack_orm.wire.operations import CreateOperation, DeleteOperation, Operation, UpdateOperation

#: The reason why one item needs others: the name of the attribute that refers to them.
Reason = TypeVar("Reason", bound=Hashable)

#: The entity type and the primary key in an operation.
Target = tuple[str, tuple[str, ...]]

#: Values of attributes by the operation's target, in the form in which they are sent.
ValuesByTarget = Mapping[Target, Mapping[str, Any]]

_NOTHING: Final[frozenset[int]] = frozenset()


@attrs.frozen
class Creation:
    """An entity to create, with the attributes to send."""

    reference: Reference
    data: Mapping[str, Any]


@attrs.frozen
class Deletion:
    """An entity to delete, with the ids of the entities it refers to, as far as they are loaded."""

    reference: Reference
    refers_to: frozenset[str] = frozenset()


@attrs.frozen
class Changes:
    """The changes to send, each kind in the order in which the changes were made."""

    creations: tuple[Creation, ...] = ()
    modifications: tuple[UpdateOperation, ...] = ()
    deletions: tuple[Deletion, ...] = ()


def join(*parts: Changes) -> Changes:
    """Return all changes of *parts*."""
    return Changes(
        tuple(each for part in parts for each in part.creations),
        tuple(each for part in parts for each in part.modifications),
        tuple(each for part in parts for each in part.deletions),
    )


class Plan(list[Operation]):
    """Operations in the order in which they are sent; printing it gives a line for each."""

    def as_json(self) -> list[dict[str, Any]]:
        """Return the operations as the JSON objects that are sent."""
        return [operation.to_json() for operation in self]

    def __str__(self) -> str:
        return "\n".join(map(_description, self)) or "nothing to do"

    def _repr_html_(self) -> str:
        from ftrack_orm.notebook.plan_html import plan_html

        return plan_html(self.as_json())


def _description(operation: Operation) -> str:
    """Return an operation as text for people: `update Task 3f…: name = 'x'`."""
    body = operation.to_json()
    data = {name: value for name, value in body.get("entity_data", {}).items() if name != ENTITY_TYPE}
    key = "/".join(body["entity_key"]) if "entity_key" in body else str(data.pop("id", ""))
    values = ", ".join(f"{name} = {value!r}" for name, value in data.items())
    return f"{body['action']} {body['entity_type']} {key}".rstrip() + (f": {values}" if values else "")


def plan(changes: Changes) -> Plan:
    """Return the operations for *changes*: one for each entity, and one more for each cycle that had to be cut."""
    creations, updates_for_cycles = _order_creations(changes.creations)
    deletions = order_deletions(changes.deletions)
    return Plan(
        [
            *[CreateOperation(creation.reference.entity_type, creation.data) for creation in creations],
            *_merge_updates([*updates_for_cycles, *changes.modifications]),
            *[DeleteOperation(each.reference.entity_type, _key(each.reference)) for each in deletions],
        ]
    )


def _key(reference: Reference) -> tuple[str, ...]:
    return tuple([value for _, value in reference.key])


def _merge_updates(updates: Iterable[UpdateOperation]) -> Iterable[UpdateOperation]:
    """Merge the updates of the same entity into the first of them."""
    merged: list[UpdateOperation] = []
    positions: dict[str, dict[tuple[str, ...], int]] = defaultdict(dict)
    for update in updates:
        position = positions[update.entity_type].setdefault(update.key, len(merged))
        if position == len(merged):
            merged.append(update)
        else:
            data = {**merged[position].data, **update.data}
            merged[position] = UpdateOperation(update.entity_type, update.key, data)
    return merged


def _order_creations(creations: Sequence[Creation]) -> tuple[list[Creation], list[UpdateOperation]]:
    """Return creations with each one after those it refers to, and the updates for the cycles that were cut."""
    index = _index(creations)
    order, cut = _sort([_needs(i, creation.data, index) for i, creation in enumerate(creations)])
    ordered = [_without(creations[i], cut[i]) if i in cut else creations[i] for i in order]
    updates = [_update_of(creations[i], cut[i]) for i in sorted(cut)]
    return ordered, updates


def _needs(number: int, data: Mapping[str, Any], index: Mapping[str, int]) -> dict[str, Set[int]]:
    """Return the numbers of the other new entities that *data* refers to, by the name of the attribute."""
    needs: dict[str, Set[int]] = {}
    for name, value in data.items():
        referenced = _referenced(value, index)
        if referenced and (others := referenced - {number}):
            needs[name] = others
    return needs


def _without(creation: Creation, names: Set[str]) -> Creation:
    return Creation(creation.reference, {name: value for name, value in creation.data.items() if name not in names})


def _update_of(creation: Creation, names: Set[str]) -> UpdateOperation:
    """Return the update that sets the attributes *names* of a creation afterwards."""
    reference, data = creation.reference, creation.data
    return UpdateOperation(reference.entity_type, _key(reference), {name: data[name] for name in sorted(names)})


def _sort(needs: list[dict[Reason, Set[int]]]) -> tuple[list[int], dict[int, set[Reason]]]:
    """Sort numbers topologically: each one after those it needs, and otherwise in ascending order.

    *needs* holds for each number the numbers it needs, by reason. Cycles are cut: the second value returned holds the
    reasons that were dropped for that, by number; they are removed from *needs*.
    """
    order: dict[int, None] = {}
    cut: dict[int, set[Reason]] = {}
    for number in range(len(needs)):
        # The path of a depth-first search: each number on it with an iterator over the numbers it still has to visit.
        path = {} if number in order else {number: _all_of(needs[number])}
        while path:
            current, remaining = next(reversed(path.items()))
            needed = next((each for each in remaining if each not in order), None)
            if needed is None:
                order[current] = None
                del path[current]
            elif needed not in path:
                path[needed] = _all_of(needs[needed])
            else:
                # In a cycle, the entity that was made last gives up its reference to the next one.
                cycle = [*path, needed][list(path).index(needed) :]
                last, following = max(pairwise(cycle))
                dropped = {reason for reason, numbers in needs[last].items() if following in numbers}
                cut[last] = cut.get(last, set()) | dropped
                needs[last] = {reason: numbers for reason, numbers in needs[last].items() if reason not in dropped}
                while next(reversed(path)) != last:
                    path.popitem()
                path[last] = _all_of(needs[last])
    return list(order), cut


def _all_of(needs: Mapping[Reason, Set[int]]) -> Iterator[int]:
    return iter(sorted(set().union(*needs.values()))) if needs else iter(())


def group_creations(creations: Sequence[Creation]) -> list[list[Creation]]:
    """Return *creations* in the order of a plan, in groups that refer only to themselves and to earlier groups."""
    ordered, _ = _order_creations(creations)
    uncut = {creation.reference: creation for creation in creations}
    ordered = [uncut[creation.reference] for creation in ordered]
    index = _index(ordered)
    groups: list[list[Creation]] = []
    group_end = -1
    for i, creation in enumerate(ordered):
        if i > group_end:
            groups.append([])
        groups[-1].append(creation)
        # A creation refers to a later one only where a cycle was cut.
        group_end = max(group_end, i, *(j for value in creation.data.values() for j in _referenced(value, index)))
    return groups


def order_deletions(deletions: Sequence[Deletion]) -> list[Deletion]:
    """Return *deletions* with each one before those it refers to.

    Deletions that refer to each other come in any order: the server carries them out in one transaction.
    """
    index = _index(deletions)
    referrers: list[dict[int, Set[int]]] = [{} for _ in deletions]
    for i, deletion in enumerate(deletions):
        for key in deletion.refers_to:
            if index.get(key, i) != i:
                referrers[index[key]][i] = {i}
    return [deletions[i] for i in _sort(referrers)[0]]


def _index(changes: Iterable[Creation | Deletion]) -> dict[str, int]:
    """Return the position of each change by the id of its entity, which is the value that refers to the entity."""
    return {change.reference.id: i for i, change in enumerate(changes) if len(change.reference.key) == 1}


def _referenced(value: Any, index: Mapping[str, int]) -> Set[int]:
    """Return the positions of the new entities that *value* refers to: by id, by reference, or in a list of these."""
    if isinstance(value, Reference):
        return {index[value.id]} if len(value.key) == 1 and value.id in index else _NOTHING
    if isinstance(value, str):
        return {index[value]} if value in index else _NOTHING
    if isinstance(value, (list, tuple)):
        return _NOTHING.union(*[_referenced(item, index) for item in value])
    return _NOTHING
