"""Pure: finds the operation of a refused request that the text of the server's error is about, and its attribute.

A server carries out a request whole or not at all, and answers a refused one with a single error for all of its
operations (PROTOCOL 2.4). Only the text of that error says which operation it was. It quotes keys, values or names of
columns, as databases and validators do, so the operation that shares the most with the text is the one it is about.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import attrs

from ftrack_orm.values import Reference

from .codec import ENTITY_TYPE

if TYPE_CHECKING:
    from ftrack_orm.errors import ServerError

#: The characters of a text that are searched. Servers append whole statements to some errors.
_SEARCHED_LENGTH: Final = 20_000
#: Values shorter than this occur in a text by chance.
_SIGNIFICANT_LENGTH: Final = 4

#: The beginning of the sentence that names the refused operation.
_LOCATION: Final = "\nThe server refused "

# The weight of each kind of evidence. A name together with its value outweighs a key: an error about a foreign key
# quotes the id of another entity, which may be that of another operation.
_NAME_AND_VALUE, _KEY, _EMPTY, _VALUE, _SHORT_VALUE, _NAME, _TYPE = 130, 100, 60, 20, 6, 5, 3

_WORD = re.compile(r"\w+")
#: Words that stand in quotes, behind a dot or before an equals sign: names, not words of a sentence.
#: No pattern tries a text again from each of its characters: a server may send one word of 20,000 letters.
_NAMED_WORD = re.compile(r"(?<=['\"`.])\w+|(?<!\w)\w{1,200}(?=['\"`=])")
_DUPLICATE = re.compile(r"duplicate entry '(.{0,1000}?)' for key", re.IGNORECASE | re.DOTALL)
_EMPTY_VALUE = re.compile(
    r"null value in column ['\"`]?(\w+)|field ['\"`]?(\w+)['\"`]? doesn't have a default|needs a value for ['\"`]?(\w+)"
    r"|(?<!\w)(\w{1,200})['\"`]? "
    r"(?:is required|must be (?:set|provided|given)|(?:cannot|may not|must not) be (?:null|empty))",
    re.IGNORECASE,
)
_TOO_LARGE = re.compile(r"too long|too large|out of range|exceeds", re.IGNORECASE)
_NOT_DELETED = re.compile(r"(?:cannot|can't|could not) delete", re.IGNORECASE)


@attrs.frozen
class RefusedOperation:
    """The *index* of an operation in its request, and the *attribute* that was refused, None if the text names none."""

    index: int
    attribute: str | None = None


@attrs.frozen
class ServerNames:
    """The words, in lower case, by which a server may name an entity type and its attributes.

    *attributes* maps each word to the name of the attribute in an operation.
    """

    types: frozenset[str]
    attributes: Mapping[str, str]


#: Returns the names of an entity type, None for one that is not known.
NamesOfType = Callable[[str], "ServerNames | None"]


def find_refused(
    content: str,
    operations: Sequence[Mapping[str, Any]],
    names_of_type: NamesOfType = lambda _: None,
    known: Callable[[int], Mapping[str, Any]] = lambda _: {},
) -> RefusedOperation | None:
    """Return the operation of a request that *content*, the text of the server's error, is about, or None.

    *operations* are JSON objects as they were sent. *known* returns the values of the entity of the operation at an
    index as far as they are known, besides those that were sent. The only operation of a request is the refused one,
    whatever the text says. Of operations that fit the text equally well it is the first one; of those that would make
    the same entry twice, the second.
    """
    text = _Text(content[:_SEARCHED_LENGTH], names_of_type)
    candidates = list(range(len(operations)))
    if _NOT_DELETED.search(text.content):
        candidates = [index for index in candidates if operations[index].get("action") == "delete"] or candidates
    scores = {index: text.score(operations[index], known(index)) for index in candidates}
    best = max(scores.values(), default=0)
    fitting = [index for index, score in scores.items() if score == best]
    if best < _KEY and _TOO_LARGE.search(text.content):
        sizes = {index: text.largest(operations[index]) for index in candidates}
        largest = max(sizes.values(), default=-1.0)
        if largest >= 0:
            best, fitting = _VALUE, [index for index, size in sizes.items() if size == largest]
    if best == 0 or (best < _SHORT_VALUE and len(fitting) > 1):
        if len(operations) != 1:
            return None
        fitting = [0]
    index = fitting[1] if text.duplicate and len(fitting) > 1 else fitting[0]
    return RefusedOperation(index, text.attribute_of(operations[index]))


@attrs.frozen
class RefusedEntity:
    """The entity that a refused operation was to write.

    *attribute* and *item* replace those of the operation where it writes a row behind an entry of a mapping.
    """

    entity: Any
    attribute: str | None = None
    item: str | None = None


def locate(
    error: ServerError,
    names_of_type: NamesOfType = lambda _: None,
    known: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda _: {},
    entity_of: Callable[[Mapping[str, Any]], RefusedEntity | None] = lambda _: None,
    index: int | None = None,
) -> None:
    """Add the refused operation to *error* as far as its text says it: operation, entity, attribute, and a sentence.

    *known* and *entity_of* take an operation as JSON. *index* is that of the refused operation if it is known.
    """
    operations = error.operations or ()
    refused = find_refused(error.content, operations, names_of_type, lambda each: known(operations[each]))
    if index is not None:
        refused = RefusedOperation(index, refused.attribute if refused and refused.index == index else None)
    if refused is None:
        return
    operation = operations[refused.index]
    entity_type = operation.get("entity_type")
    owner = entity_of(operation) if isinstance(entity_type, str) else None
    attribute, item = (owner.attribute, owner.item) if owner and owner.attribute else (refused.attribute, None)
    details = {"operation": operation, "entity_type": entity_type, "attribute": attribute, "item": item}
    if owner is not None:
        details["entity"] = owner.entity
    message = error.message if error.operation is None else error.message.partition(_LOCATION)[0]
    if isinstance(entity_type, str) and (owner is not None or len(operations) > 1):
        # Queries that travel in the same request are not counted.
        writing = [index for index, each in enumerate(operations) if "entity_data" in each or "entity_key" in each]
        number = ""
        if len(writing) > 1 and refused.index in writing:
            number = f"operation {writing.index(refused.index) + 1} of {len(writing)}, "
        is_shown = owner is not None and not isinstance(owner.entity, Reference)
        entity = repr(owner.entity) if owner and is_shown else f"{entity_type} {'/'.join(_key_of(operation))}".rstrip()
        position = "" if attribute is None else f", attribute {attribute!r}" + (f", key {item!r}" if item else "")
        message += f"{_LOCATION}{number}the {operation.get('action')} of {entity}{position}."
    error.amend(message, **details)


class _Text:
    """The text of a server's error, and the evidence in it for operations."""

    def __init__(self, content: str, names_of_type: NamesOfType) -> None:
        self.content = content
        self._words = frozenset(word.lower() for word in _WORD.findall(content))
        named = {word.lower() for word in _NAMED_WORD.findall(content)}
        # No word of a sentence has an underscore.
        self._named = frozenset(named | {word for word in self._words if "_" in word})
        duplicate = _DUPLICATE.search(content)
        self.duplicate = duplicate.group(1) if duplicate else None
        empty = _EMPTY_VALUE.search(content)
        self._empty = next(filter(None, empty.groups())).lower() if empty else None
        self._names_of_type = names_of_type
        self._by_type: dict[str, tuple[bool, frozenset[str], str | None]] = {}

    def score(self, operation: Mapping[str, Any], known: Mapping[str, Any]) -> int:
        """Return how much *operation*, on an entity with the *known* values, shares with the text."""
        expression = operation.get("expression")
        if isinstance(expression, str):
            # The error of a query begins with its text (PROTOCOL 1.6).
            return _KEY if expression[:_SEARCHED_LENGTH] in self.content else 0
        is_named_type, named, empty = self._names_of(operation)
        data = _data_of(operation)
        score = _TYPE if is_named_type else 0
        key = _key_of(operation)
        if key and all(map(self._quotes, key)):
            score += _KEY
        if empty is not None and self._lacks(operation, data, empty):
            score += _EMPTY
        for name, value in data.items():
            weight = self._weight(value)
            is_named = name in named or name.lower() in self._named
            if is_named and weight >= _VALUE:
                weight = _NAME_AND_VALUE
            elif is_named and name != empty:
                weight += _NAME
            score += weight
        return score + sum(self._weight(value) // 2 for name, value in known.items() if name not in data)

    def largest(self, operation: Mapping[str, Any]) -> float:
        """Return the size of the largest value of *operation* among the attributes that the text names."""
        _, named, _ = self._names_of(operation)
        sizes = [_size(value) for name, value in _data_of(operation).items() if name in named or name in self._named]
        return max(sizes, default=-1.0)

    def attribute_of(self, operation: Mapping[str, Any]) -> str | None:
        """Return the attribute of *operation* that the text is about, or None if it names none."""
        _, named, empty = self._names_of(operation)
        data = _data_of(operation)
        if empty is not None and self._lacks(operation, data, empty):
            return empty
        weights = {
            name: self._weight(value) + (_KEY if name in named or name.lower() in self._named else 0)
            for name, value in data.items()
        }
        if self.duplicate is not None:
            # The ids in an entry only say among which entities a name has to be unique.
            weights = {name: weight - _is_id(data[name]) for name, weight in weights.items()}
        best = max(weights.values(), default=0)
        fitting = [name for name, weight in weights.items() if weight == best]
        if best >= _VALUE - 1 and (len(fitting) == 1 or best >= _KEY):
            return fitting[0]
        return next(iter(sorted(named))) if len(named) == 1 else None

    def _names_of(self, operation: Mapping[str, Any]) -> tuple[bool, frozenset[str], str | None]:
        """Return whether the text names the type of *operation*, the attributes it names, and the one it misses."""
        entity_type = str(operation.get("entity_type", ""))
        found = self._by_type.get(entity_type)
        if found is None:
            names = self._names_of_type(entity_type)
            words = names.attributes if names else {}
            found = self._by_type[entity_type] = (
                not self._words.isdisjoint(names.types if names else (entity_type.lower(),)),
                frozenset(words[word] for word in self._named if word in words),
                self._empty if names is None or self._empty is None else words.get(self._empty),
            )
        return found

    def _lacks(self, operation: Mapping[str, Any], data: Mapping[str, Any], name: str) -> bool:
        """Whether *operation* leaves the attribute *name* empty."""
        return data.get(name) is None and (name in data or operation.get("action") == "create")

    def _weight(self, value: Any) -> int:
        return max((self._weight_of_text(text) for text in _leaves(value)), default=0)

    def _weight_of_text(self, value: str) -> int:
        if self.duplicate is not None:
            return _VALUE if _is_quoted(value, self.duplicate) else 0
        if not self._quotes(value):
            return 0
        return _VALUE if len(value) >= _SIGNIFICANT_LENGTH else _SHORT_VALUE

    def _quotes(self, value: str) -> bool:
        return _is_quoted(value, self.content)


def _is_quoted(value: str, text: str) -> bool:
    """Whether *text* has *value*, not as a part of a longer word."""
    # The search for the value alone excludes nearly all of them.
    return bool(value) and value in text and re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text) is not None


def _data_of(operation: Mapping[str, Any]) -> Mapping[str, Any]:
    data = operation.get("entity_data")
    if not isinstance(data, Mapping):
        return {}
    return {str(name): value for name, value in data.items() if name != ENTITY_TYPE}


def _key_of(operation: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the primary key of the entity that *operation* writes, empty if that is not known."""
    key = operation.get("entity_key")
    if key is None:
        key = _data_of(operation).get("id")
    parts = key if isinstance(key, (list, tuple)) else (key,)
    return tuple(str(part) for part in parts if part is not None)


def _leaves(value: Any) -> Iterator[str]:
    """Yield the texts and numbers in a JSON value, as text."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            if not str(name).startswith("__"):
                yield from _leaves(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield str(value)


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", value) is not None


def _size(value: Any) -> float:
    """Return the length of a text, or the absolute value of a number."""
    if isinstance(value, (int, float)):
        return abs(value)
    return float(len(value)) if isinstance(value, str) else -1.0
