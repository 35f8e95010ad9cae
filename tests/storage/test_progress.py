"""The fraction of a transfer that is done."""

from __future__ import annotations

import pytest

from ftrack_orm.storage.progress import Progress


@pytest.mark.parametrize(
    ("progress", "fraction"),
    [
        (Progress(0, 10, 0, 1), 0.0),
        (Progress(5, 10, 0, 1), 0.5),
        (Progress(10, 10, 1, 1), 1.0),
        (Progress(7, None, 0, 1), 0.0),
        (Progress(0, 0, 0, 1), 0.0),
        (Progress(0, 0, 1, 1), 1.0),
    ],
)
def test_fractions(progress: Progress, fraction: float) -> None:
    assert progress.fraction == fraction
