"""Pure: turning a set of changes into the shortest ordered list of operations that a server can carry out.

The order: creates, each after what it refers to; then updates; then deletes, what refers before what is referred to.
Creates that refer to each other in a circle are cut: one is created without the reference and updated afterwards.
Given the same changes in the same order the result is always the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any

import attrs

from ..values import Reference
from ..wire.codec import ENTITY_TYPE
from ..wire.operations import Create, Delete, Operation, Update, to_json


@attrs.frozen
class Creation:
    """An entity to create, with the attributes to send."""

    reference: Reference
    data: Mapping[str, Any]


@attrs.frozen
class Modification:
    """An entity to change, with the attributes to send."""

    reference: Reference
    data: Mapping[str, Any]


@attrs.frozen
class Deletion:
    """An entity to delete, with the ids of the entities it refers to as far as they are known."""

    reference: Reference
    refers_to: frozenset[str] = frozenset()


@attrs.frozen
class Changes:
    """What is to be carried out, each kind in the order in which it came about."""

    creations: tuple[Creation, ...] = ()
    modifications: tuple[Modification, ...] = ()
    deletions: tuple[Deletion, ...] = ()


class Plan(list[Operation]):
    """Operations in the order in which they are sent; printing it gives a line for each."""

    def as_json(self) -> list[dict[str, Any]]:
        """Return the operations as the JSON objects that are sent."""
        return [to_json(operation) for operation in self]

    def __str__(self) -> str:
        return "\n".join(map(_line, self)) or "nothing to do"


def _line(operation: Operation) -> str:
    """Return an operation as a person reads it: `update Task 3f…: name = 'x'`."""
    body = to_json(operation)
    data = {name: value for name, value in body.get("entity_data", {}).items() if name != ENTITY_TYPE}
    key = "/".join(body["entity_key"]) if "entity_key" in body else str(data.pop("id", ""))
    values = ", ".join(f"{name} = {value!r}" for name, value in data.items())
    return f"{body['action']} {body['entity_type']} {key}".rstrip() + (f": {values}" if values else "")


def plan(changes: Changes) -> Plan:
    """Return the operations that carry out *changes*, one for each entity and one more for each circle that was cut."""
    creations, cut = _ordered_creations(changes.creations)
    modifications = _merged([*cut, *changes.modifications])
    return Plan(
        [
            *(Create(creation.reference.entity_type, creation.data) for creation in creations),
            *(Update(m.reference.entity_type, _key(m.reference), m.data) for m in modifications),
            *(Delete(d.reference.entity_type, _key(d.reference)) for d in ordered_deletions(changes.deletions)),
        ]
    )


def _key(reference: Reference) -> tuple[str, ...]:
    return tuple(value for _, value in reference.key)


def _merged(modifications: Iterable[Modification]) -> list[Modification]:
    """Fold modifications of the same entity into the first of them."""
    merged: dict[tuple[str, tuple[str, ...]], Modification] = {}
    for modification in modifications:
        identity = (modification.reference.entity_type, _key(modification.reference))
        earlier = merged.get(identity)
        data = {**earlier.data, **modification.data} if earlier else modification.data
        merged[identity] = Modification(modification.reference, data)
    return list(merged.values())


def _ordered_creations(creations: Sequence[Creation]) -> tuple[list[Creation], list[Modification]]:
    """Return creations with everything after what it refers to, and the modifications that circles made necessary."""
    index = _index(creations)
    needs = [
        {name: found for name, value in creation.data.items() if (found := _mentioned(value, index) - {i})}
        for i, creation in enumerate(creations)
    ]
    cut: dict[int, set[str]] = {}
    while True:
        try:
            order = _sorted({i: set().union(*needs[i].values()) for i in range(len(creations))})
            break
        except CycleError as error:
            # Of the circle, the entity made last is created without what leads back to its predecessor in the circle.
            circle: list[int] = error.args[1]
            before, current = max(pairwise(circle), key=lambda pair: pair[1])
            for name in [name for name, needed in needs[current].items() if before in needed]:
                del needs[current][name]
                cut.setdefault(current, set()).add(name)
    ordered = [
        Creation(creations[i].reference, {k: v for k, v in creations[i].data.items() if k not in cut.get(i, ())})
        for i in order
    ]
    later = [
        Modification(creations[i].reference, {name: creations[i].data[name] for name in sorted(names)})
        for i, names in sorted(cut.items())
    ]
    return ordered, later


def creations_in_groups(creations: Sequence[Creation]) -> list[list[Creation]]:
    """Return *creations* in the order of a plan, in groups: what is in one needs only what is in it or before it."""
    ordered, _ = _ordered_creations(creations)
    whole = {creation.reference: creation for creation in creations}
    ordered = [whole[creation.reference] for creation in ordered]
    index = _index(ordered)
    groups: list[list[Creation]] = []
    reach = -1
    for i, creation in enumerate(ordered):
        if i > reach:
            groups.append([])
        groups[-1].append(creation)
        # Only where a circle was cut does something need what comes after it.
        reach = max(reach, i, *(found for value in creation.data.values() for found in _mentioned(value, index)))
    return groups


def ordered_deletions(deletions: Sequence[Deletion]) -> list[Deletion]:
    """Return deletions with what refers to another deleted entity before that one."""
    index = _index(deletions)
    referrers: dict[int, set[int]] = {i: set() for i in range(len(deletions))}
    for i, deletion in enumerate(deletions):
        for key in deletion.refers_to:
            if index.get(key, i) != i:
                referrers[index[key]].add(i)
    while True:
        try:
            return [deletions[i] for i in _sorted(referrers)]
        except CycleError as error:
            # What refers to each other can go in any order; the server takes them in one transaction.
            before, current = error.args[1][:2]
            referrers[current].discard(before)


def _sorted(predecessors: Mapping[int, set[int]]) -> list[int]:
    """Return the numbers with predecessors first and otherwise in their own order; raises `CycleError`."""
    return list(TopologicalSorter({i: sorted(before) for i, before in predecessors.items()}).static_order())


def _index(changes: Iterable[Creation | Deletion]) -> dict[str, int]:
    """Return the position of each change by its entity's id, which is what others refer to it by."""
    return {change.reference.id: i for i, change in enumerate(changes) if len(change.reference.key) == 1}


def _mentioned(value: Any, index: Mapping[str, int]) -> set[int]:
    """Return which of the new entities a value mentions: by id, by reference, or in a list of references."""
    if isinstance(value, Reference):
        return {index[value.id]} if len(value.key) == 1 and value.id in index else set()
    if isinstance(value, str):
        return {index[value]} if value in index else set()
    if isinstance(value, (list, tuple)):
        return set().union(*(_mentioned(item, index) for item in value))
    return set()
