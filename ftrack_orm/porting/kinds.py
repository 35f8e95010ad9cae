"""Pure: the kinds of values in a script, as far as they can be known without running it."""

from __future__ import annotations

import ast
import functools
import re
from collections import defaultdict

import attrs


@attrs.frozen
class ValueKind:
    """The kind of a value.

    *name* is one of "module", "session", "entity", "class", "types", "query", "list", "dict", "collection", "mapping",
    "event hub", "event", "date", and "other" for values that the official client does not have. *path* is that of a
    module or of a name in it, below `ftrack_api`. *condition* is empty for a kind that is known, or the assumption
    behind one that is guessed from a name.
    """

    name: str
    path: str = ""
    condition: str = ""


OTHER = ValueKind("other")
SESSION = ValueKind("session")
ENTITY = ValueKind("entity")
CLASS = ValueKind("class")
TYPES = ValueKind("types")
QUERY = ValueKind("query")
LIST = ValueKind("list")
DICT = ValueKind("dict")
COLLECTION = ValueKind("collection")
MAPPING = ValueKind("mapping")
EVENT_HUB = ValueKind("event hub")
EVENT = ValueKind("event")
DATE = ValueKind("date")
_AMBIGUOUS = ValueKind("ambiguous")

#: The beginning of a query as people write it for ftrack: the type has a capital letter, the keywords have none.
_QUERY = re.compile(r"\s*(select\b|[A-Z]\w+\s*($|where\b|order by\b|limit\b))")
#: The last word of a name, and the kind that people give such a name to.
_ENTITY_WORDS = frozenset(
    [
        "entity",
        "task",
        "shot",
        "sequence",
        "episode",
        "project",
        "asset",
        "version",
        "component",
        "note",
        "user",
        "location",
        "assignment",
        "timelog",
        "milestone",
        "build",
    ]
)
_ARTICLES = {"entity": "an", "event hub": "an"}


def guessed_kind(name: str) -> ValueKind | None:
    """Return the kind that a variable probably has by its *name*, with the assumption as its condition."""
    last = name.lower().rpartition("_")[2]
    found = None
    if last == "session":
        found = SESSION
    elif name.lower().endswith(("event_hub", "eventhub")):
        found = EVENT_HUB
    elif last == "event":
        found = EVENT
    elif last in _ENTITY_WORDS:
        found = ENTITY
    if found is None:
        return None
    # A session or an event of a script that uses ftrack is ftrack's in all likelihood.
    return found if found in (SESSION, EVENT) else under_condition(found, name)


def is_ftrack_query(call: ast.Call) -> bool:
    """Return whether a call is probably the query of a session, of whatever name: `s.query("Task where ...")`."""
    text = (
        next((each for each in ast.walk(call.args[0]) if isinstance(each, ast.Constant)), None) if call.args else None
    )
    return (
        isinstance(call.func, ast.Attribute)
        and call.func.attr == "query"
        and text is not None
        and isinstance(text.value, str)
        and _QUERY.match(text.value) is not None
    )


def under_condition(kind: ValueKind, text: str) -> ValueKind:
    """Return *kind* for an expression with the source *text* that only may have it."""
    return attrs.evolve(kind, condition=f"{text} is {_ARTICLES.get(kind.name, 'a')} {kind.name} of ftrack")


@functools.cache
def _kinds_by_attribute() -> dict[str, ValueKind]:
    from ftrack_orm.sandbox.datamodel import load
    from ftrack_orm.schema.attribute import Kind as AttributeKind

    found: dict[str, set[ValueKind]] = defaultdict(set)
    for entity_type in load().types.values():
        for attribute in entity_type.attributes.values():
            if attribute.kind is AttributeKind.REFERENCE:
                found[attribute.name].add(ENTITY)
            elif attribute.kind is AttributeKind.COLLECTION:
                found[attribute.name].add(COLLECTION)
            elif attribute.kind is AttributeKind.SCALAR:
                found[attribute.name].add(DATE if re.search("date|time", attribute.value_type) else OTHER)
            else:
                found[attribute.name].add(MAPPING)
    # A name such as "status", which is a text for jobs, is an entity for most types.
    return {name: next(iter(kinds)) if len(kinds) == 1 else _AMBIGUOUS for name, kinds in found.items()}


def kind_of_attribute(name: str, text: str) -> ValueKind | None:
    """Return the kind of the attribute *name* of entities, or None if it is not known.

    *text* is the source of the expression, for the condition of a kind that differs between types.
    """
    found = _kinds_by_attribute().get(name)
    return under_condition(ENTITY, text) if found is _AMBIGUOUS else found
