"""Pure: the table of behaviours: entity types and attributes, and the mixins that their classes get.

A row names mixins as "module:Class" of this package, in the order in which Python looks for their methods. The module
is imported when the class of such a type is built, so it imports at its top only what is cheap and always needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ftrack_orm.entities.behaviours import BehaviourTable

#: Entity type -> the behaviours of its entities and of those of its subtypes. Types that a server lacks are ignored.
BY_TYPE: Final[Mapping[str, tuple[str, ...]]] = {
    "Context": ("assignments:Assignable",),
    "AssetVersion": ("component_files:PublishedVersion",),
    "Component": ("component_files:StoredComponent",),
    "Location": ("file_location:FileLocation",),
    "Asset": ("versions:Versioned",),
    "Note": ("notes:Repliable",),
    "User": ("timers:TimeTracking", "accounts:Account"),
    "Project": ("vocabulary:WithVocabulary",),
    "ProjectSchema": ("project_schemas:Workflow",),
    "Job": ("jobs:Reporting",),
}

#: Attribute -> the behaviours of the entities that have it, whatever their type.
BY_ATTRIBUTE: Final[Mapping[str, tuple[str, ...]]] = {
    "thumbnail_id": ("component_files:Pictured",),
    "notes": ("notes:Annotatable",),
}

#: The table as sessions use it.
BEHAVIOURS: Final = BehaviourTable(BY_TYPE, BY_ATTRIBUTE, package="ftrack_orm.behaviours")
