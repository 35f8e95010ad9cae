"""State: forming the resource identifiers of components, with the attributes that structures need loaded in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ftrack_orm.behaviours.identity import id_of, is_saved
from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.entities.reading.peer_groups import needs_load
from ftrack_orm.entities.row_queries import IDS_PER_QUERY, in_parts
from ftrack_orm.errors import ResourceExists, StorageError, quoted
from ftrack_orm.query.expressions.clauses import as_projections
from ftrack_orm.query.language.compiler import compile_select
from ftrack_orm.query.language.nodes import Membership, Path, Select
from ftrack_orm.wire.operations import QueryOperation

if TYPE_CHECKING:
    from ftrack_orm.behaviours.services import Services

    from .additions import ComponentAddition


def form_identifiers(services: Services, additions: Sequence[ComponentAddition]) -> None:
    """Set the identifiers of *additions*, as the structures of their locations form them.

    Raises `ResourceExists` when two files would get the same one, and the errors of the structures.
    """
    for structure, group in _by_structure(additions):
        components = [addition.component for addition in group]
        for paths, part in _by_paths(structure, components).items():
            _load_paths(services, part, paths)
        contexts = [_context(addition) for addition in group]
        identifiers = _identifiers_by(structure, components, contexts)
        for addition, identifier in zip(group, identifiers, strict=True):
            addition.identifier = identifier
        _check_distinct(group)


def need_saved_entities(additions: Sequence[ComponentAddition]) -> bool:
    """Return whether a structure reads attributes of new entities that are no components, such as of a new version."""
    return any(
        isinstance(target := _target_in_memory(component, step), Entity)
        and target._ftrack_state.lifecycle is Lifecycle.PENDING
        and "component_locations" not in target.__attributes__
        for structure, group in _by_structure(additions)
        for paths, components in _by_paths(structure, [addition.component for addition in group]).items()
        for step in {_first_step(path) for path in paths if "." in path}
        for component in components
        if not is_saved(component) and step in component.__attributes__
    )


def queries_for_structures(additions: Sequence[ComponentAddition]) -> list[QueryOperation]:
    """Return the queries for the attributes that structures read, which can travel in the commit of the components."""
    return [
        QueryOperation(
            compile_select(
                Select(entity_type, tuple(as_projections((", ".join(paths),))), Membership(Path.of("id"), tuple(part)))
            )
        )
        for structure, group in _by_structure(additions)
        for paths, components in _by_paths(structure, [addition.component for addition in group]).items()
        if paths
        for entity_type in {component.__entity_type__ for component in components}
        for part in in_parts(
            tuple(id_of(each) for each in components if each.__entity_type__ == entity_type), IDS_PER_QUERY
        )
    ]


def _by_structure(additions: Iterable[ComponentAddition]) -> Iterator[tuple[Any, list[ComponentAddition]]]:
    """Yield the structures of the locations, and the additions that go there."""
    groups: dict[int, list[ComponentAddition]] = {}
    for addition in additions:
        groups.setdefault(id(addition.configuration), []).append(addition)
    for group in groups.values():
        structure = group[0].configuration.structure
        if structure is None:
            raise StorageError(
                f"The location of {group[0].component!r} has no structure, which forms the resource identifiers of its "
                "components. Configure one."
            )
        yield structure, group


def _identifiers_by(structure: Any, components: Sequence[Entity], contexts: Sequence[Mapping[str, Any]]) -> list[str]:
    if hasattr(structure, "get_resource_identifiers"):
        return list(structure.get_resource_identifiers(components, contexts))
    # A structure that was written for the official client.
    return [
        structure.get_resource_identifier(component, context)
        for component, context in zip(components, contexts, strict=True)
    ]


def _by_paths(structure: Any, components: Iterable[Entity]) -> Mapping[tuple[str, ...], list[Entity]]:
    """Return *components* by the paths that the structure reads of them."""
    groups: dict[tuple[str, ...], list[Entity]] = {}
    for component in components:
        text = structure.projections(component.__entity_type__) if hasattr(structure, "projections") else ""
        groups.setdefault(tuple(path.strip() for path in text.split(",") if path.strip()), []).append(component)
    return groups


def _first_step(path: str) -> str:
    # A path may have a cast: `container[SequenceComponent].padding`.
    return path.partition(".")[0].partition("[")[0]


def _load_paths(services: Services, entities: Iterable[Entity], paths: Sequence[str]) -> None:
    """Load *paths* for *entities*; of new ones, what they refer to, for all of them together."""
    new: list[Entity] = []
    saved: list[Entity] = []
    for entity in entities:
        (saved if is_saved(entity) else new).append(entity)
    by_step: dict[str, list[str]] = {}
    for path in paths:
        if "." in path:
            by_step.setdefault(_first_step(path), []).append(path.partition(".")[2])
    for step in by_step:
        _fetch_targets(services, new, step)
        _resolve_from_memory([*saved, *new], step)
    if saved and paths:
        services.populate(saved, ", ".join(paths))
    for step, rests in by_step.items():
        targets = dict.fromkeys(entity[step] for entity in new if step in entity.__attributes__)
        _load_paths(services, [each for each in targets if isinstance(each, Entity)], rests)


def _fetch_targets(services: Services, entities: Iterable[Entity], reference: str) -> None:
    """Load the targets of a reference that entities have the key of only, with one request for each type of target."""
    keys: dict[str, dict[tuple[str], None]] = {}
    for _, target, key in _unresolved(entities, reference):
        if key is not None and services.workspace.lookup(target, (key,)) is None:
            keys.setdefault(target, {})[key,] = None
    for target, of_target in keys.items():
        services.workspace.loader.fetch(target, of_target)


def _resolve_from_memory(entities: Iterable[Entity], reference: str) -> None:
    """Set a reference of entities whose foreign key is loaded, if it is None or its target is in memory."""
    for entity, target, key in _unresolved(entities, reference):
        if key is None or entity._ftrack_state.workspace.lookup(target, (key,)) is not None:
            # Reading it makes no request now.
            entity[reference]


def _unresolved(entities: Iterable[Entity], reference: str) -> Iterator[tuple[Entity, str, str | None]]:
    """Yield entities with a reference that is not loaded although its key is, with the type and key of the target."""
    for entity in entities:
        key_name = entity.__schema__.reference_keys.get(reference)
        if key_name is not None and key_name in entity.__dict__ and needs_load(entity, reference):
            yield entity, str(entity.__schema__.attributes[reference].target), entity.__dict__[key_name]


def _target_in_memory(entity: Entity, reference: str) -> Any:
    for _, target, key in _unresolved([entity], reference):
        return None if key is None else entity._ftrack_state.workspace.lookup(target, (key,))
    return entity.__dict__.get(reference)


def _context(addition: ComponentAddition) -> dict[str, Any]:
    source = addition.source_identifier
    return {} if source is None else {"source_resource_identifier": source}


def _check_distinct(additions: Iterable[ComponentAddition]) -> None:
    """Raise `ResourceExists` when two files would be written under the same identifier."""
    seen: dict[str, ComponentAddition] = {}
    for addition in additions:
        if addition.is_copy:
            other = seen.setdefault(addition.identifier, addition)
            if other is not addition:
                raise ResourceExists(
                    f"{addition.component!r} and {other.component!r} would both be stored as "
                    f"{quoted(addition.identifier)}. Give them different names.",
                    resource_identifier=addition.identifier,
                )
