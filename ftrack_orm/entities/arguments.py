"""Pure: the entities and the names of attributes that methods of a session are given."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ftrack_orm.errors import InvalidValue, QueryError
from ftrack_orm.query.expressions.clauses import as_projections
from ftrack_orm.query.language.nodes import Path

from .entity import Entity

if TYPE_CHECKING:
    from .workspace import Workspace


def given_entities(workspace: Workspace, method: str, entities: Any, *, allows_none: bool = True) -> list[Entity]:
    """Return the entities of *workspace* in *entities*, which is one of them or an iterable.

    None in an iterable is left out if *allows_none*: references without a value are among those that a script collects.
    Raises `InvalidValue`, which names the *method* of the session and the value, for None alone and for any other value
    that is no entity, and for an entity of another session.
    """
    is_single = isinstance(entities, Entity)
    if not is_single and (isinstance(entities, (str, bytes, type)) or not isinstance(entities, Iterable)):
        raise InvalidValue(f"session.{method} takes an entity or several, not {_shown(entities)}.{_advice(entities)}")
    given = []
    for entity in (entities,) if is_single else entities:
        if isinstance(entity, Entity):
            if entity._ftrack_state.workspace is not workspace:
                raise InvalidValue(
                    f"{entity!r}, which session.{method} was given, belongs to another session. Get it from this one: "
                    f"session.get({entity.__entity_type__!r}, entity.id).",
                    entity_type=entity.__entity_type__,
                )
            given.append(entity)
        elif entity is not None or not allows_none:
            raise InvalidValue(f"session.{method} takes entities, not {_shown(entity)}.{_advice(entity)}")
    return given


def given_attribute_names(method: str, names: Iterable[Any]) -> tuple[str, ...]:
    """Return the names of attributes in *names*: texts such as `"status, name"`, or attributes such as `Task.status`.

    Raises `InvalidValue` for a path to an attribute of a related entity, and for a value that is no attribute.
    """
    given = []
    for name in names:
        if isinstance(name, (list, tuple, set, frozenset)):
            raise InvalidValue(f"session.{method} takes names one by one, not in {name!r:.200}. Write *names.")
        try:
            paths = as_projections([name])
        except QueryError as error:
            raise InvalidValue(f"session.{method} takes names of attributes, not {name!r:.200}. {error}") from None
        for path in paths:
            if not isinstance(path, Path) or len(path.steps) != 1:
                raise InvalidValue(
                    f"session.{method} takes attributes of the entities themselves, not {str(path)!r}. Write the "
                    f"related entities as the first argument: session.{method}([entity.status for entity in entities], "
                    "'name')."
                )
            given.append(path.steps[0].name)
    return tuple(given)


def _shown(value: Any) -> str:
    return "None" if value is None else f"{value!r:.200} ({type(value).__name__})"


def _advice(value: Any) -> str:
    if value is None:
        return " Write 'if entity is not None' before the call, or leave it out of the list."
    if isinstance(value, str):
        return " Write session.get(entity_type, id) for an id, or session.query(text) for a query."
    if isinstance(value, type):
        return f" Write session.query({value.__name__}) for all entities of the class."
    if isinstance(value, (list, tuple)):
        return " Write one flat list."
    return ""
