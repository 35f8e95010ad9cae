"""Pure: the states, statuses, priorities, types and project schemas of a fresh ftrack server.

The ids are those of servers whose responses are public, so that recorded requests work here too. They may differ on
other servers, so only the seeds rely on them. Entities without a known id get one derived from their name.
"""

from __future__ import annotations

from typing import NamedTuple

from .constants import DEFAULT_PRIORITY

#: Short name -> (id, name). The state of a status is its meaning for programs, independent of its name.
STATES = {
    "NOT_STARTED": ("cea0ba04-acb5-11e1-8668-f23c91df1211", "Not started"),
    "IN_PROGRESS": ("cea0efc4-acb5-11e1-8668-f23c91df1211", "In progress"),
    "DONE": ("cea116d4-acb5-11e1-8668-f23c91df1211", "Done"),
    "BLOCKED": ("5709c04e-2f4b-11e2-b663-0019bb4983d8", "Blocked"),
}

#: Name -> (id, state, colour), in the order of a workflow; new entities get the first one.
STATUSES = {
    "Not started": ("44dd9fb2-4164-11df-9218-0019bb4983d8", "NOT_STARTED", "#CACACA"),
    "Ready to start": ("9078de1a-40ce-11ed-a028-8e70b81a65da", "NOT_STARTED", "#00FFFF"),
    "WIP": ("cadb9a06-acb5-11e1-8668-f23c91df1211", "NOT_STARTED", "#CC99FF"),
    "In progress": ("44ddd0fe-4164-11df-9218-0019bb4983d8", "IN_PROGRESS", "#3498DB"),
    "Pending Review": ("44dded64-4164-11df-9218-0019bb4983d8", "IN_PROGRESS", "#F1C40F"),
    "Revise": ("2286947e-a2d4-11e9-825d-d27cf242b68b", "IN_PROGRESS", "#FF6600"),
    "On Hold": ("a0bc2444-15e2-11e1-b21a-0019bb4983d8", "BLOCKED", "#E74C3C"),
    "Approved": ("44de097a-4164-11df-9218-0019bb4983d8", "DONE", "#1CBC90"),
    "Client approved": ("d5d6d8ca-ebb2-11e2-aef9-f23c91dfaa16", "DONE", "#1CBC90"),
    "Completed": ("9bb65936-88e7-11e3-9264-04011030cf01", "DONE", "#1CBC90"),
    "Omitted": ("a0bc3f24-15e2-11e1-b21a-0019bb4983d8", "BLOCKED", "#E74C3C"),
}

#: Name -> (id, colour), most urgent first.
PRIORITIES = {
    "Urgent": ("847fb90e-ead3-11e2-846c-f23c91dfaa16", "#E74C3C"),
    "High": ("847f9cda-ead3-11e2-846c-f23c91dfaa16", "#E67E22"),
    "Medium": ("847f8146-ead3-11e2-846c-f23c91dfaa16", "#F1C40F"),
    "Low": ("847f663e-ead3-11e2-846c-f23c91dfaa16", "#1CBC90"),
    "None": (DEFAULT_PRIORITY, "#CACACA"),
}

#: Name -> (id, colour) of the types of tasks, asset builds and milestones.
TYPES = {
    "Concept Art": ("56807358-a0f4-11e9-9843-d27cf242b68b", "#33CCCC"),
    "Modeling": ("44dc53c8-4164-11df-9218-0019bb4983d8", "#935BA2"),
    "Rigging": ("44dd5868-4164-11df-9218-0019bb4983d8", "#58592D"),
    "Texture": ("a750a84f-b253-11eb-ad41-1e003a0c2434", "#F1C40F"),
    "Lookdev": ("44dc8cd0-4164-11df-9218-0019bb4983d8", "#A3635D"),
    "Previz": ("44dc6ffc-4164-11df-9218-0019bb4983d8", "#27AE60"),
    "Layout": ("ffaebf7a-9dca-11e9-8346-d27cf242b68b", "#3A2D5A"),
    "Tracking": ("44dd3ed2-4164-11df-9218-0019bb4983d8", "#27AE60"),
    "Rotoscoping": ("c3bcfdb4-ad7d-11e1-a444-f23c91df1211", "#3498DB"),
    "Animation": ("44dc3636-4164-11df-9218-0019bb4983d8", "#35592D"),
    "FX": ("44dcea86-4164-11df-9218-0019bb4983d8", "#9B59B6"),
    "Lighting": ("44dd08fe-4164-11df-9218-0019bb4983d8", "#5B5BA3"),
    "Rendering": ("262225e8-9dcb-11e9-82b8-d27cf242b68b", "#5BA3A3"),
    "Compositing": ("44dd23b6-4164-11df-9218-0019bb4983d8", "#2D5959"),
    "Conform": ("a3ead45c-ae42-11e9-9454-d27cf242b68b", "#ABABAB"),
    "Editing": ("cc46c4c6-13d2-11e3-8915-f23c91dfaa16", "#F1C40F"),
    "Production": ("b628a004-ad7d-11e1-896c-f23c91df1211", "#BDC3C7"),
    "Deliverable": ("ae1e2480-f24e-11e2-bd1f-f23c91dfaa16", "#2980B9"),
    "Character": ("66d145f0-13c6-11e3-abf2-f23c91dfaa16", "#3A2D5A"),
    "Prop": ("66d1aedc-13c6-11e3-abf2-f23c91dfaa16", "#F39C12"),
    "Vehicle": ("8c39f908-8b4c-11eb-9cdb-c2ffbce28b68", "#ABABAB"),
    "Environment": ("66d1daba-13c6-11e3-abf2-f23c91dfaa16", "#5DA35E"),
    "Matte Painting": ("66d2038c-13c6-11e3-abf2-f23c91dfaa16", "#5DA35E"),
}

#: Task types that are not billed to clients.
NOT_BILLABLE = frozenset({"Production"})


class ProjectSchemaSeed(NamedTuple):
    """The statuses, task types and object types that a project allows.

    *schemas* holds the statuses and types of each object type that is statusable or typeable. *overrides* holds the
    statuses of task types with a workflow of their own. *templates* are sets of tasks to create together.
    """

    id: str
    name: str
    task_workflow: str
    version_workflow: str
    task_type_schema: str
    object_types: tuple[str, ...]
    task_statuses: tuple[str, ...]
    version_statuses: tuple[str, ...]
    task_types: tuple[str, ...]
    schemas: dict[str, tuple[tuple[str, ...], tuple[str, ...]]]
    overrides: dict[str, tuple[str, ...]]
    templates: dict[str, tuple[str, ...]]


_REVIEWED = ("Not started", "In progress", "Pending Review", "Revise", "On Hold", "Approved", "Omitted")
_MILESTONE = (("Not started", "In progress", "Completed"), ("Deliverable",))
_BUILDS = ("Character", "Prop", "Vehicle", "Environment", "Matte Painting")
_TASK_STATUSES = (
    "Not started", "Ready to start", "In progress", "Pending Review", "Revise", "On Hold", "Approved",
    "Client approved", "Omitted",
)  # fmt: skip
_VERSION_STATUSES = ("Pending Review", "Revise", "Approved", "Client approved")

VFX = ProjectSchemaSeed(
    id="caddd816-acb5-11e1-8668-f23c91df1211",
    name="VFX",
    task_workflow="cadb0afa-acb5-11e1-8668-f23c91df1211",
    version_workflow="cadb4c0e-acb5-11e1-8668-f23c91df1211",
    task_type_schema="cadd9e5a-acb5-11e1-8668-f23c91df1211",
    object_types=("Folder", "AssetBuild", "Episode", "Sequence", "Shot", "Milestone", "Task"),
    task_statuses=_TASK_STATUSES,
    version_statuses=_VERSION_STATUSES,
    task_types=(
        "Concept Art", "Modeling", "Rigging", "Texture", "Lookdev", "Previz", "Layout", "Tracking", "Rotoscoping",
        "Animation", "FX", "Lighting", "Rendering", "Compositing", "Matte Painting", "Conform", "Editing", "Production",
        "Deliverable",
    ),
    schemas={
        "AssetBuild": (_REVIEWED, _BUILDS),
        "Episode": (_REVIEWED, ()),
        "Shot": ((*_REVIEWED, "Completed"), ()),
        "Milestone": _MILESTONE,
    },
    overrides={"Production": ("Not started", "In progress", "On Hold", "Completed")},
    templates={
        "Shot": ("Tracking", "Animation", "Lighting", "Compositing"),
        "Asset": ("Concept Art", "Modeling", "Rigging", "Texture", "Lookdev"),
    },
)  # fmt: skip

ANIMATION = ProjectSchemaSeed(
    id="9c77018e-6af0-11eb-b045-169be7b6c453",
    name="Animation",
    task_workflow="9c7709f4-6af0-11eb-b045-169be7b6c453",
    version_workflow="9c771b42-6af0-11eb-b045-169be7b6c453",
    task_type_schema="9c772d44-6af0-11eb-b045-169be7b6c453",
    object_types=("Folder", "AssetBuild", "Episode", "Sequence", "Shot", "Milestone", "Task"),
    task_statuses=_TASK_STATUSES,
    version_statuses=_VERSION_STATUSES,
    task_types=(
        "Concept Art", "Modeling", "Rigging", "Texture", "Lookdev", "Previz", "Layout", "Animation", "FX", "Lighting",
        "Rendering", "Compositing", "Editing", "Production",
    ),
    schemas={
        "AssetBuild": (_REVIEWED, _BUILDS[:-1]),
        "Episode": (_REVIEWED, ()),
        "Shot": ((*_REVIEWED, "Completed"), ()),
        "Milestone": _MILESTONE,
    },
    overrides={},
    templates={"Shot": ("Layout", "Animation", "Lighting", "Compositing")},
)  # fmt: skip

PROJECT_SCHEMAS = (VFX, ANIMATION)


def status_id(name: str) -> str:
    """Return the id of the status called *name*."""
    return STATUSES[name][0]


def type_id(name: str) -> str:
    """Return the id of the type called *name*."""
    return TYPES[name][0]


def priority_id(name: str) -> str:
    """Return the id of the priority called *name*."""
    return PRIORITIES[name][0]
