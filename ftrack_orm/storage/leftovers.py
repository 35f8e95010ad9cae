"""Pure: reports what could not be removed after a failure, in the log and in the notes of the error."""

from __future__ import annotations

import logging

logger = logging.getLogger("ftrack_orm.storage")


def note_leftover(error: BaseException, text: str) -> None:
    """Log *text*, and add it to the notes of *error*, which Python prints below it (from 3.11 on)."""
    logger.warning("%s", text)
    add_note = getattr(error, "add_note", None)
    if add_note is not None:
        add_note(text)
