"""Pure: what a check has found, with advice if it is a problem."""

from __future__ import annotations

import enum
from collections.abc import Sequence

import attrs


class State(str, enum.Enum):
    """The state of a checked part. A part is skipped if another failure makes the check impossible."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@attrs.frozen
class Finding:
    """The *state* of a part under the *check* of a name, a *detail* for people, and *advice*: what to do."""

    check: str
    state: State
    detail: str
    advice: str = ""


def ok(check: str, detail: str) -> Finding:
    """Return the finding of a part that works."""
    return Finding(check, State.OK, detail)


def warning(check: str, detail: str, advice: str) -> Finding:
    """Return the finding of a part that works with a disadvantage."""
    return Finding(check, State.WARNING, detail, advice)


def failed(check: str, detail: str, advice: str) -> Finding:
    """Return the finding of a part that does not work."""
    return Finding(check, State.FAILED, detail, advice)


def skipped(check: str, detail: str) -> Finding:
    """Return the finding of a part that could not be checked."""
    return Finding(check, State.SKIPPED, detail)


def has_failed(findings: Sequence[Finding]) -> bool:
    """Return whether a part does not work."""
    return any(finding.state is State.FAILED for finding in findings)
