"""Edge: what the studio of the demo records beyond ftrack's own attributes: custom attributes and metadata."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from ftrack_orm.sandbox.seeds.constants import CUSTOM_ATTRIBUTE_TYPES, OBJECT_TYPES
from ftrack_orm.sandbox.seeds.empty import FEND, FSTART, HANDLES, open_to_all
from ftrack_orm.sandbox.seeds.row_writer import RowWriter, named_id


class SeedConfiguration(NamedTuple):
    """A custom attribute: *entity_type* is ftrack's own name, *object_type* an entity type for those of contexts."""

    key: str
    label: str
    kind: str
    entity_type: str
    object_type: str = ""
    default: Any = ""
    config: str = "{}"
    is_hierarchical: bool = False


def _options(*options: str, several: bool = False) -> str:
    data = json.dumps([{"menu": option, "value": option.lower()} for option in options])
    return json.dumps({"multiSelect": several, "data": data})


_TEXT = json.dumps({"markdown": False})
_WHOLE = json.dumps({"isdecimal": False})
_DECIMAL = json.dumps({"isdecimal": True})
_DYNAMIC = json.dumps({"multiSelect": False})
_KINDS_OF_WORK = _options("Roto", "CG", "Cleanup", several=True)
_DIFFICULTIES = _options("Easy", "Medium", "Hard")
_RESOLUTIONS = _options("HD", "2K", "4K")

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
    SeedConfiguration("employee_number", "Employee number", "number", "user", "", 0, _WHOLE),
    SeedConfiguration("purpose", "Purpose", "text", "list", "", "", _TEXT),
    SeedConfiguration("client", "Client", "text", "show", "", "", _TEXT),
    # Hierarchical ones are set where they change and hold for everything below; the API leaves inheriting to clients.
    SeedConfiguration("colorspace", "Colour space", "text", "show", "", "ACEScg", _TEXT, True),
    SeedConfiguration("resolution", "Resolution", "enumerator", "show", "", ["hd"], _RESOLUTIONS, True),
    SeedConfiguration("is_confidential", "Confidential", "boolean", "show", "", False, "{}", True),
    SeedConfiguration("lens", "Lens (mm)", "number", "show", "", 35, _DECIMAL, True),
)

#: Key, label, object type it belongs to, entity type and object type it leads to, whether to one only.
LINKS = (
    ("supervisor", "Supervisor", "Shot", "user", "", True),
    ("uses_builds", "Asset builds", "Shot", "task", "AssetBuild", False),
)

#: What ftrack's own names in configurations stand for: without the entity type nothing can have the attribute.
_ENTITY_TYPES = {
    "show": "Project", "task": "TypedContext", "asset": "Asset", "assetversion": "AssetVersion", "user": "User",
    "list": "List",
}  # fmt: skip

_OBJECT_TYPE_IDS = {object_type.entity_type: object_type.id for object_type in OBJECT_TYPES}


class Attributes:
    """Writes values by the attribute's key; a value of an attribute the schema has no place for is dropped."""

    def __init__(self, writer: RowWriter) -> None:
        self._values = writer.rows("CustomAttributeValue", "configuration_id entity_id value")
        self._links = writer.rows("CustomAttributeLink", "id configuration_id from_id to_id")
        self._has = writer.has
        self._metadata = writer.rows("Metadata", "parent_id parent_type key value")
        self._ids = {"fstart": FSTART, "fend": FEND, "handles": HANDLES} if writer.has("Shot") else {}
        self._plant_configurations(writer)

    def set(self, key: str, entity_id: str, value: Any) -> None:
        """Set a custom attribute of an entity that has not got a value for it yet."""
        if key in self._ids:
            self._values.add(self._ids[key], entity_id, value)

    def link(self, id_: str, key: str, from_id: str, to_id: str) -> None:
        """Add an entity to what a custom attribute links another one to."""
        if key in self._ids:
            self._links.add(id_, self._ids[key], from_id, to_id)

    def note(self, parent_id: str, parent_type: str, key: str, value: str) -> None:
        """Set a piece of an entity's metadata."""
        if self._has(parent_type):
            self._metadata.add(parent_id, parent_type, key, value)

    def _plant_configurations(self, writer: RowWriter) -> None:
        group = named_id("CustomAttributeGroup", "Studio")
        writer.insert("CustomAttributeGroup", "id name", [(group, "Studio")])
        rows = writer.rows(
            "CustomAttributeConfiguration",
            "id key label type_id entity_type object_type_id default config is_hierarchical sort group_id",
        )
        for sort, described in enumerate(CONFIGURATIONS):
            if not writer.has(described.object_type or _ENTITY_TYPES[described.entity_type]):
                continue
            id_ = named_id("CustomAttributeConfiguration", *described[:1], *described[3:5])
            kind, object_type = CUSTOM_ATTRIBUTE_TYPES[described.kind], _OBJECT_TYPE_IDS.get(described.object_type)
            rows.add(
                id_, described.key, described.label, kind, described.entity_type, object_type, described.default,
                described.config, described.is_hierarchical, sort, group,
            )  # fmt: skip
            open_to_all(writer, id_)
            self._ids[described.key] = id_
        links = writer.rows(
            "CustomAttributeLinkConfiguration",
            "id key label entity_type object_type_id entity_type_to object_type_id_to one_to_one config sort group_id",
        )
        for sort, (key, label, object_type, target, target_type, is_single) in enumerate(LINKS):
            needed = [name for name in ("CustomAttributeLinkConfiguration", object_type, target_type) if name]
            if all(map(writer.has, needed)):
                id_ = named_id("CustomAttributeLinkConfiguration", key)
                leads_to = (target, _OBJECT_TYPE_IDS.get(target_type), is_single)
                links.add(id_, key, label, "task", _OBJECT_TYPE_IDS[object_type], *leads_to, "{}", sort, group)
                open_to_all(writer, id_, "CustomAttributeLinkConfiguration")
                self._ids[key] = id_
