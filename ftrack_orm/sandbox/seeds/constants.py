"""Pure: the ids that are the same on every ftrack server, and that existing tools contain as literals.

Protocol facts: clients find locations by these ids. Schemas name the ids of object types as classifiers, and the id of
a priority as a default. The id of its type distinguishes the kinds of custom attributes.
"""

from __future__ import annotations

from typing import NamedTuple

from ftrack_orm.schema.facts import (
    CONNECT_LOCATION_ID,
    ORIGIN_LOCATION_ID,
    REVIEW_LOCATION_ID,
    SERVER_LOCATION_ID,
    UNMANAGED_LOCATION_ID,
)


class BuiltInLocation(NamedTuple):
    """A location that every server has; client libraries refer to it by id and by name."""

    id: str
    name: str
    label: str
    description: str


LOCATIONS = (
    BuiltInLocation(ORIGIN_LOCATION_ID, "ftrack.origin", "Origin", "Files managed where they were made."),
    BuiltInLocation(UNMANAGED_LOCATION_ID, "ftrack.unmanaged", "Unmanaged", "Files left where they are."),
    BuiltInLocation(REVIEW_LOCATION_ID, "ftrack.review", "Review", "Media encoded for the browser."),
    BuiltInLocation(CONNECT_LOCATION_ID, "ftrack.connect", "Connect", "Files of the desktop application."),
    BuiltInLocation(SERVER_LOCATION_ID, "ftrack.server", "ftrack server", "Files kept on the server."),
)


class ObjectType(NamedTuple):
    """An object type: whether its entities can contain tasks, and have a type, a status, dates and logged time."""

    entity_type: str
    id: str
    name: str
    icon: str
    is_taskable: bool = True
    is_typeable: bool = False
    is_statusable: bool = True
    is_schedulable: bool = False
    is_time_reportable: bool = False
    is_leaf: bool = False


#: In the order of the server's web interface.
OBJECT_TYPES = (
    ObjectType("Folder", "3c133785-51cb-11e3-980a-20c9d0831e59", "Folder", "folder", is_statusable=False),
    ObjectType("AssetBuild", "4be63b64-5010-42fb-bf1f-428af9d638f0", "Asset Build", "box", is_typeable=True),
    ObjectType("Episode", "22139355-61da-4c8f-9db4-3abc870166bc", "Episode", "folder"),
    ObjectType("Sequence", "e5139355-61da-4c8f-9db4-3abc870166bc", "Sequence", "folder", is_statusable=False),
    ObjectType("Shot", "bad911de-3bd6-47b9-8b46-3476e237cb36", "Shot", "movie"),
    ObjectType(
        "Milestone", "01decdd1-51cb-11e3-9d5b-20c9d0831e59", "Milestone", "flag",
        is_taskable=False, is_typeable=True, is_schedulable=True, is_leaf=True,
    ),
    ObjectType(
        "Task", "11c137c0-ee7e-4f9c-91c5-8c77cec22b2c", "Task", "task",
        is_taskable=False, is_typeable=True, is_schedulable=True, is_time_reportable=True, is_leaf=True,
    ),
)  # fmt: skip

#: Name -> id of the custom attribute types.
CUSTOM_ATTRIBUTE_TYPES = {
    "text": "6268aef0-381c-11e0-acff-0019bb49847a",
    "boolean": "ad1034d8-15e2-11e1-b21a-0019bb4983d8",
    "date": "79968e9e-381c-11e0-acff-0019bb49847a",
    "enumerator": "6ff9c812-ead3-11e2-846c-f23c91dfaa16",
    "dynamic enumerator": "882e4aee-fae6-11e3-b623-20c9d0831e59",
    "number": "92009b00-381c-11e0-acff-0019bb49847a",
    "expression": "d2e6a530-357f-11e2-bd73-0019bb4985b8",
    "url": "ec616dcd-56e2-4147-99f8-7e4a4f040cf9",
}

#: The type of every ordinary user.
USER_TYPE = "ac9fa5aa-4361-11e0-b7cc-0019bb4983d8"

#: The priority that the schema gives new entities.
DEFAULT_PRIORITY = "9661b320-3a0c-11e2-81c1-0800200c9a66"
