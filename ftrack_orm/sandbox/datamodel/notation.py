"""Pure: reads the notation that ftrack's data model is written in into sections of lines, one section a type or block.

The notation is explained, with an example of everything it can say, at the top of `shared.model`. What is read here is
what the text says and no more; `assembly` works out what the sections mean together.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from ftrack_orm.errors import UsageError, suggestion
from ftrack_orm.sandbox.relations import Derived, ForeignKey, HiddenKey, Inverse, RelationKey, Through
from ftrack_orm.schema.attribute import GENERATED_ID, Kind
from ftrack_orm.values import UNSET


class NotationError(UsageError, ValueError):
    """The description of a data model cannot be read; `source` and `line` say where, and so does the message."""

    source: str = ""
    line: int = 0

    @classmethod
    def at(cls, place: SourcePosition, message: str) -> NotationError:
        """Return the error with its place in front of the message."""
        return cls(f"{place.source}, line {place.line}: {message}", source=place.source, line=place.line)


@attrs.frozen(slots=True)
class SourcePosition:
    """Where something was written."""

    source: str
    line: int


@attrs.frozen(slots=True)
class AttributeLine:
    """One attribute, as its line describes it."""

    name: str
    place: SourcePosition = attrs.field(eq=False)
    kind: Kind = Kind.SCALAR
    value_type: str = ""  # of a scalar: the word in the text
    choices: tuple[str, ...] = ()  # of a scalar: the only values it can have
    target: str | None = None  # the related type; of a scalar, the type whose id it holds
    target_column: str = "id"  # what the server calls the target's id in its description of the key
    default: Any = UNSET
    alias: str | None = None
    key_alias: str | None = None  # of a relation to one entity: the alias of the key declared along
    key: RelationKey | None = None  # of a relation
    flags: frozenset[str] = frozenset()
    description: str | None = None


@attrs.frozen(slots=True)
class Section:
    """One `type` or `block`: its heading, its attributes, and the names its other lines list."""

    name: str
    place: SourcePosition = attrs.field(eq=False)
    is_block: bool = False
    base: str | None = None
    alias: str | None = None
    classifier: tuple[str, str] | None = None  # internal column and the value that selects the subtype
    attributes: tuple[AttributeLine, ...] = ()
    lists: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)  # "key" -> the names after it


#: What a line with a colon may list.
LISTS = ("with", "key", "required", "fixed", "computed", "default projections", "system projections")

#: What may be said about an attribute by one word.
FLAGS = frozenset({"required", "optional", "fixed", "computed", "restricted", "twofold"})

#: The types of values, by the words for them.
VALUE_TYPES = frozenset(
    {"text", "boolean", "integer", "number", "datetime", "json", "any", "object", "uid", "typename", "untyped"}
)

#: How the server describes an attribute that another took the place of.
_DEPRECATED = "This attribute has been deprecated, use `{}` attribute instead."

_HEADING = re.compile(
    r"(?P<what>type|block) (?P<name>[\w-]+)"
    r"(?: is (?P<base>\w+))?(?: as (?P<alias>\w+))?(?: where (?P<column>\w+) = (?P<value>\S+))?"
)
_LISTING = re.compile(r"(?P<what>[a-z ]+):(?P<names>.*)")
_TOKEN = re.compile(
    r"\s*(?:(?P<text>\"(?:[^\"\\]|\\.)*\")|(?P<comment>#.*)|(?P<arrow>->)|(?P<equals>=)"
    r"|\((?P<alias>[^)\s]*)\)|\[(?P<collection>\w+)\]|\{(?P<mapping>\w+)\}|(?P<word>[^\s\"#()\[\]{}]+))"
)


def parse(text: str, source: str) -> list[Section]:
    """Read the sections of one text, in its order; *source* is what errors call the text.

    Raises `NotationError` for the first line that cannot be read.
    """
    sections: list[tuple[str, SourcePosition, list[tuple[str, SourcePosition]]]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        place = SourcePosition(source, number)
        content = line.strip()
        if not content or content.startswith("#"):
            continue
        if not line[0].isspace():
            sections.append((content, place, []))
        elif sections:
            sections[-1][2].append((content, place))
        else:
            raise NotationError.at(place, "an indented line needs a `type` or `block` above it.")
    return [_section(content, place, body) for content, place, body in sections]


def _section(content: str, place: SourcePosition, body: list[tuple[str, SourcePosition]]) -> Section:
    heading = _HEADING.fullmatch(content.split("#")[0].strip())
    if heading is None:
        raise NotationError.at(
            place,
            f"{content!r} is no heading: expected `type NAME [is BASE] [as CLASS] [where COLUMN = VALUE]` "
            "or `block NAME`; attributes are indented.",
        )
    lists: dict[str, tuple[str, ...]] = {}
    attributes: dict[str, AttributeLine] = {}
    for line, where in body:
        listing = _LISTING.match(line)
        if listing is None:
            attribute = _Line(line, where).read()
            if attribute.name in attributes:
                raise NotationError.at(where, f"{heading['name']} describes {attribute.name!r} twice.")
            attributes[attribute.name] = attribute
            continue
        what = listing["what"]
        if what not in LISTS:
            raise NotationError.at(where, f"{what!r} is nothing a type can list.{suggestion(what, LISTS)}")
        if what in lists:
            raise NotationError.at(where, f"{heading['name']} lists {what!r} twice.")
        lists[what] = tuple(listing["names"].split("#")[0].split())
    return Section(
        name=heading["name"],
        place=place,
        is_block=heading["what"] == "block",
        base=heading["base"],
        alias=heading["alias"],
        classifier=(heading["column"], heading["value"]) if heading["column"] else None,
        attributes=tuple(attributes.values()),
        lists=lists,
    )


class _Line:
    """Reads one attribute line, token by token."""

    def __init__(self, content: str, place: SourcePosition) -> None:
        self._place = place
        self._tokens = list(self._split(content))

    def _split(self, content: str) -> Iterator[tuple[str, str]]:
        position = 0
        while position < len(content):
            token = _TOKEN.match(content, position)
            if token is None or token.lastgroup is None:
                raise self._error(f"{content[position:].strip()!r} cannot be read.")
            position = token.end()
            if token.lastgroup != "comment":
                yield token.lastgroup, token[token.lastgroup]

    def read(self) -> AttributeLine:
        name = self._take("word", "the name of an attribute")
        said = self._held()
        kind: Kind = said.get("kind", Kind.SCALAR)
        flags: set[str] = set()
        while self._tokens:
            group, value = self._tokens.pop(0)
            if group == "alias":
                self._say(said, **_aliases(value, kind))
            elif group == "text":
                self._say(said, description=json.loads(value))
            elif group == "equals":
                self._say(said, default=self._literal())
            elif value == "deprecated":
                self._say(said, description=_DEPRECATED.format(self._take("word", "the attribute to use instead")))
            elif value in FLAGS:
                flags.add(value)
            elif kind is not Kind.SCALAR and value in ("by", "hidden", "through", "derived"):
                self._say(said, key=self._key(value, kind))
            else:
                raise self._error(f"{value!r} says nothing about {name!r}.{suggestion(value, FLAGS)}")
        if kind is Kind.REFERENCE:
            said.setdefault("key", ForeignKey(f"{name}_id"))
        elif kind is not Kind.SCALAR and "key" not in said:
            raise self._error(f"{name!r} does not say how its items are found: by, through or derived.")
        return AttributeLine(name=name, place=self._place, flags=frozenset(flags), **said)

    def _held(self) -> dict[str, Any]:
        """Read what the attribute holds: the second thing on its line."""
        group, value = self._tokens.pop(0) if self._tokens else ("", "")
        if group == "arrow":
            target, _, column = self._take("word", "the related type").partition(".")
            return {"kind": Kind.REFERENCE, "target": target, "target_column": column or "id"}
        if group in ("collection", "mapping"):
            return {"kind": Kind.COLLECTION if group == "collection" else Kind.MAPPING, "target": value}
        if group != "word":
            raise self._error("expected what the attribute holds: a type of value, `-> Type`, `[Type]` or `{Type}`.")
        if "|" in value:
            return {"value_type": "text", "choices": tuple(value.split("|"))}
        if value not in VALUE_TYPES:
            raise self._error(f"{value!r} is no type of value.{suggestion(value, VALUE_TYPES)}")
        held: dict[str, Any] = {"value_type": value}
        if value == "uid":
            held = {"value_type": "text", "default": GENERATED_ID}
        if self._tokens and self._tokens[0] == ("word", "of"):
            self._tokens.pop(0)
            target, _, column = self._take("word", "the type whose id it is").partition(".")
            held.update(target=target, target_column=column or "id")
        return held

    def _key(self, word: str, kind: Kind) -> RelationKey:
        if word == "derived":
            return Derived(self._take("word", "the name of a rule"))
        if kind is Kind.REFERENCE:
            name = self._take("word", "the name of the key")
            if word == "by":
                return ForeignKey(name)
            if word == "hidden":
                return HiddenKey(name)
        elif word == "through":
            link, near, far = (self._take("word", "a link type and its two ends") for _ in range(3))
            return Through(link, near, far)
        elif word == "by":
            return Inverse(self._take("word", "the name of the key"), self._narrowing())
        raise self._error(f"{word!r} does not fit this kind of relation.")

    def _narrowing(self) -> tuple[tuple[str, str], ...]:
        if not self._tokens or self._tokens[0] != ("word", "where"):
            return ()
        self._tokens.pop(0)
        attribute = self._take("word", "an attribute")
        self._take("equals", "`=`")
        return ((attribute, self._take("word", "a value")),)

    def _literal(self) -> Any:
        group, value = self._tokens.pop(0) if self._tokens else ("", "")
        try:
            if group in ("text", "word"):
                return json.loads(value)
        except json.JSONDecodeError:
            pass
        raise self._error(f"a default is written as JSON, which {value!r} is not; text needs double quotes.")

    def _take(self, group: str, meaning: str) -> str:
        if not self._tokens or self._tokens[0][0] != group:
            found = repr(self._tokens[0][1]) if self._tokens else "the end of the line"
            raise self._error(f"expected {meaning}, found {found}.")
        return self._tokens.pop(0)[1]

    def _say(self, said: dict[str, Any], **more: Any) -> None:
        for what, value in more.items():
            if what in said:
                raise self._error(f"the line gives two values for: {what.replace('_', ' ')}.")
            said[what] = value

    def _error(self, message: str) -> NotationError:
        return NotationError.at(self._place, message)


def _aliases(written: str, kind: Kind) -> dict[str, str]:
    """Tell a relation's internal name from its key's: `(show/showid)`, of which either may be missing."""
    if kind is not Kind.REFERENCE:
        return {"alias": written}
    relation, _, key = written.partition("/")
    return {name: alias for name, alias in (("alias", relation), ("key_alias", key)) if alias}
