"""Pure: turning a set of changes into the shortest ordered list of operations that a server can carry out.

The order: creates, each after what it refers to; then updates; then deletes, what refers before what is referred to.
Creates that refer to each other in a circle are cut: one is created without the reference and updated afterwards.
Given the same changes in the same order the result is always the same.
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

Name = TypeVar("Name", bound=Hashable)

_NOTHING: Final[frozenset[int]] = frozenset()


@attrs.frozen
class Creation:
    """An entity to create, with the attributes to send."""

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
    modifications: tuple[UpdateOperation, ...] = ()
    deletions: tuple[Deletion, ...] = ()


class Plan(list[Operation]):
    """Operations in the order in which they are sent; printing it gives a line for each."""

    def as_json(self) -> list[dict[str, Any]]:
        """Return the operations as the JSON objects that are sent."""
        return [operation.to_json() for operation in self]

    def __str__(self) -> str:
        return "\n".join(map(_line, self)) or "nothing to do"


def _line(operation: Operation) -> str:
    """Return an operation as a person reads it: `update Task 3f…: name = 'x'`."""
    body = operation.to_json()
    data = {name: value for name, value in body.get("entity_data", {}).items() if name != ENTITY_TYPE}
    key = "/".join(body["entity_key"]) if "entity_key" in body else str(data.pop("id", ""))
    values = ", ".join(f"{name} = {value!r}" for name, value in data.items())
    return f"{body['action']} {body['entity_type']} {key}".rstrip() + (f": {values}" if values else "")


def plan(changes: Changes) -> Plan:
    """Return the operations that carry out *changes*, one for each entity and one more for each circle that was cut."""
    creations, cut = _ordered_creations(changes.creations)
    return Plan(
        [
            *[CreateOperation(creation.reference.entity_type, creation.data) for creation in creations],
            *_merged([*cut, *changes.modifications]),
            *[
                DeleteOperation(d.reference.entity_type, _key(d.reference))
                for d in ordered_deletions(changes.deletions)
            ],
        ]
    )


def _key(reference: Reference) -> tuple[str, ...]:
    return tuple([value for _, value in reference.key])


def _merged(updates: Iterable[UpdateOperation]) -> Iterable[UpdateOperation]:
    """Fold updates of the same entity into the first of them."""
    merged: list[UpdateOperation] = []
    places: dict[str, dict[tuple[str, ...], int]] = defaultdict(dict)
    for update in updates:
        place = places[update.entity_type].setdefault(update.key, len(merged))
        if place == len(merged):
            merged.append(update)
        else:
            merged[place] = UpdateOperation(update.entity_type, update.key, {**merged[place].data, **update.data})
    return merged


def _ordered_creations(creations: Sequence[Creation]) -> tuple[list[Creation], list[UpdateOperation]]:
    """Return creations with everything after what it refers to, and the updates that circles made necessary."""
    index = _index(creations)
    order, cut = _ordered([_needs(i, creation.data, index) for i, creation in enumerate(creations)])
    ordered = [_without(creations[i], cut[i]) if i in cut else creations[i] for i in order]
    later = [_update(creations[i], cut[i]) for i in sorted(cut)]
    return ordered, later


def _needs(number: int, data: Mapping[str, Any], index: Mapping[str, int]) -> dict[str, Set[int]]:
    """Return which other new entities *data* mentions, by the attribute that does."""
    needs: dict[str, Set[int]] = {}
    for name, value in data.items():
        mentioned = _mentioned(value, index)
        if mentioned and (others := mentioned - {number}):
            needs[name] = others
    return needs


def _without(creation: Creation, names: Set[str]) -> Creation:
    return Creation(creation.reference, {name: value for name, value in creation.data.items() if name not in names})


def _update(creation: Creation, names: Set[str]) -> UpdateOperation:
    reference, data = creation.reference, creation.data
    return UpdateOperation(reference.entity_type, _key(reference), {name: data[name] for name in sorted(names)})


def _ordered(needs: list[dict[Name, Set[int]]]) -> tuple[list[int], dict[int, set[Name]]]:
    """Return numbers in an order in which each comes after what it needs, and otherwise in their own.

    *needs* says for each number why it needs which others. Circles are cut: the second value holds the reasons that
    were disregarded for that, by number, and *needs* has them no more.
    """
    order: dict[int, None] = {}
    cut: dict[int, set[Name]] = {}
    for number in range(len(needs)):
        # The way from a number to what it needs, and from there on, each with what is still to be looked at.
        path = {} if number in order else {number: _all_of(needs[number])}
        while path:
            current, rest = next(reversed(path.items()))
            needed = next((each for each in rest if each not in order), None)
            if needed is None:
                order[current] = None
                del path[current]
            elif needed not in path:
                path[needed] = _all_of(needs[needed])
            else:
                # Of the circle, what was made last does without what it needs the next one for.
                circle = [*path, needed][list(path).index(needed) :]
                last, following = max(pairwise(circle))
                given_up = {name for name, numbers in needs[last].items() if following in numbers}
                cut[last] = cut.get(last, set()) | given_up
                needs[last] = {name: numbers for name, numbers in needs[last].items() if name not in given_up}
                while next(reversed(path)) != last:
                    path.popitem()
                path[last] = _all_of(needs[last])
    return list(order), cut


def _all_of(needs: Mapping[Name, Set[int]]) -> Iterator[int]:
    return iter(sorted(set().union(*needs.values()))) if needs else iter(())


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
    """Return deletions with what refers to another deleted entity before that one.

    What refers to each other goes in any order; the server takes them in one transaction.
    """
    index = _index(deletions)
    referrers: list[dict[int, Set[int]]] = [{} for _ in deletions]
    for i, deletion in enumerate(deletions):
        for key in deletion.refers_to:
            if index.get(key, i) != i:
                referrers[index[key]][i] = {i}
    return [deletions[i] for i in _ordered(referrers)[0]]


def _index(changes: Iterable[Creation | Deletion]) -> dict[str, int]:
    """Return the position of each change by its entity's id, which is what others refer to it by."""
    return {change.reference.id: i for i, change in enumerate(changes) if len(change.reference.key) == 1}


def _mentioned(value: Any, index: Mapping[str, int]) -> Set[int]:
    """Return which of the new entities a value mentions: by id, by reference, or in a list of references."""
    if isinstance(value, Reference):
        return {index[value.id]} if len(value.key) == 1 and value.id in index else _NOTHING
    if isinstance(value, str):
        return {index[value]} if value in index else _NOTHING
    if isinstance(value, (list, tuple)):
        return _NOTHING.union(*[_mentioned(item, index) for item in value])
    return _NOTHING
