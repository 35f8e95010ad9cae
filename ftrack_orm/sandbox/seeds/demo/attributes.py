"""Edge: inserts the custom attributes and the metadata of the demo."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from ftrack_orm.sandbox.seeds.constants import CUSTOM_ATTRIBUTE_TYPES, OBJECT_TYPES
from ftrack_orm.sandbox.seeds.empty import FEND, FSTART, HANDLES, grant_to_all_roles
from ftrack_orm.sandbox.seeds.row_writer import RowWriter, named_id


class SeedConfiguration(NamedTuple):
    """A custom attribute configuration.

    *entity_type* is one of ftrack's own names (`_ENTITY_TYPES`), *object_type* the entity type of a context.
    """

    key: str
    label: str
    type_name: str
    entity_type: str
    object_type: str = ""
    default: Any = ""
    config: str = "{}"
    is_hierarchical: bool = False


def _enumerator(*options: str, multiple: bool = False) -> str:
    data = json.dumps([{"menu": option, "value": option.lower()} for option in options])
    return json.dumps({"multiSelect": multiple, "data": data})


_TEXT = json.dumps({"markdown": False})
_INTEGER = json.dumps({"isdecimal": False})
_DECIMAL = json.dumps({"isdecimal": True})
_DYNAMIC = json.dumps({"multiSelect": False})
_KINDS_OF_WORK = _enumerator("Roto", "CG", "Cleanup", multiple=True)
_DIFFICULTIES = _enumerator("Easy", "Medium", "Hard")
_RESOLUTIONS = _enumerator("HD", "2K", "4K")

CONFIGURATIONS = (
    SeedConfiguration("client_code", "Client code", "text", "task", "Shot", "", _TEXT),
    SeedConfiguration("delivery_date", "Delivery date", "date", "task", "Shot", None),
    SeedConfiguration("duration", "Frame duration", "expression", "task", "Shot", "{self.fend - self.fstart + 1}"),
    SeedConfiguration("work", "Kinds of work", "enumerator", "task", "Shot", [], _KINDS_OF_WORK),
    SeedConfiguration("difficulty", "Difficulty", "enumerator", "task", "Task", ["medium"], _DIFFICULTIES),
    SeedConfiguration("render_pool", "Render pool", "dynamic enumerator", "task", "Task", [], _DYNAMIC),
    SeedConfiguration("reference", "Reference", "url", "task", "AssetBuild", None),
    SeedConfiguration("reviewed", "Reviewed", "boolean", "assetversion", "", False),
    SeedConfiguration("quality", "Quality", "number", "assetversion", "", 0, _DECIMAL),
    SeedConfiguration("source", "Source", "text", "asset", "", "", _TEXT),
    SeedConfiguration("employee_number", "Employee number", "number", "user", "", 0, _INTEGER),
    SeedConfiguration("purpose", "Purpose", "text", "list", "", "", _TEXT),
    SeedConfiguration("client", "Client", "text", "show", "", "", _TEXT),
    # Hierarchical ones are set where the value changes and apply to all descendants; clients resolve the inheritance.
    SeedConfiguration("colorspace", "Colour space", "text", "show", "", "ACEScg", _TEXT, True),
    SeedConfiguration("resolution", "Resolution", "enumerator", "show", "", ["hd"], _RESOLUTIONS, True),
    SeedConfiguration("is_confidential", "Confidential", "boolean", "show", "", False, "{}", True),
    SeedConfiguration("lens", "Lens (mm)", "number", "show", "", 35, _DECIMAL, True),
)

#: Key, label, object type, entity type and object type of the target, whether the attribute links to one entity only.
LINK_ATTRIBUTES = (
    ("supervisor", "Supervisor", "Shot", "user", "", True),
    ("uses_builds", "Asset builds", "Shot", "task", "AssetBuild", False),
)

#: The entity types of ftrack's own names in configurations. Without the entity type the attribute is left out.
_ENTITY_TYPES = {
    "show": "Project", "task": "TypedContext", "asset": "Asset", "assetversion": "AssetVersion", "user": "User",
    "list": "List",
}  # fmt: skip

_OBJECT_TYPE_IDS = {object_type.entity_type: object_type.id for object_type in OBJECT_TYPES}


class AttributeWriter:
    """Inserts values by the key of the attribute, and drops values for attributes that the schema does not support."""

    def __init__(self, writer: RowWriter) -> None:
        self._values = writer.buffer("CustomAttributeValue", "configuration_id entity_id value")
        self._links = writer.buffer("CustomAttributeLink", "id configuration_id from_id to_id")
        self._has = writer.has
        self._metadata = writer.buffer("Metadata", "parent_id parent_type key value")
        self._configuration_ids = {"fstart": FSTART, "fend": FEND, "handles": HANDLES} if writer.has("Shot") else {}
        group = named_id("CustomAttributeGroup", "Studio")
        writer.insert("CustomAttributeGroup", "id name", [(group, "Studio")])
        self._insert_configurations(writer, group)
        self._insert_link_configurations(writer, group)

    def set(self, key: str, entity_id: str, value: Any) -> None:
        """Insert the value of a custom attribute of an entity, which must not have one yet."""
        if key in self._configuration_ids:
            self._values.add(self._configuration_ids[key], entity_id, value)

    def link(self, id_: str, key: str, from_id: str, to_id: str) -> None:
        """Add an entity to the targets of a custom attribute link."""
        if key in self._configuration_ids:
            self._links.add(id_, self._configuration_ids[key], from_id, to_id)

    def set_metadata(self, parent_id: str, parent_type: str, key: str, value: str) -> None:
        """Insert an item of the metadata of an entity."""
        if self._has(parent_type):
            self._metadata.add(parent_id, parent_type, key, value)

    def _insert_configurations(self, writer: RowWriter, group: str) -> None:
        buffer = writer.buffer(
            "CustomAttributeConfiguration",
            "id key label type_id entity_type object_type_id default config is_hierarchical sort group_id",
        )
        for sort, configuration in enumerate(CONFIGURATIONS):
            if not writer.has(configuration.object_type or _ENTITY_TYPES[configuration.entity_type]):
                continue
            id_ = named_id(
                "CustomAttributeConfiguration",
                configuration.key,
                configuration.entity_type,
                configuration.object_type,
            )
            buffer.add(
                id_, configuration.key, configuration.label, CUSTOM_ATTRIBUTE_TYPES[configuration.type_name],
                configuration.entity_type, _OBJECT_TYPE_IDS.get(configuration.object_type), configuration.default,
                configuration.config, configuration.is_hierarchical, sort, group,
            )  # fmt: skip
            grant_to_all_roles(writer, id_)
            self._configuration_ids[configuration.key] = id_

    def _insert_link_configurations(self, writer: RowWriter, group: str) -> None:
        buffer = writer.buffer(
            "CustomAttributeLinkConfiguration",
            "id key label entity_type object_type_id entity_type_to object_type_id_to one_to_one config sort group_id",
        )
        for sort, (key, label, object_type, target, target_type, is_single) in enumerate(LINK_ATTRIBUTES):
            needed = [name for name in ("CustomAttributeLinkConfiguration", object_type, target_type) if name]
            if all(map(writer.has, needed)):
                id_ = named_id("CustomAttributeLinkConfiguration", key)
                buffer.add(
                    id_, key, label, "task", _OBJECT_TYPE_IDS[object_type], target, _OBJECT_TYPE_IDS.get(target_type),
                    is_single, "{}", sort, group,
                )  # fmt: skip
                grant_to_all_roles(writer, id_, "CustomAttributeLinkConfiguration")
                self._configuration_ids[key] = id_
