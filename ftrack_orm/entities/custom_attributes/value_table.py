"""State: one table of the custom attributes of many entities, inherited ones resolved, read in few requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.hierarchy import (
    Step,
    entity_at,
    has_other_parent,
    is_new,
    parent_relation,
    path_upwards,
    step_type,
    was_moved,
)
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.entities.row_queries import selects_by_key
from ftrack_orm.errors import EntityDeleted, InvalidValue, UnknownAttribute, quoted, suggestion
from ftrack_orm.query.language.nodes import Path
from ftrack_orm.schema.facts import ASSET, ASSET_VERSION, LINK, PROJECT, TYPED_CONTEXT
from ftrack_orm.values import NOT_LOADED, SessionBound
from ftrack_orm.wire.codec import ENTITY_TYPE

from .inheritance import InheritedValue, ValueSource, public_value, unsaved_value

if TYPE_CHECKING:
    from ftrack_orm.entities.workspace import Workspace

    from .configuration import Configuration
    from .configurations import Configurations

#: Type -> the values from which scope and path of its entities follow. Those of other types are in every row.
_NEEDED: Mapping[str, Sequence[tuple[str, ...]]] = {
    PROJECT: ((LINK,),),
    TYPED_CONTEXT: ((LINK,), ("project_id",), ("object_type_id",)),
    ASSET: (("project_id",), ("parent", LINK), ("parent", "project_id")),
    ASSET_VERSION: (("project_id",), ("asset", "parent", LINK), ("asset", "parent", "project_id")),
}


@attrs.frozen
class _Cell:
    """One value of the table, and the step of the entity it is set on; None for a default."""

    value: Any
    holder: Step | None
    is_own: bool


class CustomValues(Mapping[Entity, Mapping[str, Any]], SessionBound):
    """The custom attributes of many entities: by entity, a mapping from keys to the values that apply to it.

    A key that is not configured for an entity is not in its mapping. `source(entity, key)` says whether a value is the
    entity's own, inherited or the default, and `rows()` returns the table as plain data. The table holds the values of
    the moment it was read.
    """

    def __init__(self, keys: Sequence[str], cells: Mapping[Entity, Mapping[str, _Cell]]) -> None:
        self._cells = cells
        #: The keys of the table's columns, in the order in which they were given.
        self.columns = tuple(keys)

    def __getitem__(self, entity: Entity) -> Mapping[str, Any]:
        return {key: cell.value for key, cell in self._cells[entity].items()}

    def __iter__(self) -> Iterator[Entity]:
        return iter(self._cells)

    def __len__(self) -> int:
        return len(self._cells)

    def __repr__(self) -> str:
        return f"<CustomValues of {len(self)} entities: {', '.join(self.columns):.200}>"

    def _repr_html_(self) -> str | None:
        entity = next(iter(self), None)
        services = None if entity is None else entity._ftrack_state.workspace.services
        return None if services is None else str(services().tables.custom_values_html(self))

    def is_own(self, entity: Entity, key: str) -> bool:
        """Return whether a value is set on *entity* itself. Raises `KeyError` for one that is not in the table."""
        return self._cells[entity][key].is_own

    def source(self, entity: Entity, key: str) -> InheritedValue:
        """Return the value of *key* that applies to *entity* with its source and the entity it is set on.

        Makes no request. Raises `KeyError` for an entity or a key that is not in the table.
        """
        cell = self._cells[entity][key]
        if cell.holder is None:
            return InheritedValue(cell.value, ValueSource.DEFAULT)
        if cell.is_own:
            return InheritedValue(cell.value, ValueSource.EXPLICIT, entity)
        holder = entity_at(entity, cell.holder)
        if holder is None:
            row = {ENTITY_TYPE: step_type(entity, cell.holder), "id": cell.holder["id"]}
            (holder,) = entity._ftrack_state.workspace.loader.merge([row])
        return InheritedValue(cell.value, ValueSource.INHERITED, holder)

    def rows(self) -> list[dict[str, Any]]:
        """Return one dictionary for each entity: its `id`, then the value of each column, or None without a value.

        `csv.DictWriter` and `pandas.DataFrame` take such rows.
        """
        return [
            {
                "id": entity._ftrack_state.key[0],
                **{key: cells[key].value if key in cells else None for key in self.columns},
            }
            for entity, cells in self._cells.items()
        ]


def read_values(
    workspace: Workspace,
    configurations: Configurations,
    entities: Iterable[Entity],
    keys: str | Iterable[str] | None,
) -> CustomValues:
    """Return the table of *keys*, or of all keys that are configured for one of *entities*.

    It takes one request for each 10,000 entities whose paths are not loaded, of all types together, one for each 10,000
    entities on these paths, and one for the configurations if they were not read before. Unsaved edits count. Raises
    `UnknownAttribute` for a key that is configured for none of the entities, `EntityDeleted`, and `InvalidValue` for
    anything but entities of this session.
    """
    listed = list(dict.fromkeys(entities))
    for entity in listed:
        _check_entity(workspace, entity)
    if keys is not None and not isinstance(keys, Iterable):
        raise InvalidValue(f"The keys of custom attributes are texts, not {keys!r:.200} ({type(keys).__name__}).")
    wanted = None if keys is None else list(dict.fromkeys([keys] if isinstance(keys, str) else keys))
    _load_paths(workspace, listed)
    applying = _applying(configurations, listed, wanted)
    columns = list(dict.fromkeys(key for found in applying.values() for key in found)) if wanted is None else wanted
    is_inheriting = any(each.is_hierarchical for found in applying.values() for each in found.values())
    steps = {entity: _steps_upwards(entity) if is_inheriting else [_own_step(entity)] for entity in listed}
    explicit = _read_explicit(configurations, applying, steps)
    return CustomValues(
        columns,
        {
            entity: {key: _cell(entity, each, steps[entity], explicit) for key, each in found.items()}
            for entity, found in applying.items()
        },
    )


def _check_entity(workspace: Workspace, entity: Any) -> None:
    if not isinstance(entity, Entity) or entity._ftrack_state.workspace is not workspace:
        raise InvalidValue(f"custom_values takes entities of this session, not {quoted(entity)}.")
    if entity._ftrack_state.lifecycle is Lifecycle.DELETED:
        raise EntityDeleted(f"{entity!r} is deleted: it has no custom attributes.", entity_type=entity.__entity_type__)


def _load_paths(workspace: Workspace, entities: Sequence[Entity]) -> None:
    """Load the values from which scopes and paths follow, for entities of all types together."""
    selects = []
    for name, needed in _NEEDED.items():
        if name not in workspace.schema.types:
            continue
        base = workspace.schema.type(name)
        paths = [steps for steps in needed if steps[0] in base.attributes]
        keys = [
            entity._ftrack_state.key
            for entity in entities
            if workspace.schema.is_a(entity.__entity_type__, name)
            and not is_new(entity)
            and not all(_is_loaded(entity, steps) for steps in paths)
        ]
        selects += selects_by_key(base, tuple(Path.of(*steps) for steps in paths), keys)
    workspace.loader.read(selects)


def _is_loaded(entity: Entity, steps: Sequence[str]) -> bool:
    current: Any = entity
    for step in steps:
        if not isinstance(current, Entity) or step not in current.__dict__:
            return current is None
        current = current.__dict__[step]
    return True


def _applying(
    configurations: Configurations, entities: Sequence[Entity], wanted: Sequence[str] | None
) -> dict[Entity, dict[str, Configuration]]:
    """Return the configurations of the *wanted* keys that apply to each entity, by their names in its mapping."""
    for attempt in range(2):
        found = {entity: configurations.applying_to(entity) for entity in entities}
        if wanted is None:
            return {entity: dict(each) for entity, each in found.items()}
        known = {key for each in found.values() for key in each}
        unknown = [key for key in wanted if key not in known]
        if not unknown or not entities:
            return {entity: {key: each[key] for key in wanted if key in each} for entity, each in found.items()}
        if not attempt:
            # It may have been configured since the configurations were read.
            configurations.refresh()
    kinds = ", ".join(sorted({entity.__entity_type__ for entity in entities}))
    raise UnknownAttribute(
        f"No custom attribute {quoted(unknown[0])} is configured for {kinds}.{suggestion(str(unknown[0]), known)}",
        entity_type=entities[0].__entity_type__,
        attribute=str(unknown[0]),
    )


def _own_step(entity: Entity) -> Step:
    return {"id": entity._ftrack_state.key[0], "type": entity.__entity_type__}


def _steps_upwards(entity: Entity) -> list[Step]:
    """Return the steps from *entity* up to its project, with unsaved moves of it and of the entities above."""
    upwards: list[Step] = []
    current: Entity | None = entity
    while current is not None:
        if was_moved(current):
            steps, following = [_own_step(current)], _parent_of(current)
        else:
            steps, following = _steps_until_moved(current)
        upwards += steps
        ids = {step["id"] for step in upwards}
        # Unsaved edits may have made an entity a parent of itself.
        current = following if following is not None and following._ftrack_state.key[0] not in ids else None
    return upwards


def _steps_until_moved(entity: Entity) -> tuple[list[Step], Entity | None]:
    """Return the steps on the loaded path of *entity* below the first entity that was moved, and that entity."""
    steps = path_upwards(entity)
    for position, step in enumerate(steps):
        known = entity_at(entity, step)
        parent_id = steps[position + 1]["id"] if position + 1 < len(steps) else None
        if known is not None and known is not entity and (was_moved(known) or has_other_parent(known, parent_id)):
            return steps[:position], known
    return steps, None


def _parent_of(entity: Entity) -> Entity | None:
    name = parent_relation(entity)
    return None if name is None else entity[name]


def _read_explicit(
    configurations: Configurations,
    applying: Mapping[Entity, Mapping[str, Configuration]],
    steps: Mapping[Entity, Sequence[Step]],
) -> Mapping[tuple[str, str], Any]:
    """Return the values that are set on the entities and on those above them, by configuration and entity."""
    ids: set[str] = set()
    configuration_ids: set[str] = set()
    for entity, found in applying.items():
        configuration_ids.update(each.id for each in found.values())
        if any(each.is_hierarchical for each in found.values()):
            ids.update(step["id"] for step in steps[entity])
        elif found:
            ids.add(entity._ftrack_state.key[0])
    ids -= {entity._ftrack_state.key[0] for entity in applying if is_new(entity)}
    if not ids or not configuration_ids:
        return {}
    return configurations.read_explicit_values(sorted(configuration_ids), sorted(ids))


def _cell(
    entity: Entity, configuration: Configuration, steps: Sequence[Step], explicit: Mapping[tuple[str, str], Any]
) -> _Cell:
    """Return the value of *configuration* that applies to *entity*: the nearest one that is set, or the default."""
    for position, step in enumerate(steps if configuration.is_hierarchical else steps[:1]):
        known = entity if position == 0 else entity_at(entity, step)
        value = unsaved_value(known, configuration)
        if value is NOT_LOADED:
            value = explicit.get((configuration.id, step["id"]))
        if value is not None:
            return _Cell(public_value(value), step, position == 0)
    return _Cell(public_value(configuration.default), None, False)
