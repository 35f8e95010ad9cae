"""State: running the rules of a studio and the validators of behaviours before a unit of work is committed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.validators import Validator, validators_in
from ftrack_orm.errors import InvalidValue, UsageError, ValidationFailed

if TYPE_CHECKING:
    from ftrack_orm.entities.journal import Journal
    from ftrack_orm.entities.workspace import Workspace

    from .saved_changes import SessionChanges

#: An entity, None for none in particular, and the reason why its commit is refused.
Failure = tuple["Entity | None", str]


def add_rule(workspace: Workspace, function: Callable[[SessionChanges], Any]) -> None:
    """Run *function* before every commit of *workspace*, see `Session.before_commit`."""
    if not callable(function):
        raise UsageError(f"session.before_commit takes a function, not {function!r:.200}.")
    if function not in workspace.commit_rules:
        workspace.commit_rules.append(function)


def validate(workspace: Workspace, journal: Journal) -> None:
    """Run the rules of the session, and the validators of the entities that *journal* creates or modifies.

    Raises `ValidationFailed` with all failures. Rules and validators may read values, which are loaded, and may edit
    entities; those edits are part of the commit. Validators see the edits of rules; edits of validators are not
    validated again.
    """
    by_rules = [failure for rule in tuple(workspace.commit_rules) for failure in _run_rule(rule, workspace, journal)]
    by_validators = list(_run_validators(workspace, journal)) if workspace.classes.has_validators else []
    failures = [*by_rules, *by_validators]
    if not failures:
        return
    numbers = [
        f"{len(each)} {word}{'' if len(each) == 1 else 's'}"
        for each, word in ((by_rules, "rule"), (by_validators, "validator"))
        if each
    ]
    shown = "".join(f"\n{reason if entity is None else f'{entity!r}: {reason}'}" for entity, reason in failures)
    raise ValidationFailed(
        f"Nothing was committed: {' and '.join(numbers)} failed.{shown}",
        failures=tuple((None if entity is None else entity.__reference__(), reason) for entity, reason in failures),
    )


def _run_rule(rule: Callable[[SessionChanges], Any], workspace: Workspace, journal: Journal) -> Iterator[Failure]:
    from .saved_changes import SessionChanges

    if not journal:
        return
    name = getattr(rule, "__qualname__", repr(rule))
    problems: list[Any] = []
    try:
        result = rule(SessionChanges(workspace))
        if isinstance(result, str) or not isinstance(result, Iterable):
            problems += [] if result is None else [result]
        else:
            for problem in result:
                problems.append(problem)
    except ValueError as error:
        problems.append(str(error) or f"{name} failed without a reason")
    for problem in problems:
        entity, reason = problem if isinstance(problem, tuple) and len(problem) == 2 else (None, problem)
        if not isinstance(reason, str) or not (entity is None or isinstance(entity, Entity)):
            raise InvalidValue(
                f"{name}, a function of session.before_commit, returns None, or yields sentences or pairs of an entity "
                f"and a sentence; it gave {problem!r:.200}."
            )
        yield entity, reason


def _run_validators(workspace: Workspace, journal: Journal) -> Iterator[Failure]:
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
                yield entity, str(error) or f"{validator.name} failed without a reason"


def _applicable(validators: list[Validator], entity: Entity, journal: Journal) -> Iterator[Validator]:
    if entity in journal.created:
        return iter(validators)
    schema, changed = entity.__schema__, set(journal.edits.get(entity, ()))
    for name in tuple(changed):
        changed.update(schema.keyed_references.get(name, ()))
        changed.update({schema.reference_keys[name]} if name in schema.reference_keys else ())
    return (validator for validator in validators if validator.applies_to(changed))
