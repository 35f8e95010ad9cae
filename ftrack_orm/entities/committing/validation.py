"""State: running the validators of behaviours on the entities of a unit of work, before they are committed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftrack_orm.entities.validators import Validator, validators_in
from ftrack_orm.errors import ValidationFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ftrack_orm.entities.entity import Entity
    from ftrack_orm.entities.journal import Journal
    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.values import Reference


def validate(workspace: Workspace, journal: Journal) -> None:
    """Run the validators of the entities that *journal* creates or modifies.

    Raises `ValidationFailed` with all failures. Validators may read values, which are loaded, and may edit entities;
    those edits are part of the commit and are not validated again.
    """
    failures: list[tuple[Reference, str]] = []
    shown: list[str] = []
    by_class: dict[type, list[Validator]] = {}
    with workspace.lock:  # other threads may edit meanwhile
        entities = [entity for entity in journal.edits if entity not in journal.deleted]
    for entity in entities:
        cls = type(entity)
        if cls not in by_class:
            by_class[cls] = validators_in(cls.__mro__)
        for validator in _applicable(by_class[cls], entity, journal):
            try:
                getattr(entity, validator.name)()
            except ValueError as error:
                reason = str(error) or f"{validator.name} failed without a reason"
                failures.append((entity.__reference__(), reason))
                shown.append(f"\n{entity!r}: {reason}")
    if failures:
        number = "1 validator" if len(failures) == 1 else f"{len(failures)} validators"
        raise ValidationFailed(f"Nothing was committed: {number} failed.{''.join(shown)}", failures=tuple(failures))


def _applicable(validators: list[Validator], entity: Entity, journal: Journal) -> Iterator[Validator]:
    if entity in journal.created:
        return iter(validators)
    schema, changed = entity.__schema__, set(journal.edits.get(entity, ()))
    for name in tuple(changed):
        changed.update(schema.keyed_references.get(name, ()))
        changed.update({schema.reference_keys[name]} if name in schema.reference_keys else ())
    return (validator for validator in validators if validator.applies_to(changed))
