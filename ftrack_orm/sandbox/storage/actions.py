"""Edge: the actions of the embedded server that concern its storage, such as `get_upload_metadata`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ftrack_orm.sandbox.raw_action import RawAction

#: Action -> the function that executes it.
ACTIONS: Mapping[str, RawAction] = {}
