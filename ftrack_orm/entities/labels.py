"""State: short labels of entities for people, as `repr` shows them. They use values in memory and make no request."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from ftrack_orm.errors import quoted
from ftrack_orm.schema.attribute import Kind

#: `Entity`, whose module imports this one.
Entity = Any

#: Attributes that name an entity, best first. The rest of its label is added by the rules below.
_NAMES: Final = ("username", "name", "label", "key", "title", "subject", "identifier", "action", "email")
#: The characters of a note or a comment in a label.
_EXCERPT_LENGTH: Final = 40
#: The characters of an id in a label, which are enough to distinguish two entities.
_ID_LENGTH: Final = 8
#: The references of an entity without a name that its label shows.
_MAX_REFERENCES: Final = 2
_SIZE_UNITS: Final = ("bytes", "kB", "MB", "GB", "TB")


def label_of(entity: Entity) -> str:
    """Return the words that say who or what *entity* is, as far as its values are loaded; otherwise an empty text.

    Entities it refers to are named if the session has them, and shown by the beginnings of their ids otherwise.
    """
    for name in (entity.__entity_type__, *entity.__schema__.bases):
        if name in _RULES:
            return " ".join(part for part in _RULES[name](entity) if part)
    return _named(entity) or ", ".join(_references(entity))


def _named(entity: Entity) -> str:
    """Return the quoted name of an entity, empty if none is loaded."""
    for name in _NAMES:
        value = entity.__dict__.get(name)
        if isinstance(value, str) and value:
            return quoted(value)
    return ""


# -- the types that have rules of their own ---------------------------------------------------------------------------


def _full_name(entity: Entity) -> str:
    values = entity.__dict__
    return _excerpt(" ".join(str(values[name]) for name in ("first_name", "last_name") if values.get(name)))


def _resource(entity: Entity) -> Iterator[str]:
    name, full_name = _named(entity), _full_name(entity)
    yield name
    yield full_name and (f"({full_name})" if name else f"'{full_name}'")


def _version(entity: Entity) -> Iterator[str]:
    values = entity.__dict__
    asset = _related(entity, "asset")
    number = values.get("version")
    yield _short(asset, values.get("asset_id"), "of asset ")
    yield f"v{number:03}" if isinstance(number, int) else ""
    yield _phrase("by", entity, "user")


def _note(entity: Entity) -> Iterator[str]:
    yield _excerpt_of(entity, "content")
    yield _phrase("by", entity, "author")
    yield _parent(entity)


def _timelog(entity: Entity) -> Iterator[str]:
    values = entity.__dict__
    duration, start = values.get("duration"), values.get("start")
    yield f"{duration / 3600:.2f} h" if isinstance(duration, (int, float)) else ""
    yield _phrase("by", entity, "user")
    yield _phrase("on", entity, "context")
    yield f"{start:%Y-%m-%d}" if isinstance(start, datetime.datetime) else ""
    yield _excerpt_of(entity, "comment")


def _appointment(entity: Entity) -> Iterator[str]:
    kind = entity.__dict__.get("type")
    yield _excerpt(kind) if isinstance(kind, str) else ""
    yield _phrase("of", entity, "resource")
    yield _phrase("to", entity, "context")


def _component(entity: Entity) -> Iterator[str]:
    values = entity.__dict__
    name, file_type, size = values.get("name"), values.get("file_type"), values.get("size")
    if isinstance(name, str):
        yield quoted(f"{name}{file_type if isinstance(file_type, str) else ''}")
    yield _size(size) if isinstance(size, (int, float)) and size else ""
    version = _related(entity, "version")
    yield _short(version, values.get("version_id"), "of version ")


def _job(entity: Entity) -> Iterator[str]:
    for name in ("type", "status"):
        value = entity.__dict__.get(name)
        yield _excerpt(value) if isinstance(value, str) else ""
    yield _phrase("by", entity, "user")


def _metadata(entity: Entity) -> Iterator[str]:
    yield _named(entity)
    value = entity.__dict__.get("value")
    yield "" if value is None else f"= {quoted(value)[:_EXCERPT_LENGTH]}"


def _link(entity: Entity) -> Iterator[str]:
    yield _phrase("from", entity, "from")
    yield _phrase("to", entity, "to")


def _change(entity: Entity) -> Iterator[str]:
    yield _phrase("from", entity, "from_status")
    yield _phrase("to", entity, "status")
    yield _phrase("by", entity, "user")
    yield _parent(entity)


#: Entity type -> the parts of its label, for the types whose name is missing or says too little. Subtypes have it too.
_RULES: Final[Mapping[str, Callable[[Entity], Iterator[str]]]] = {
    "Resource": _resource,
    "User": _resource,
    "AssetVersion": _version,
    "Note": _note,
    "Timelog": _timelog,
    "Timer": _timelog,
    "Appointment": _appointment,
    "Component": _component,
    "Job": _job,
    "Metadata": _metadata,
    "TypedContextLink": _link,
    "AssetVersionLink": _link,
    "StatusChange": _change,
}


# -- the parts of a label ---------------------------------------------------------------------------------------------


def _excerpt(text: str) -> str:
    """Return the beginning of a text, without line breaks, quotes, and characters that no terminal can show."""
    text = " ".join(text.split())
    return quoted(text if len(text) <= _EXCERPT_LENGTH else f"{text[:_EXCERPT_LENGTH]}...")[1:-1]


def _excerpt_of(entity: Entity, name: str) -> str:
    value = entity.__dict__.get(name)
    return f"'{_excerpt(value)}'" if isinstance(value, str) and value.strip() else ""


def _size(size: float) -> str:
    for unit in _SIZE_UNITS:
        if abs(size) < 1000 or unit == _SIZE_UNITS[-1]:
            break
        size /= 1000
    return f"{size:.0f} {unit}" if unit == _SIZE_UNITS[0] else f"{size:.1f} {unit}"


def _related(entity: Entity, relation: str) -> Entity | None:
    """Return the target of a reference if the session has it."""
    target = entity.__dict__.get(relation)
    if target is not None:
        return target if hasattr(type(target), "__entity_type__") else None
    attribute = entity.__schema__.attributes.get(relation)
    key = entity.__dict__.get(entity.__schema__.reference_keys.get(relation, ""))
    if attribute is None or attribute.kind is not Kind.REFERENCE or not isinstance(key, str):
        return None
    return _lookup(entity, str(attribute.target), key)


def _lookup(entity: Entity, entity_type: str, key: str) -> Entity | None:
    schema = entity._ftrack_state.workspace.schema.types.get(entity_type)
    return None if schema is None else entity._ftrack_state.workspace.identities.get(schema.family, (key,))


def _short(target: Entity | None, key: Any, words: str) -> str:
    """Return the name of an entity that the session has, otherwise *words* and the beginning of its key."""
    name = "" if target is None else _short_name(target)
    if name:
        return name
    return f"{words}{quoted(key)[1 : _ID_LENGTH + 1]}" if isinstance(key, str) and key else ""


def _short_name(entity: Entity) -> str:
    if entity.__entity_type__ == "AssetVersion":
        return " ".join([part for part in _version(entity) if part][:2])
    full_name = _full_name(entity)
    return _named(entity) or (full_name and f"'{full_name}'")


def _phrase(preposition: str, entity: Entity, relation: str) -> str:
    """Return *preposition* and the target of a reference, empty if neither the target nor its key is known."""
    target = _related(entity, relation)
    key = entity.__dict__.get(entity.__schema__.reference_keys.get(relation, ""))
    words = relation.replace("_", " ").removeprefix(preposition).strip()
    name = _short(target, key if target is None else target._ftrack_state.key[0], f"{words} ".lstrip())
    return name and f"{preposition} {name}"


def _parent(entity: Entity) -> str:
    """Return the entity that a note or a change belongs to, which may be of several types."""
    if "parent" in entity.__schema__.reference_keys:
        return _phrase("on", entity, "parent")
    parent_type, key = entity.__dict__.get("parent_type"), entity.__dict__.get("parent_id")
    if not isinstance(parent_type, str) or not isinstance(key, str):
        return ""
    kind = _excerpt(parent_type)
    name = _short(_lookup(entity, parent_type, key), key, "")
    return f"on {kind} {name}"


def _references(entity: Entity) -> list[str]:
    """Return the first references of an entity that has no name, such as the user and the group of a membership."""
    shown: list[str] = []
    for relation in entity.__schema__.reference_keys:
        phrase = _phrase(relation.replace("_", " "), entity, relation)
        if phrase:
            shown.append(phrase)
        if len(shown) == _MAX_REFERENCES:
            break
    return shown
