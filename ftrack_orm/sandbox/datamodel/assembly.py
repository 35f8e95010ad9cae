"""Pure: works out what the sections of a data model mean together: whole entity types, with nothing left implied.

Blocks are taken in, bases passed on, keys declared along with the relations they keep, and every name that must be
somewhere is looked for, so that a slip of the pen is an error with a line number and not a hole in the model.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import attrs

from ftrack_orm.errors import suggestion
from ftrack_orm.sandbox.relations import ForeignKey, Inverse, RelationKey, Through
from ftrack_orm.schema.attribute import GENERATED_ID, Kind

from .notation import AttributeLine, NotationError, Section, SourcePosition


@attrs.frozen
class TypeDescription:
    """One entity type with all its attributes, its own and its bases', and all that is listed about it."""

    name: str
    base: str | None
    alias: str | None
    classifier: tuple[str, str] | None
    attributes: Mapping[str, AttributeLine]
    primary_key: tuple[str, ...]
    required: frozenset[str]
    immutable: frozenset[str]
    computed: frozenset[str]
    default_projections: tuple[str, ...]
    system_projections: tuple[str, ...]

    @property
    def relations(self) -> Mapping[str, RelationKey]:
        """The key of every relation by attribute name."""
        return {attribute.name: attribute.key for attribute in self.attributes.values() if attribute.key is not None}


@attrs.frozen
class _Share:
    """What a section says itself, together with what its base and blocks say."""

    lines: Mapping[str, AttributeLine]
    lists: Mapping[str, tuple[str, ...]]


def assemble(sections: Iterable[Section]) -> dict[str, TypeDescription]:
    """Return the entity types that *sections* describe together, by name, in their order.

    Raises `NotationError` when something is described twice, or names what nothing describes.
    """
    known: dict[str, Section] = {}
    for section in sections:
        if section.name in known:
            raise NotationError.at(section.place, f"{section.name} is described twice.")
        known[section.name] = section
    types = {name: _complete(section, known) for name, section in known.items() if not section.is_block}
    for name in types:
        _check(types[name], known[name].place, types)
    return types


def _complete(section: Section, known: Mapping[str, Section]) -> TypeDescription:
    share = _share(section, known, ())
    lists = share.lists
    key = lists.get("key", ("id",))
    lines = dict(share.lines)
    if key == ("id",) and "id" not in lines:
        lines["id"] = AttributeLine("id", section.place, value_type="text", default=GENERATED_ID)
    for implied in list(_implied_keys(lines)):
        lines.setdefault(implied.name, implied)  # two relations may share a key: the first one's line describes it
    lines.update({line.name: line for line in _classified(section, lines.values())})
    required = {name for line in lines.values() if "required" in line.flags for name in _values_of(line)}
    optional = {line.name for line in lines.values() if "optional" in line.flags}
    fixed = {name for line in lines.values() if "fixed" in line.flags for name in (line.name, *_values_of(line))}
    computed = {line.name for line in lines.values() if "computed" in line.flags}
    return TypeDescription(
        name=section.name,
        base=section.base,
        alias=section.alias,
        classifier=section.classifier,
        attributes=lines,
        primary_key=key,
        required=frozenset((required | set(key)) - optional).union(lists.get("required", ())),
        immutable=frozenset(fixed | set(key)).union(lists.get("fixed", ())),
        computed=frozenset(computed).union(lists.get("computed", ())),
        default_projections=lists.get("default projections", key),
        system_projections=lists.get("system projections", ()),
    )


def _share(section: Section, known: Mapping[str, Section], inside: tuple[str, ...]) -> _Share:
    """Return what a section has to give: first its base's, then its blocks', then its own."""
    if section.name in inside:
        path = " in ".join((*inside, section.name))
        raise NotationError.at(section.place, f"{section.name} is made of itself: {path}.")
    sources = [(section.base, False)] if section.base else []
    sources += [(block, True) for block in section.lists.get("with", ())]
    lines: dict[str, AttributeLine] = {}
    lists: dict[str, tuple[str, ...]] = {}
    for name, is_block in sources:
        source = known.get(name)
        if source is None or source.is_block is not is_block:
            near = suggestion(name, [other.name for other in known.values() if other.is_block is is_block])
            raise NotationError.at(section.place, f"there is no {'block' if is_block else 'type'} {name!r}.{near}")
        share = _share(source, known, (*inside, section.name))
        lines.update(share.lines)
        lists = _joined(lists, share.lists)
    lines.update({line.name: line for line in section.attributes})
    return _Share(lines, _joined(lists, section.lists))


def _joined(lists: Mapping[str, tuple[str, ...]], more: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Join the lists of two sections: `required`, `fixed` and `computed` add up, of the others the nearer counts."""
    joined = {**lists, **more}
    for what in ("required", "fixed", "computed"):
        if what in lists and what in more:
            joined[what] = (*lists[what], *more[what])
    return joined


def _implied_keys(lines: Mapping[str, AttributeLine]) -> Iterator[AttributeLine]:
    """Yield the attributes that keep the ids of related entities and have no line of their own."""
    for line in lines.values():
        if line.kind is Kind.REFERENCE and isinstance(line.key, ForeignKey) and line.key.attribute not in lines:
            yield AttributeLine(
                line.key.attribute,
                line.place,
                value_type="text",
                target=line.target,
                target_column=line.target_column,
                alias=line.key_alias,
            )


def _classified(section: Section, lines: Iterable[AttributeLine]) -> list[AttributeLine]:
    """Return the attributes kept in the classifier's column, with the classifier's value as their default."""
    if section.classifier is None:
        return []
    column, value = section.classifier
    classified = [attrs.evolve(line, default=value) for line in lines if line.alias == column]
    if section.base is None or not classified:
        raise NotationError.at(
            section.place, f"`where {column} = ...` needs a base and an attribute that is kept in ({column})."
        )
    return classified


def _values_of(line: AttributeLine) -> tuple[str, ...]:
    """Return the scalar attributes that a flag on this line speaks of."""
    if line.kind is not Kind.REFERENCE:
        return (line.name,)
    return (line.key.attribute,) if isinstance(line.key, ForeignKey) else ()


# -- looking for slips ------------------------------------------------------------------------------------------------


def _check(described: TypeDescription, place: SourcePosition, types: Mapping[str, TypeDescription]) -> None:
    for name in described.primary_key:
        if name not in described.attributes:
            near = suggestion(name, described.attributes)
            raise NotationError.at(place, f"{described.name} has no attribute {name!r} for its key.{near}")
    for line in described.attributes.values():
        if line.kind is Kind.SCALAR:
            continue
        if line.target not in types:
            near = suggestion(str(line.target), types)
            raise NotationError.at(line.place, f"there is no type {line.target!r}.{near}")
        for owner, attribute in _ends(described, line, types):
            if attribute not in owner.attributes:
                near = suggestion(attribute, owner.attributes)
                raise NotationError.at(line.place, f"{owner.name} has no attribute {attribute!r}.{near}")


def _ends(
    described: TypeDescription, line: AttributeLine, types: Mapping[str, TypeDescription]
) -> Iterator[tuple[TypeDescription, str]]:
    """Yield the attributes that a relation is kept in, with the types that must have them.

    A derived relation, a hidden key and a hidden link need no attribute.
    """
    if isinstance(line.key, ForeignKey):
        yield described, line.key.attribute
    elif isinstance(line.key, Inverse):
        target = types[str(line.target)]
        yield target, line.key.attribute
        yield from ((target, name) for name, _ in line.key.only)
    elif isinstance(line.key, Through) and line.key.link in types:
        yield from ((types[line.key.link], name) for name in (line.key.near, line.key.far))
