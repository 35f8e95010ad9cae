"""Numbers of examples for property tests: few by default, all of them in continuous integration."""

from __future__ import annotations

import os
from typing import Final

import hypothesis

#: Whether property tests run in full. CI systems set `CI=true`; set it by hand to repeat such a run.
IN_FULL: Final = os.environ.get("CI", "").lower() in ("1", "true")


def examples(default: int, full: int) -> int:
    """Return the number of examples to try: *full* in continuous integration, otherwise *default*.

    For `@settings(max_examples=examples(100, 5_000))`. A test without such a setting takes the number from the profile.
    """
    return full if IN_FULL else default


def load_profile() -> None:
    """Load the settings of all property tests. Examples have no deadline, because a busy machine is not a failure."""
    hypothesis.settings.register_profile("ftrack_orm", deadline=None, max_examples=examples(15, 100))
    hypothesis.settings.load_profile("ftrack_orm")
