"""Pure: the keys of custom attributes in the criteria of a query."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import attrs

from ftrack_orm.errors import FtrackError
from ftrack_orm.query.language.nodes import (
    And,
    Comparison,
    Criterion,
    Membership,
    Not,
    Operator,
    Or,
    Related,
    Scalar,
    Select,
    Step,
)
from ftrack_orm.query.language.resolve import resolve_step
from ftrack_orm.schema.facts import CONFIGURATION_ID

if TYPE_CHECKING:
    from ftrack_orm.schema.model import Schema

#: Paths from a value of a custom attribute to the key of its configuration, and to the id of that.
_KEY_PATHS: Final = frozenset({("key",), ("configuration", "key")})
_ID_PATHS: Final = frozenset({(CONFIGURATION_ID,), ("configuration", "id")})


@attrs.frozen
class QueriedKey:
    """The key of a custom attribute that a criterion asks for, or the id of its configuration.

    *owner* is the type of the entities that have the attribute, None for a query on the values themselves.
    """

    owner: str | None
    key: str
    is_id: bool = False
    position: int | None = attrs.field(default=None, eq=False)


@attrs.frozen
class _Part:
    """A criterion on entities of a type; *owner* is the type that has them as custom attributes, if any does."""

    criterion: Criterion
    entity_type: str
    owner: str | None = None


def queried_keys(select: Select, schema: Schema) -> list[QueriedKey]:
    """Return the keys of custom attributes that the criteria of *select* and of its subqueries ask for, each once.

    Only equality counts: a pattern, or a key that is excluded, may well fit no configuration.
    """
    waiting = [_Part(select.criterion, select.entity_type)] if select.criterion is not None else []
    found: dict[QueriedKey, None] = {}
    while waiting:  # not recursive: criteria may be nested more deeply than calls
        part = waiting.pop()
        criterion = part.criterion
        if isinstance(criterion, (And, Or)):
            waiting += [_Part(operand, part.entity_type, part.owner) for operand in criterion.operands]
        elif isinstance(criterion, Not):
            waiting.append(_Part(criterion.operand, part.entity_type, part.owner))
        elif isinstance(criterion, Related):
            if criterion.criterion is not None:
                target, owner, _ = _resolve(criterion.path.steps, part, schema)
                if target is not None:
                    waiting.append(_Part(criterion.criterion, target, owner))
        else:
            if isinstance(criterion, Membership) and isinstance(criterion.values, Select):
                if criterion.values.criterion is not None:
                    waiting.append(_Part(criterion.values.criterion, criterion.values.entity_type))
                continue
            found.update(dict.fromkeys(_keys_in(criterion, part, schema)))
    return list(found)


def _keys_in(criterion: Comparison | Membership, part: _Part, schema: Schema) -> Iterator[QueriedKey]:
    values: tuple[Scalar, ...]
    if isinstance(criterion, Comparison):
        values = (criterion.value,) if criterion.operator is Operator.IS else ()
    else:
        values = () if criterion.negated or isinstance(criterion.values, Select) else criterion.values
    if not values:
        return
    names = tuple(step.name for step in criterion.path.steps)
    for length in (1, 2):
        is_id = names[-length:] in _ID_PATHS
        if is_id or names[-length:] in _KEY_PATHS:
            target, owner, is_value = _resolve(criterion.path.steps[:-length], part, schema)
            if target is not None and is_value:
                yield from (
                    QueriedKey(owner, value, is_id, criterion.path.position)
                    for value in values
                    if isinstance(value, str)
                )
                return


def _resolve(steps: tuple[Step, ...], part: _Part, schema: Schema) -> tuple[str | None, str | None, bool]:
    """Return the type that *steps* lead to, the type that has it as its custom attributes, and whether it is a value.

    The type is None for steps that lead to no entities.
    """
    entity_type, owner = part.entity_type, part.owner
    for step in steps:
        try:
            target = resolve_step(step, entity_type, schema).target
        except FtrackError:
            return None, None, False  # text that is sent unchecked
        if target is None:
            return None, None, False
        owner = entity_type if _is_value(target, schema) else None
        entity_type = target
    return entity_type, owner, _is_value(entity_type, schema)


def _is_value(entity_type: str, schema: Schema) -> bool:
    described = schema.types.get(entity_type)
    return described is not None and CONFIGURATION_ID in described.primary_key
