"""State: refuses a commit whose entities lack values that neither the user nor the server provides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftrack_orm.errors import RequiredValueMissing
from ftrack_orm.schema.required import RequiredValue, required_values

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity
    from ftrack_orm.entities.journal import Journal
    from ftrack_orm.schema.model import EntityType


#: The values that new entities of a type need.
RequiredValues = dict["EntityType", tuple[RequiredValue, ...]]


def check_required(journal: Journal, by_type: RequiredValues) -> None:
    """Raise `RequiredValueMissing` for all entities that *journal* creates without a value that they need.

    The same holds for an existing entity whose required value was set to None. *by_type* keeps the values that types
    need for later commits. The caller holds the lock of the workspace.
    """
    missing: list[tuple[Entity, RequiredValue]] = []
    created = journal.created
    for entity, edits in journal.edits.items():
        schema = entity.__schema__
        # No function is called for an entity that has its values: a commit may have thousands.
        if schema not in by_type:
            by_type[schema] = required_values(schema)
        is_new = entity in created
        for required in by_type[schema]:
            if is_new:
                for name in required.names:
                    if name in edits and edits[name] is not None:
                        break
                else:
                    missing.append((entity, required))
            elif required.names[0] in edits and edits[required.names[0]] is None and not required.may_be_emptied:
                missing.append((entity, required))
    missing = [(entity, required) for entity, required in missing if entity not in journal.deleted] if missing else []
    if missing:
        raise _missing_error(missing)


def _missing_error(missing: list[tuple[Entity, RequiredValue]]) -> RequiredValueMissing:
    failures = [(entity.__reference__(), _reason(entity, required)) for entity, required in missing]
    shown = "".join(f"\n{entity!r}: {reason}" for (entity, _), (_, reason) in zip(missing, failures, strict=True))
    number = "a required value is missing" if len(missing) == 1 else f"{len(missing)} required values are missing"
    entity, required = missing[0]
    return RequiredValueMissing(
        f"Nothing was sent: {number}, which the server does not fill in.{shown}",
        failures=tuple(failures),
        entity=entity,
        entity_type=entity.__entity_type__,
        attribute=required.names[0],
    )


def _reason(entity: Entity, required: RequiredValue) -> str:
    schema = entity.__schema__
    # The reference is named before its key, which few people set.
    names = [name for key in required.names for name in (*schema.keyed_references.get(key, ()), key)]
    return f"{schema.name} needs a value for {' or '.join(dict.fromkeys(names))}."
