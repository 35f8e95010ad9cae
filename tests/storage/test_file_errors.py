"""Errors of files name the path and the system's reason, and advise."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from ftrack_orm.storage.file_errors import exists_error, file_error, shown_path


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "Free space on the disk"),
        (errno.EACCES, "Check the permissions"),
        (errno.EROFS, "can only be read"),
        (errno.EIO, ""),
    ],
)
def test_the_reason_is_that_of_the_system(number: int, advice: str) -> None:
    error = file_error("written", Path("/a/b"), OSError(number, os.strerror(number)))
    assert str(error).startswith(f"/a/b cannot be written: {os.strerror(number)}.")
    assert advice in str(error)
    assert error.details["path"] == "/a/b"


def test_errors_without_a_reason_have_their_name() -> None:
    assert str(file_error("read", "/a", ValueError())) == "/a cannot be read: ValueError."


def test_any_path_can_be_shown() -> None:
    assert shown_path(b"/a\xff") == "/a\\udcff"
    assert shown_path("") == "The empty path"
    assert shown_path(3.5) == "3.5"
    assert str(exists_error("/a")).startswith("/a exists, and nothing was written.")
