"""Pure: combines the sections of a data model into complete entity types.

Blocks are included, bases inherited, and foreign keys declared together with their relations. Every name that must
exist is checked, so that a misspelling is an error with a line number and not a gap in the model.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import attrs

from ftrack_orm.errors import suggestion
from ftrack_orm.schema.attribute import GENERATED_ID, Kind
from ftrack_orm.schema.relations import ForeignKey, Inverse, RelationKey, Through

from .notation import AttributeDeclaration, NotationError, Section, SourcePosition


@attrs.frozen
class TypeDescription:
    """One entity type with all its attributes, inherited ones included, and its lists."""

    name: str
    base: str | None
    alias: str | None
    classifier: tuple[str, str] | None
    attributes: Mapping[str, AttributeDeclaration]
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
class _ResolvedSection:
    """The attributes and lists of a section, including those of its base and its blocks."""

    attributes: Mapping[str, AttributeDeclaration]
    lists: Mapping[str, tuple[str, ...]]


def assemble(sections: Iterable[Section]) -> dict[str, TypeDescription]:
    """Return the entity types that *sections* describe, by name, in their order.

    Raises `NotationError` for a duplicate description and for a name that no section describes.
    """
    known: dict[str, Section] = {}
    for section in sections:
        if section.name in known:
            raise NotationError.at(section.position, f"{section.name} is described twice.")
        known[section.name] = section
    types = {name: _build_type(section, known) for name, section in known.items() if not section.is_block}
    for name in types:
        _check(types[name], known[name].position, types)
    return types


def _build_type(section: Section, known: Mapping[str, Section]) -> TypeDescription:
    resolved = _resolve(section, known, ())
    lists = resolved.lists
    key = lists.get("key", ("id",))
    attributes = dict(resolved.attributes)
    if key == ("id",) and "id" not in attributes:
        attributes["id"] = AttributeDeclaration("id", section.position, value_type="text", default=GENERATED_ID)
    for implied in list(_implied_keys(attributes)):
        attributes.setdefault(implied.name, implied)  # of relations with one key the first describes it
    attributes.update({attribute.name: attribute for attribute in _classified(section, attributes.values())})
    required = {
        name for attribute in attributes.values() if "required" in attribute.flags for name in _scalars_of(attribute)
    }
    optional = {attribute.name for attribute in attributes.values() if "optional" in attribute.flags}
    immutable = {
        name
        for attribute in attributes.values()
        if "fixed" in attribute.flags
        for name in (attribute.name, *_scalars_of(attribute))
    }
    computed = {attribute.name for attribute in attributes.values() if "computed" in attribute.flags}
    return TypeDescription(
        name=section.name,
        base=section.base,
        alias=section.alias,
        classifier=section.classifier,
        attributes=attributes,
        primary_key=key,
        required=frozenset((required | set(key)) - optional).union(lists.get("required", ())),
        immutable=frozenset(immutable | set(key)).union(lists.get("fixed", ())),
        computed=frozenset(computed).union(lists.get("computed", ())),
        default_projections=lists.get("default projections", key),
        system_projections=lists.get("system projections", ()),
    )


def _resolve(section: Section, known: Mapping[str, Section], path: tuple[str, ...]) -> _ResolvedSection:
    """Return the attributes and lists of a section: those of its base, then of its blocks, then its own."""
    if section.name in path:
        cycle = " in ".join((*path, section.name))
        raise NotationError.at(section.position, f"{section.name} includes itself: {cycle}.")
    sources = [(section.base, False)] if section.base else []
    sources += [(block, True) for block in section.lists.get("with", ())]
    attributes: dict[str, AttributeDeclaration] = {}
    lists: dict[str, tuple[str, ...]] = {}
    for name, is_block in sources:
        source = known.get(name)
        if source is None or source.is_block is not is_block:
            near = suggestion(name, [other.name for other in known.values() if other.is_block is is_block])
            raise NotationError.at(section.position, f"there is no {'block' if is_block else 'type'} {name!r}.{near}")
        resolved = _resolve(source, known, (*path, section.name))
        attributes.update(resolved.attributes)
        lists = _merge_lists(lists, resolved.lists)
    attributes.update({attribute.name: attribute for attribute in section.attributes})
    return _ResolvedSection(attributes, _merge_lists(lists, section.lists))


def _merge_lists(
    lists: Mapping[str, tuple[str, ...]], more: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """Merge the lists of two sections: `required`, `fixed`, `computed` add up; otherwise *more* takes precedence."""
    merged = {**lists, **more}
    for name in ("required", "fixed", "computed"):
        if name in lists and name in more:
            merged[name] = (*lists[name], *more[name])
    return merged


def _implied_keys(attributes: Mapping[str, AttributeDeclaration]) -> Iterator[AttributeDeclaration]:
    """Yield the foreign keys of references for which there is no attribute."""
    for attribute in attributes.values():
        if (
            attribute.kind is Kind.REFERENCE
            and isinstance(attribute.key, ForeignKey)
            and attribute.key.attribute not in attributes
        ):
            yield AttributeDeclaration(
                attribute.key.attribute,
                attribute.position,
                value_type="text",
                target=attribute.target,
                target_column=attribute.target_column,
                alias=attribute.key_alias,
            )


def _classified(section: Section, attributes: Iterable[AttributeDeclaration]) -> list[AttributeDeclaration]:
    """Return the attributes stored in the classifier's column, with the classifier's value as default."""
    if section.classifier is None:
        return []
    column, value = section.classifier
    classified = [attrs.evolve(attribute, default=value) for attribute in attributes if attribute.alias == column]
    if section.base is None or not classified:
        raise NotationError.at(
            section.position, f"`where {column} = ...` needs a base and an attribute that is stored in ({column})."
        )
    return classified


def _scalars_of(attribute: AttributeDeclaration) -> tuple[str, ...]:
    """Return the scalar attributes that a flag of this attribute applies to: for a reference, its foreign key."""
    if attribute.kind is not Kind.REFERENCE:
        return (attribute.name,)
    return (attribute.key.attribute,) if isinstance(attribute.key, ForeignKey) else ()


# -- checks -----------------------------------------------------------------------------------------------------------


def _check(described: TypeDescription, position: SourcePosition, types: Mapping[str, TypeDescription]) -> None:
    for name in described.primary_key:
        if name not in described.attributes:
            near = suggestion(name, described.attributes)
            raise NotationError.at(position, f"{described.name} has no attribute {name!r} for its key.{near}")
    for attribute in described.attributes.values():
        if attribute.kind is Kind.SCALAR:
            continue
        if attribute.target not in types:
            near = suggestion(str(attribute.target), types)
            raise NotationError.at(attribute.position, f"there is no type {attribute.target!r}.{near}")
        for owner, name in _required_attributes(described, attribute, types):
            if name not in owner.attributes:
                near = suggestion(name, owner.attributes)
                raise NotationError.at(attribute.position, f"{owner.name} has no attribute {name!r}.{near}")


def _required_attributes(
    described: TypeDescription, attribute: AttributeDeclaration, types: Mapping[str, TypeDescription]
) -> Iterator[tuple[TypeDescription, str]]:
    """Yield the attributes that a relation is stored in, with the types that must have them.

    A derived relation, a hidden key and a hidden link require none.
    """
    if isinstance(attribute.key, ForeignKey):
        yield described, attribute.key.attribute
    elif isinstance(attribute.key, Inverse):
        target = types[str(attribute.target)]
        yield target, attribute.key.attribute
        yield from ((target, name) for name, _ in attribute.key.only)
    elif isinstance(attribute.key, Through) and attribute.key.link in types:
        yield from ((types[attribute.key.link], name) for name in (attribute.key.near, attribute.key.far))
