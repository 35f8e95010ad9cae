"""State: operations that travel in the request of a commit, and the replies they get."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from .operations import Operation
from .replies import Reply


@attrs.define
class CarriedOperations:
    """Operations that travel in the request of a commit, *before* and *after* those of the commit.

    They take part in its transaction. *replies* are theirs, in that order, or None as long as they have none: when the
    response to the commit was lost, and asking has shown that the server carried it out.
    """

    before: Sequence[Operation] = ()
    after: Sequence[Operation] = ()
    replies: list[Reply] | None = None
