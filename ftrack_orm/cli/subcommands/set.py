"""Edge: `ftrack-orm set` changes attributes of entities after the plan was shown and confirmed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import attrs
import click

from ftrack_orm.cli.arguments import EntityTypeName
from ftrack_orm.cli.assignments import configured_value, scalar_value, split_arguments
from ftrack_orm.cli.colors import colored
from ftrack_orm.cli.columns import naming_attribute
from ftrack_orm.cli.command import command, connected
from ftrack_orm.cli.lookup import find_all, id_of
from ftrack_orm.cli.questions import confirm
from ftrack_orm.errors import UsageError
from ftrack_orm.schema.attribute import Kind
from ftrack_orm.schema.facts import CUSTOM_ATTRIBUTES

if TYPE_CHECKING:
    from ftrack_orm.cli.assignments import Assignment
    from ftrack_orm.cli.output import Output
    from ftrack_orm.schema.model import EntityType
    from ftrack_orm.session.session import Session


@command(
    "ftrack-orm set Task 5a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9 status=Approved",
    "ftrack-orm set User jane is_active=no --dry-run",
    "ftrack-orm set Shot sh010 custom_attributes.fstart=1001 metadata.reviewed=yes --yes",
    name="set",
)
@click.argument("entity_type", metavar="TYPE", type=EntityTypeName())
@click.argument("arguments", metavar="ID... NAME=VALUE...", nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Show the plan, and change nothing.")
@click.option("--yes", is_flag=True, help="Change without a question.")
@connected
def set_(
    output: Output, entity_type: str, arguments: tuple[str, ...], dry_run: bool, yes: bool, session: Session
) -> None:
    """Change attributes of entities.

    The changes are shown and have to be confirmed. ID is an id, or the name of one entity. A VALUE is a text, a number,
    true or false, a date in ISO 8601, or the name or id of the entity that an attribute refers to. Nothing behind the
    equals sign empties an attribute. Options of an enumerator are separated by commas.
    """
    ids, assignments = split_arguments(arguments)
    described = session.schema.type(entity_type)
    for assignment in assignments:
        _check(described, assignment)
    ids = list(dict.fromkeys(ids))
    targets = [each for each in assignments if each.text and _target(described, each) is not None]
    wanted = [(described.name, each) for each in ids]
    found = find_all(session, [*wanted, *((str(_target(described, each)), each.text) for each in targets)])
    entities, referred = found[: len(ids)], dict(zip(targets, found[len(ids) :], strict=True))
    session.populate(entities, _paths(described, assignments))
    try:
        for entity in entities:
            for assignment in assignments:
                _assign(session, entity, assignment, referred.get(assignment))
        changes = list(_changes(session))
        operations = session.plan().as_json()
        if not output.json:
            _show(output, changes)
        is_confirmed = bool(changes) and not dry_run and (yes or confirm(_question(len(changes), len(entities))))
        if is_confirmed:
            session.commit(on_conflict="raise")
    finally:
        session.rollback()
    if output.json:
        rows = [{**attrs.asdict(each), "old": _plain(each.old), "new": _plain(each.new)} for each in changes]
        output.write_json({"changes": rows, "operations": operations, "saved": is_confirmed})
    elif changes:
        output.note("saved" if is_confirmed else "nothing was changed")


@attrs.frozen
class _Changed:
    """A value that would change. Entities stand for themselves."""

    entity: str
    attribute: str
    old: Any
    new: Any


def _paths(described: EntityType, assignments: list[Assignment]) -> str:
    """Return the attributes to load before they are set, so that old values are known."""
    paths = {described.attribute(each.attribute).name for each in assignments}
    return ", ".join(sorted(paths | ({named} if (named := naming_attribute(described)) else set())))


def _show(output: Output, changes: list[_Changed]) -> None:
    if not changes:
        output.note("The values are set already. There is nothing to change.")
        return
    rows = [(each.entity, each.attribute, _cell(output, each.old), _cell(output, each.new)) for each in changes]
    output.write_rows(["entity", "attribute", "old", "new"], rows)


def _question(values: int, entities: int) -> str:
    changed = "1 value" if values == 1 else f"{values} values"
    return f"Change {changed} of {'1 entity' if entities == 1 else f'{entities} entities'}?"


def _check(described: EntityType, assignment: Assignment) -> None:
    """Raise `UsageError` for an assignment that has no meaning, and `UnknownAttribute`."""
    attribute = described.attribute(assignment.attribute)
    place = f"{described.name}.{attribute.name}"
    if assignment.key is not None and attribute.kind is not Kind.MAPPING:
        raise UsageError(
            f"{place} has no keys, so {assignment.place} cannot be set. To change an entity that it refers to, set an "
            f"attribute of that one: set {attribute.target or 'TYPE'} ID {assignment.key}={assignment.text}"
        )
    if attribute.kind is Kind.MAPPING and assignment.key is None:
        raise UsageError(f"{place} cannot be set as a whole. Set {attribute.name}.KEY=VALUE.")
    if attribute.kind is Kind.COLLECTION:
        raise UsageError(f"{place} has many entities and cannot be set here. Change the entities themselves.")


def _target(described: EntityType, assignment: Assignment) -> str | None:
    """Return the type that the value of an assignment is an entity of, or None for other values."""
    attribute = described.attribute(assignment.attribute)
    return attribute.target if attribute.kind is Kind.REFERENCE else None


def _assign(session: Session, entity: Any, assignment: Assignment, referred: Any) -> None:
    """Set one attribute; *referred* is the entity that it refers to. Raises the errors of setting it."""
    attribute = entity.__schema__.attribute(assignment.attribute)
    if attribute.kind is Kind.SCALAR:
        entity[attribute.name] = scalar_value(entity.__entity_type__, attribute, assignment.text)
    elif attribute.kind is Kind.REFERENCE:
        entity[attribute.name] = referred
    else:
        entity[attribute.name][assignment.key] = _entry(session, entity, assignment)


def _entry(session: Session, entity: Any, assignment: Assignment) -> Any:
    if assignment.attribute != CUSTOM_ATTRIBUTES:
        return assignment.text
    configuration = session.configurations.applying_to(entity).get(str(assignment.key))
    kind = configuration.kind if configuration is not None else "text"
    return configured_value(f"{entity.__entity_type__}.{assignment.place}", kind, assignment.text)


def _changes(session: Session) -> Iterator[_Changed]:
    """Yield each changed value, also the entries of mappings. Keys of references are left out."""
    for entity, changes in session.changes().items():
        described = entity.__schema__
        label = f"{described.name} {_name(entity)}"
        keys = described.keyed_references
        for name, change in changes.items():
            if any(reference in changes for reference in keys.get(name, ())):
                continue
            if not isinstance(change.new, Mapping):
                yield _Changed(label, name, change.old, change.new)
                continue
            old = change.old if isinstance(change.old, Mapping) else {}
            for key in change.new:
                if change.new[key] != old.get(key):
                    yield _Changed(label, f"{name}.{key}", old.get(key), change.new[key])


def _cell(output: Output, value: Any) -> Any:
    """Return a value for a table: an entity by its name, in its colour on a terminal."""
    if not hasattr(type(value), "__reference__"):
        return value
    has_color = output.is_terminal and "color" in value.__schema__.attributes
    return colored(_name(value), value["color"] if has_color else None)


def _plain(value: Any) -> Any:
    return _name(value) if hasattr(type(value), "__reference__") else value


def _name(entity: Any) -> str:
    name = naming_attribute(entity.__schema__)
    return str(entity[name]) if name is not None and entity[name] else id_of(entity)
