"""Pure: a place in a script that would have to change."""

from __future__ import annotations

import attrs


@attrs.frozen
class Finding:
    """A place in a script that would have to change for `ftrack_orm`.

    *line* and *column* count from 1. *text* is the source at the place, shortened, and *write* the advice for it.
    *compat* is what to write with `ftrack_orm.compat`, or None where nothing has to change there. *condition* is empty,
    or names the assumption that the advice depends on, such as "task is an entity".
    """

    line: int
    column: int
    text: str
    write: str
    compat: str | None = None
    condition: str = ""

    @property
    def advice(self) -> str:
        """A sentence that says what to write."""
        condition = f"if {self.condition}, " if self.condition else ""
        return f"{condition}write {self.write}"
