"""The schema of a studio for the tests of checkers: that of the embedded server, with custom attributes and names."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from ftrack_orm.entities.custom_attributes.configuration import Configuration
from ftrack_orm.sandbox import datamodel
from ftrack_orm.typing.annotations import annotations_of
from ftrack_orm.typing.content import Names, ProjectSchemaNames, SchemaContent

SHOT = "bad911de-3bd6-47b9-8b46-3476e237cb36"
TASK = "11c137c0-ee7e-4f9c-91c5-8c77cec22b2c"

#: The types that the examples use.
FEW_TYPES = frozenset(
    {
        *("Appointment", "Asset", "AssetType", "AssetVersion", "Component", "Context", "ContextCustomAttributeValue"),
        *("CustomAttributeLink", "FileComponent", "Job", "List", "Metadata", "Note", "ObjectType", "Priority"),
        *("Project", "ProjectSchema", "Resource", "Shot", "State", "Status", "Task", "Timer", "Type", "TypedContext"),
        *("TypedContextLink", "User"),
    }
)

CONFIGURATIONS = (
    Configuration("1", "fstart", "Frame start", "number", "task", SHOT, is_whole=True, default=1),
    Configuration("2", "work", "Kinds of work", "enumerator", "task", SHOT, options=("roto", "cleanup", "cg")),
    Configuration("3", "delivery", "Delivery", "date", "task", SHOT),
    Configuration("4", "duration", "Duration", "expression", "task", SHOT),
    Configuration("5", "lens", "Lens (mm)", "number", "show", is_hierarchical=True),
    Configuration("6", "is_final", "Final", "boolean", "task", TASK),
    Configuration("7", "client-code", "Client", "text", "task", TASK),
    # Another type of value in one project.
    Configuration("9", "fend", "Frame end", "number", "task", SHOT, is_whole=True, default=1),
    Configuration("8", "is_final", "Final", "text", "task", TASK, project_id="p"),
)

NAMES = Names(
    statuses=["Approved", "Not started", "In progress", "Done"],
    types=["Animation", "Modeling"],
    priorities=["High", "Low"],
    object_types=["Shot", "Task"],
    project_schemas={
        "VFX": ProjectSchemaNames({"Task": ["Done", "In progress"]}, {"Task": ["Animation"]}),
        "2D series": ProjectSchemaNames({"Task": ["Done", "Not started"]}, {"Task": ["Animation"]}),
    },
)


def studio_content(types: Collection[str] | None = FEW_TYPES) -> SchemaContent:
    """Return the content for *types* and the relations between them; None means all types."""
    answer = datamodel.load().schemas
    if types is not None:
        answer = [_without_others(each, types) for each in answer if each["id"] in types]
    return SchemaContent.of(answer, CONFIGURATIONS, NAMES)


def write_annotations(folder: Path, content: SchemaContent) -> None:
    """Write the annotations as the package `studio` in *folder*. Checkers look at nothing else of it."""
    package = folder / "studio"
    package.mkdir()
    (package / "__init__.pyi").write_text(annotations_of(content), encoding="utf-8")
    (package / "py.typed").touch()


def _without_others(description: dict[str, Any], types: Collection[str]) -> dict[str, Any]:
    """Return the description of a type without relations to types other than *types*."""
    kept = {
        name: details
        for name, details in description["properties"].items()
        if (details.get("$ref") or details.get("items", {}).get("$ref") or "Task") in types
    }
    return {**description, "properties": kept}
