"""Headers made from the names of files."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.errors import ServerValidationError
from ftrack_orm.sandbox.storage import file_names


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.png", "image/png"),
        ("A.JPG", "image/jpeg"),
        ("clip.mp4", "video/mp4"),
        ("scene.tar.gz", "application/octet-stream"),
        ("plate.0001.unknown", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_the_media_type_follows_from_the_end_of_the_name(name: str, expected: str) -> None:
    assert file_names.content_type(name) == expected


@given(st.text())
def test_every_name_is_a_header_that_can_be_sent_and_read_back(name: str) -> None:
    header = file_names.content_disposition(name)
    assert header.isascii()
    assert header.isprintable()
    match = re.fullmatch(r"attachment; filename=\"[^\"\\]*\"; filename\*=UTF-8''(\S*)", header)
    assert match is not None
    assert unquote(match.group(1)) == name


def test_checksums_are_md5s_in_base64() -> None:
    assert file_names.md5_of_checksum("kAFQmDzST7DWlj99KOF/cg==") == "900150983cd24fb0d6963f7d28e17f72"
    for text in ("", "abc", "AAAA", "kAFQmDzST7DWlj99KOF/cg", "ü"):
        with pytest.raises(ServerValidationError, match="MD5 in base64"):
            file_names.md5_of_checksum(text)
