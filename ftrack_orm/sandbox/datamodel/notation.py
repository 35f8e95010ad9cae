"""Pure: parses the notation of ftrack's data model into sections, one for each type or block.

The top of `shared.model` explains the notation with an example of each construct. A section holds nothing but its
own text; `assembly` combines sections into entity types.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from ftrack_orm.errors import UsageError, suggestion
from ftrack_orm.schema.attribute import GENERATED_ID, Kind
from ftrack_orm.schema.relations import Derived, ForeignKey, HiddenKey, Inverse, RelationKey, Through
from ftrack_orm.values import UNSET


class NotationError(UsageError, ValueError):
    """A description of a data model cannot be parsed; `source` and `line` hold the position, as does the message."""

    source: str = ""
    line: int = 0

    @classmethod
    def at(cls, position: SourcePosition, message: str) -> NotationError:
        """Return the error with its position in front of the message."""
        return cls(f"{position.source}, line {position.line}: {message}", source=position.source, line=position.line)


@attrs.frozen(slots=True)
class SourcePosition:
    """The position of a description in a text."""

    source: str
    line: int


@attrs.frozen(slots=True)
class AttributeDeclaration:
    """One attribute, as its line describes it."""

    name: str
    position: SourcePosition = attrs.field(eq=False)
    kind: Kind = Kind.SCALAR
    value_type: str = ""  # of a scalar: its word in the notation
    choices: tuple[str, ...] = ()  # of a scalar: the only values it can have
    target: str | None = None  # the related type; of a scalar, the type whose id it holds
    target_column: str = "id"  # the target's id in the server's description of the key
    default: Any = UNSET
    alias: str | None = None
    key_alias: str | None = None  # of a relation to one entity: the alias of its foreign key
    key: RelationKey | None = None  # of a relation
    flags: frozenset[str] = frozenset()
    description: str | None = None


@attrs.frozen(slots=True)
class Section:
    """One `type` or `block`: its heading, its attributes and its lists of names."""

    name: str
    position: SourcePosition = attrs.field(eq=False)
    is_block: bool = False
    base: str | None = None
    alias: str | None = None
    classifier: tuple[str, str] | None = None  # internal column and the value that selects the subtype
    attributes: tuple[AttributeDeclaration, ...] = ()
    lists: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)  # "key" -> the names after the colon


#: The lists that a type or block can have, each a line with a colon.
LIST_NAMES = ("with", "key", "required", "fixed", "computed", "default projections", "system projections")

#: The flags that an attribute can have.
FLAGS = frozenset({"required", "optional", "fixed", "computed", "restricted", "twofold"})

#: The words for the types of scalar attributes.
VALUE_TYPES = frozenset(
    {"text", "boolean", "integer", "number", "datetime", "json", "any", "object", "uid", "typename", "untyped"}
)

#: The server's description of an attribute that another one replaces.
_DEPRECATED_DESCRIPTION = "This attribute has been deprecated, use `{}` attribute instead."

_HEADING = re.compile(
    r"(?P<keyword>type|block) (?P<name>[\w-]+)"
    r"(?: is (?P<base>\w+))?(?: as (?P<alias>\w+))?(?: where (?P<column>\w+) = (?P<value>\S+))?"
)
_LIST = re.compile(r"(?P<list>[a-z ]+):(?P<names>.*)")
_TOKEN = re.compile(
    r"\s*(?:(?P<text>\"(?:[^\"\\]|\\.)*\")|(?P<comment>#.*)|(?P<arrow>->)|(?P<equals>=)"
    r"|\((?P<alias>[^)\s]*)\)|\[(?P<collection>\w+)\]|\{(?P<mapping>\w+)\}|(?P<word>[^\s\"#()\[\]{}]+))"
)


def parse(text: str, source: str) -> list[Section]:
    """Parse the sections of one text, in its order; *source* is the text's name in errors.

    Raises `NotationError` for the first invalid line.
    """
    sections: list[tuple[str, SourcePosition, list[tuple[str, SourcePosition]]]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        position = SourcePosition(source, number)
        content = line.strip()
        if not content or content.startswith("#"):
            continue
        if not line[0].isspace():
            sections.append((content, position, []))
        elif sections:
            sections[-1][2].append((content, position))
        else:
            raise NotationError.at(position, "an indented line needs a `type` or `block` above it.")
    return [_section(content, position, body) for content, position, body in sections]


def _section(content: str, position: SourcePosition, body: list[tuple[str, SourcePosition]]) -> Section:
    heading = _HEADING.fullmatch(content.split("#")[0].strip())
    if heading is None:
        raise NotationError.at(
            position,
            f"{content!r} is not a heading: expected `type NAME [is BASE] [as CLASS] [where COLUMN = VALUE]` "
            "or `block NAME`; attributes are indented.",
        )
    lists: dict[str, tuple[str, ...]] = {}
    attributes: dict[str, AttributeDeclaration] = {}
    for line, line_position in body:
        list_match = _LIST.match(line)
        if list_match is None:
            attribute = _AttributeParser(line, line_position).read()
            if attribute.name in attributes:
                raise NotationError.at(line_position, f"{heading['name']} describes {attribute.name!r} twice.")
            attributes[attribute.name] = attribute
            continue
        name = list_match["list"]
        if name not in LIST_NAMES:
            raise NotationError.at(line_position, f"{name!r} is not a list of a type.{suggestion(name, LIST_NAMES)}")
        if name in lists:
            raise NotationError.at(line_position, f"{heading['name']} lists {name!r} twice.")
        lists[name] = tuple(list_match["names"].split("#")[0].split())
    return Section(
        name=heading["name"],
        position=position,
        is_block=heading["keyword"] == "block",
        base=heading["base"],
        alias=heading["alias"],
        classifier=(heading["column"], heading["value"]) if heading["column"] else None,
        attributes=tuple(attributes.values()),
        lists=lists,
    )


class _AttributeParser:
    """Parses the line of one attribute, token by token."""

    def __init__(self, content: str, position: SourcePosition) -> None:
        self._position = position
        self._tokens = list(self._split(content))

    def _split(self, content: str) -> Iterator[tuple[str, str]]:
        position = 0
        while position < len(content):
            token = _TOKEN.match(content, position)
            if token is None or token.lastgroup is None:
                raise self._error(f"{content[position:].strip()!r} cannot be parsed.")
            position = token.end()
            if token.lastgroup != "comment":
                yield token.lastgroup, token[token.lastgroup]

    def read(self) -> AttributeDeclaration:
        name = self._expect("word", "the name of an attribute")
        fields = self._read_type()
        kind: Kind = fields.get("kind", Kind.SCALAR)
        flags: set[str] = set()
        while self._tokens:
            group, value = self._tokens.pop(0)
            if group == "alias":
                self._set(fields, **_aliases(value, kind))
            elif group == "text":
                self._set(fields, description=json.loads(value))
            elif group == "equals":
                self._set(fields, default=self._literal())
            elif value == "deprecated":
                replacement = self._expect("word", "the attribute to use instead")
                self._set(fields, description=_DEPRECATED_DESCRIPTION.format(replacement))
            elif value in FLAGS:
                flags.add(value)
            elif kind is not Kind.SCALAR and value in ("by", "hidden", "through", "derived"):
                self._set(fields, key=self._key(value, kind))
            else:
                raise self._error(f"{value!r} is not possible for {name!r}.{suggestion(value, FLAGS)}")
        if kind is Kind.REFERENCE:
            fields.setdefault("key", ForeignKey(f"{name}_id"))
        elif kind is not Kind.SCALAR and "key" not in fields:
            raise self._error(f"{name!r} needs a key that its items are found by: by, through or derived.")
        return AttributeDeclaration(name=name, position=self._position, flags=frozenset(flags), **fields)

    def _read_type(self) -> dict[str, Any]:
        """Parse the type of the attribute, which follows its name."""
        group, value = self._tokens.pop(0) if self._tokens else ("", "")
        if group == "arrow":
            target, _, column = self._expect("word", "the related type").partition(".")
            return {"kind": Kind.REFERENCE, "target": target, "target_column": column or "id"}
        if group in ("collection", "mapping"):
            return {"kind": Kind.COLLECTION if group == "collection" else Kind.MAPPING, "target": value}
        if group != "word":
            raise self._error("expected the type of the attribute: a value type, `-> Type`, `[Type]` or `{Type}`.")
        if "|" in value:
            return {"value_type": "text", "choices": tuple(value.split("|"))}
        if value not in VALUE_TYPES:
            raise self._error(f"{value!r} is not a value type.{suggestion(value, VALUE_TYPES)}")
        fields: dict[str, Any] = {"value_type": value}
        if value == "uid":
            fields = {"value_type": "text", "default": GENERATED_ID}
        if self._tokens and self._tokens[0] == ("word", "of"):
            self._tokens.pop(0)
            target, _, column = self._expect("word", "the type whose id it is").partition(".")
            fields.update(target=target, target_column=column or "id")
        return fields

    def _key(self, word: str, kind: Kind) -> RelationKey:
        if word == "derived":
            return Derived(self._expect("word", "the name of a rule"))
        if kind is Kind.REFERENCE:
            name = self._expect("word", "the name of the key")
            if word == "by":
                return ForeignKey(name)
            if word == "hidden":
                return HiddenKey(name)
        elif word == "through":
            link, near, far = (self._expect("word", "a link type and its two ends") for _ in range(3))
            return Through(link, near, far)
        elif word == "by":
            return Inverse(self._expect("word", "the name of the key"), self._restriction())
        raise self._error(f"{word!r} does not fit this kind of relation.")

    def _restriction(self) -> tuple[tuple[str, str], ...]:
        if not self._tokens or self._tokens[0] != ("word", "where"):
            return ()
        self._tokens.pop(0)
        attribute = self._expect("word", "an attribute")
        self._expect("equals", "`=`")
        return ((attribute, self._expect("word", "a value")),)

    def _literal(self) -> Any:
        group, value = self._tokens.pop(0) if self._tokens else ("", "")
        try:
            if group in ("text", "word"):
                return json.loads(value)
        except json.JSONDecodeError:
            pass
        raise self._error(f"a default must be JSON, which {value!r} is not; text needs double quotes.")

    def _expect(self, group: str, meaning: str) -> str:
        if not self._tokens or self._tokens[0][0] != group:
            token = repr(self._tokens[0][1]) if self._tokens else "the end of the line"
            raise self._error(f"expected {meaning}, found {token}.")
        return self._tokens.pop(0)[1]

    def _set(self, fields: dict[str, Any], **values: Any) -> None:
        for name, value in values.items():
            if name in fields:
                raise self._error(f"the line gives two values for: {name.replace('_', ' ')}.")
            fields[name] = value

    def _error(self, message: str) -> NotationError:
        return NotationError.at(self._position, message)


def _aliases(written: str, kind: Kind) -> dict[str, str]:
    """Split the internal names of a relation and its key, `(show/showid)`, of which either may be missing."""
    if kind is not Kind.REFERENCE:
        return {"alias": written}
    relation, _, key = written.partition("/")
    return {name: alias for name, alias in (("alias", relation), ("key_alias", key)) if alias}
