"""Pure: the topics of the events about components in locations (protocol fact)."""

from __future__ import annotations

from typing import Final

COMPONENT_ADDED_TOPIC: Final = "ftrack.location.component-added"
COMPONENT_REMOVED_TOPIC: Final = "ftrack.location.component-removed"
#: Asks plugins for the file type of a path; the data is `{"file_path": path}`.
FILE_TYPE_TOPIC: Final = "ftrack.api.session.get-file-type-from-string"
