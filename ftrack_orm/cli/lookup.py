"""Edge: entities by an id or a name, as people type them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from ftrack_orm.errors import MultipleResults, NoResult, UsageError, quoted, suggestion
from ftrack_orm.query.expressions.criteria import or_

from .columns import naming_attribute

if TYPE_CHECKING:
    from ftrack_orm.query.builder import Query
    from ftrack_orm.schema.model import Schema
    from ftrack_orm.session.session import Session

#: An id that ftrack generates.
_ID: Final = re.compile(r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
#: The ids that an error lists when a name fits several entities.
_MAX_LISTED: Final = 5
#: The names among which near ones are looked for when there is no entity of a name.
_MAX_NAMES: Final = 1000


def current_schema(session: Session) -> Schema:
    """Return the schema that the server has now. A cached one may be outdated until the first request."""
    _ = session.server_information
    return session.schema


def matching(session: Session, type_name: str, text: str) -> Query[Any]:
    """Return the query for the entities that a text identifies: by an id, by a name, or by the parts of a longer key.

    The parts of a key are separated by commas. Raises `UsageError` for another number of them.
    """
    described = session.schema.type(type_name)
    query = session.query(described.name)
    if len(described.primary_key) > 1:
        parts = text.split(",")
        if len(parts) != len(described.primary_key):
            raise UsageError(
                f"The key of {described.name} has {len(described.primary_key)} parts, separated by commas: "
                f"{','.join(described.primary_key)}. {quoted(text)} has {len(parts)}."
            )
        return query.where(**dict(zip(described.primary_key, parts, strict=True)))
    (key,) = described.primary_key
    name = naming_attribute(described)
    cls: Any = session.types[described.name]
    if name is None or _ID.fullmatch(text):
        return query.where(getattr(cls, key) == text)
    return query.where(or_(getattr(cls, key) == text, getattr(cls, name) == text))


def find_all(session: Session, wanted: Sequence[tuple[str, str]]) -> list[Any]:
    """Return the entities that pairs of a type and a text identify, found with one request.

    Raises `NoResult` if there is none for a pair, and `MultipleResults`, which lists their ids, if a name fits several.
    """
    queries = [matching(session, type_name, text).limit(_MAX_LISTED + 1) for type_name, text in wanted]
    results = session.all(*queries)
    for (type_name, text), found in zip(wanted, results, strict=True):
        check_single(session, type_name, text, [id_of(each) for each in found])
    return [found[0] for found in results]


def id_of(entity: Any) -> str:
    """Return the id of an entity, or the parts of a longer key with commas between them."""
    return ",".join(value for _, value in entity.__reference__().key)


def check_single(session: Session, type_name: str, text: str, ids: list[str]) -> None:
    """Raise `NoResult`, with near names, or `MultipleResults` unless a text identifies one entity, one of *ids*."""
    if not ids:
        near = _near_names(session, type_name, text)
        raise NoResult(f"There is no {type_name} with the id or name {quoted(text)}.{near}")
    if len(ids) > 1:
        listed = ", ".join(ids[:_MAX_LISTED]) + (", ..." if len(ids) > _MAX_LISTED else "")
        raise MultipleResults(f"Several entities of type {type_name} are called {quoted(text)}. Use an id: {listed}")


def _near_names(session: Session, type_name: str, text: str) -> str:
    """Return a question with names that are close to *text*, in the words of other errors; empty without any."""
    name = naming_attribute(session.schema.type(type_name))
    if name is None or _ID.fullmatch(text):
        return ""
    rows = session.query(type_name).limit(_MAX_NAMES).rows(name)
    return suggestion(text, dict.fromkeys(each for (each,) in rows if isinstance(each, str)))
