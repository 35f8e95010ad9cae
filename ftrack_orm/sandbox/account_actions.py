"""Edge: the actions of the embedded server about users, invitations and widgets, such as `reset_remote`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .raw_action import RawAction

#: Action -> the function that executes it.
ACTIONS: Mapping[str, RawAction] = {}
