"""What could not be removed is named in the log and in the notes of the error."""

from __future__ import annotations

import sys

import pytest

from ftrack_orm.storage.leftovers import note_leftover


def test_a_leftover_is_logged_and_noted(caplog: pytest.LogCaptureFixture) -> None:
    error = ValueError("first")
    note_leftover(error, "The file a stays, 100 %.")
    assert "The file a stays, 100 %." in caplog.text
    if sys.version_info >= (3, 11):
        assert error.__notes__ == ["The file a stays, 100 %."]
