"""State: setting entries of metadata and custom attributes on all entities that a query finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.custom_attributes.configuration import Configuration
from ftrack_orm.entities.custom_attributes.configurations import Configurations
from ftrack_orm.entities.editing.checks import check_editable, check_entry_key, check_entry_value
from ftrack_orm.entities.row_queries import IDS_PER_QUERY, in_parts, query_rows, value_in
from ftrack_orm.errors import InvalidValue, UnknownAttribute, suggestion
from ftrack_orm.query.language.nodes import And, Membership, Path, Select
from ftrack_orm.schema.attribute import Attribute, Kind
from ftrack_orm.schema.custom_attributes import names_in_mapping
from ftrack_orm.schema.facts import CONFIGURATION_ID
from ftrack_orm.wire.codec import ENTITY_TYPE
from ftrack_orm.wire.operations import CreateOperation, Operation, ServerCall, UpdateOperation

if TYPE_CHECKING:
    from ftrack_orm.entities.entity import Entity
    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.schema.model import EntityType

Row = dict[str, Any]


class BulkEntries:
    """The entries of mapped collections that are set on each of many entities; the others of these stay as they are.

    *data* has mappings of keys to values by the names of the collections. The values of metadata are checked here,
    those of custom attributes once the rows of the entities are known, which name their configurations.
    """

    def __init__(self, workspace: Workspace, call: ServerCall, any_entity: Entity, data: Mapping[str, Any]) -> None:
        self._workspace = workspace
        self._call = call
        self._schema: EntityType = any_entity.__schema__
        self._metadata: dict[str, Mapping[str, Any]] = {}
        self._configured: dict[str, Mapping[str, Any]] = {}
        for name, values in data.items():
            attribute = self._schema.attribute(name)
            check_editable(any_entity, attribute)
            if not isinstance(values, Mapping):
                message = f"{self._schema.name}.{name} is set with a mapping of keys to values, not {values!r:.200}."
                raise InvalidValue(message, entity_type=self._schema.name, attribute=name)
            for key in values:
                check_entry_key(any_entity, attribute, key)
            if CONFIGURATION_ID in self._target(attribute).primary_key:
                self._configured[name] = values
            else:
                self._metadata[name] = {
                    key: check_entry_value(any_entity, attribute, key, value) for key, value in values.items()
                }

    def __bool__(self) -> bool:
        return any(self._metadata.values()) or any(self._configured.values())

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the collections."""
        return (*self._metadata, *self._configured)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The paths that the rows of the entities need: the keys and configurations of their custom attributes."""
        return tuple(Path.of(name, str(self._schema.attribute(name).key_name)) for name in self._configured)

    def operations(self, rows: Sequence[Row]) -> list[list[Operation]]:
        """Return the operations that set the entries, a list for each of *rows*.

        Metadata are created, until `adapt` finds that they exist. Raises `UnknownAttribute` if a custom attribute is
        not configured for all of the entities, and `InvalidValue`.
        """
        operations: list[list[Operation]] = [self._creations(row) for row in rows]
        for name, values in self._configured.items():
            attribute = self._schema.attribute(name)
            items = [self._items_by_name(attribute, row) for row in rows]
            for key, value in values.items():
                self._check_key(attribute, key, rows, items)
                checked: dict[str, Any] = {}
                for by_name, own in zip(items, operations, strict=True):
                    item = by_name[key]
                    id_ = str(item[CONFIGURATION_ID])
                    if id_ not in checked:
                        checked[id_] = self._checked_value(id_, key, value)
                    target = self._workspace.schema.type(item[ENTITY_TYPE])
                    item_key = tuple(str(value_in(item, part)) for part in target.primary_key)
                    own.append(UpdateOperation(target.name, item_key, {str(attribute.value_name): checked[id_]}))
        return operations

    def adapt(self, operations: Sequence[Operation]) -> list[Operation]:
        """Return *operations* with updates in place of the creations of metadata that exist; makes a request for them.

        The one primary key of an entity and the key are the primary key of its metadata (PROTOCOL 2.3).
        """
        creations = [each for each in operations if isinstance(each, CreateOperation)]
        if not creations:
            return list(operations)
        present: set[tuple[str, tuple[str, ...]]] = set()
        for name, values in self._metadata.items():
            attribute = self._schema.attribute(name)
            target = self._target(attribute)
            owner_name = _owner_name(attribute, target)
            owners = list(dict.fromkeys(each.data[owner_name] for each in creations if each.entity_type == target.name))
            selects = [
                Select(
                    target.name,
                    tuple(map(Path.of, target.primary_key)),
                    And(
                        (
                            Membership(Path.of(owner_name), tuple(part)),
                            Membership(Path.of(str(attribute.key_name)), tuple(values)),
                        )
                    ),
                )
                for part in in_parts(owners, IDS_PER_QUERY)
            ]
            for row in query_rows(self._call, selects, self._workspace.schema):
                present.add((target.name, tuple(str(value_in(row, part)) for part in target.primary_key)))
        return [self._adapted(each, present) for each in operations]

    def _adapted(self, operation: Operation, present: set[tuple[str, tuple[str, ...]]]) -> Operation:
        if not isinstance(operation, CreateOperation):
            return operation
        target = self._workspace.schema.type(operation.entity_type)
        key = tuple(str(operation.data[part]) for part in target.primary_key)
        if (target.name, key) not in present:
            return operation
        value_names = {str(self._schema.attribute(name).value_name) for name in self._metadata}
        values = {name: value for name, value in operation.data.items() if name in value_names}
        return UpdateOperation(target.name, key, values)

    def _creations(self, row: Row) -> list[Operation]:
        """Return the operations that create the metadata of one entity."""
        operations: list[Operation] = []
        for name, values in self._metadata.items():
            attribute = self._schema.attribute(name)
            target = self._target(attribute)
            common: dict[str, Any] = {_owner_name(attribute, target): str(row[self._schema.primary_key[0]])}
            common.update(
                (described.name, row[ENTITY_TYPE])
                for described in target.attributes.values()
                if described.translates_type
            )
            for key, value in values.items():
                data = {**common, str(attribute.key_name): key, str(attribute.value_name): value}
                operations.append(CreateOperation(target.name, data))
        return operations

    # -- custom attributes ---------------------------------------------------------------------------------------------

    def _items_by_name(self, attribute: Attribute, row: Row) -> dict[str, Row]:
        """Return the items of the custom attributes of one entity by their names in its mapping."""
        items = {str(item[CONFIGURATION_ID]): item for item in row.get(attribute.name) or ()}
        names = names_in_mapping((id_, str(item[str(attribute.key_name)])) for id_, item in items.items())
        return {name: items[id_] for id_, name in names.items()}

    def _check_key(
        self, attribute: Attribute, key: str, rows: Sequence[Row], items: Sequence[Mapping[str, Row]]
    ) -> None:
        """Raise `UnknownAttribute` unless all entities have a custom attribute *key*."""
        without = [row for row, by_name in zip(rows, items, strict=True) if key not in by_name]
        if without:
            if len(without) == len(rows):
                self._configurations().check_key(self._schema.name, key)
            known = {name for by_name in items for name in by_name}
            example = f"{without[0][ENTITY_TYPE]} {without[0][self._schema.primary_key[0]]}"
            raise UnknownAttribute(
                f"{attribute.name} of {len(without)} of the {len(rows)} results have no key {key!r}, such as "
                f"{example}.{suggestion(key, known)}",
                entity_type=self._schema.name,
                attribute=attribute.name,
            )

    def _checked_value(self, id_: str, key: str, value: Any) -> Any:
        """Return *value* as the configuration with that id keeps it; raises `InvalidValue`."""
        configurations = self._configurations()
        unknown = Configuration(id_, key, key, kind="unknown", entity_type="")
        configuration = configurations.by_id(id_) or unknown
        try:
            return configuration.check(self._schema.name, value)
        except InvalidValue:
            if not configuration.options:
                raise
        # The option may have been added since the configurations were read.
        configurations.refresh()
        return (configurations.by_id(id_) or unknown).check(self._schema.name, value)

    def _configurations(self) -> Configurations:
        configurations = self._workspace.configurations
        assert isinstance(configurations, Configurations)
        return configurations

    def _target(self, attribute: Attribute) -> EntityType:
        return self._workspace.schema.type(str(attribute.target))


def split_entries(schema: EntityType, data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the values in *data* for attributes that are not mapped collections, and those for the others."""
    is_mapping = {name: schema.attribute(name).kind is Kind.MAPPING for name in data}
    return (
        {name: value for name, value in data.items() if not is_mapping[name]},
        {name: value for name, value in data.items() if is_mapping[name]},
    )


def _owner_name(attribute: Attribute, target: EntityType) -> str:
    return next(name for name in target.primary_key if name != attribute.key_name)
