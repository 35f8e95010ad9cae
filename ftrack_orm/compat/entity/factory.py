"""State: makes the entity classes of a schema, as the official client's factories do."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, cast

from ftrack_orm.compat import attribute, symbol

from . import asset_version, base, component, job, location, note, project_schema, user

#: The types of values in the schema -> the names that attributes have for them.
_DATA_TYPES = {
    "string": "string",
    "boolean": "boolean",
    "integer": "integer",
    "number": "float",
    "variable": "variable",
    "object": "object",
}

#: Entity type -> the class with its methods. Those of components are found by the end of the name.
_CLASSES: dict[str, type[base.Entity]] = {
    "AssetVersion": asset_version.AssetVersion,
    "Job": job.Job,
    "Location": location.Location,
    "Note": note.Note,
    "ProjectSchema": project_schema.ProjectSchema,
    "User": user.User,
}


class Factory:
    """Makes the class of an entity type from its schema."""

    def __init__(self) -> None:
        self.logger = logging.getLogger(f"{__name__}.{type(self).__name__}")

    def create(self, schema: Mapping[str, Any], bases: Sequence[type] | None = None) -> type[base.Entity]:
        """Return the class for *schema*, derived from *bases* or else from `Entity`."""
        attributes = attribute.Attributes()
        for name, fragment in schema.get("properties", {}).items():
            made = self._attribute(schema, name, fragment)
            if made is not None:
                attributes.add(made)
        namespace = {
            "entity_type": schema["id"],
            "attributes": attributes,
            "primary_key_attributes": list(schema["primary_key"]),
            "default_projections": list(schema.get("default_projections", ())),
        }
        made = base.DynamicEntityTypeMetaclass(schema["id"], tuple(bases or [base.Entity]), namespace)
        return cast("type[base.Entity]", made)

    def _attribute(self, schema: Mapping[str, Any], name: str, fragment: Mapping[str, Any]) -> Any:
        """Return the attribute for one property of *schema*, None for one that cannot be read."""
        if fragment.get("restricted_projection", False):
            return None
        class_name, kind, target = schema["id"], fragment.get("type"), fragment.get("$ref")
        mutable = name not in schema.get("immutable", ())
        if kind == "array":
            return self.create_collection_attribute(class_name, name, mutable)
        if kind == "mapped_array":
            target = fragment.get("items", {}).get("$ref")
            return self.create_mapped_collection_attribute(class_name, name, mutable, target) if target else None
        if kind is None:
            return self.create_reference_attribute(class_name, name, mutable, target) if target else None
        if kind not in _DATA_TYPES:
            self.logger.debug("%s.%s is left out: its type %r is not known.", class_name, name, kind)
            return None
        data_type = "datetime" if fragment.get("format") == "date-time" else _DATA_TYPES[kind]
        default = fragment.get("default", symbol.NOT_SET)
        computed = name in schema.get("computed", ())
        return self.create_scalar_attribute(
            class_name, name, mutable, computed, _new_id if default == "{uid}" else default, data_type
        )

    def create_scalar_attribute(
        self, class_name: str, name: str, mutable: bool, computed: bool, default: Any, data_type: str
    ) -> attribute.Attribute | None:
        """Return an attribute with a plain value."""
        return attribute.ScalarAttribute(
            name, data_type=data_type, default_value=default, mutable=mutable, computed=computed
        )

    def create_reference_attribute(
        self, class_name: str, name: str, mutable: bool, reference: str
    ) -> attribute.Attribute | None:
        """Return an attribute that refers to an entity of the type *reference*."""
        return attribute.ReferenceAttribute(name, reference, mutable=mutable)

    def create_collection_attribute(self, class_name: str, name: str, mutable: bool) -> attribute.Attribute | None:
        """Return an attribute that refers to several entities."""
        return attribute.CollectionAttribute(name, mutable=mutable)

    def create_mapped_collection_attribute(
        self, class_name: str, name: str, mutable: bool, reference: str
    ) -> attribute.Attribute | None:
        """Return an attribute with values by keys, None where there is no form for entities of the type *reference*."""
        return None


class StandardFactory(Factory):
    """Makes the classes of a session, with the methods that entities of some types have."""

    def create(self, schema: Mapping[str, Any], bases: Sequence[type] | None = None) -> type[base.Entity]:
        """Return the class for *schema*, derived from the class with the methods of the type and from *bases*."""
        name, properties = schema["id"], schema.get("properties", {})
        own = component.Component if name.endswith("Component") else _CLASSES.get(name)
        all_bases: list[type] = [*([own] if own is not None else []), *(bases or [])]
        if not any(issubclass(each, base.Entity) for each in all_bases):
            all_bases.append(base.Entity)
        if "notes" in properties:
            all_bases.append(note.CreateNoteMixin)
        if "thumbnail_id" in properties:
            all_bases.append(component.CreateThumbnailMixin)
        return super().create(schema, all_bases)

    def create_mapped_collection_attribute(
        self, class_name: str, name: str, mutable: bool, reference: str
    ) -> attribute.Attribute | None:
        if reference == "CustomAttributeValue":
            return attribute.CustomAttributeCollectionAttribute(name, mutable=mutable)
        if reference == "Metadata" or reference.endswith("CustomAttributeValue"):
            return attribute.KeyValueMappedCollectionAttribute(name, None, "key", "value", mutable=mutable)
        return super().create_mapped_collection_attribute(class_name, name, mutable, reference)


def _new_id(entity: Any) -> str:
    return str(uuid.uuid4())
