"""Entities and mappings that criteria are evaluated for."""

from __future__ import annotations

from typing import Any

from ftrack_orm.query.evaluation.access import entity_type_of
from ftrack_orm.query.evaluation.evaluator import predicate
from ftrack_orm.query.language.nodes import Criterion
from ftrack_orm.query.language.parser import parse_criterion
from ftrack_orm.schema.model import Schema
from ftrack_orm.values import Reference


class Loaded:
    """An entity with the attributes that queries rely on: loaded values in its `__dict__`, and a reference."""

    def __init__(self, entity_type: str, id_: str, **values: Any) -> None:
        self.__dict__.update(values)
        object.__setattr__(self, "_Loaded__key", (entity_type, id_))

    def __reference__(self) -> Reference:
        entity_type, id_ = self.__key  # type: ignore[attr-defined]  # set in __init__, beside the values
        return Reference(entity_type, (("id", id_),))


def task(**values: Any) -> dict[str, Any]:
    """Return the mapping of a task with the id "t"."""
    return {"__entity_type__": "Task", "id": "t", **values}


def matches(criterion: Criterion | str, entity: Any, schema: Schema | None = None, **options: Any) -> bool:
    """Return whether *entity* meets *criterion*; the options are those of `predicate`."""
    node = parse_criterion(criterion) if isinstance(criterion, str) else criterion
    return predicate(node, schema, entity_type=entity_type_of(entity), **options)(entity)
