"""State: connects a session with the interactive shell it is used in, which completes its names."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ftrack_orm.interactive import ipython
from ftrack_orm.interactive.companion import ConfigurationCompanion

if TYPE_CHECKING:
    from .parts import SessionParts


def offer_completion(session: object, parts: SessionParts) -> None:
    """Have IPython complete names of *session*, if it is running. Does nothing when called again.

    The first query of the session then brings the configurations of custom attributes along, whose keys are completed.
    """
    handshake = parts.handshake
    if ipython.offer_completion(session, parts.workspace, handshake.known_schema):
        handshake.wrap_call(
            partial(ConfigurationCompanion, configurations=parts.configurations, known_schema=handshake.known_schema)
        )
