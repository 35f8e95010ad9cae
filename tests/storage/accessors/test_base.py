"""The methods that accessors share, on an accessor with the required ones only."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from ftrack_orm import errors
from ftrack_orm.storage.accessors.base import Accessor, not_found


class Flat(Accessor):
    """A dictionary of names; the container is `""`."""

    def __init__(self, **files: bytes) -> None:
        self.files = files

    def list(self, resource_identifier: str = "") -> list[str]:
        return sorted(self.files)

    def is_file(self, resource_identifier: str) -> bool:
        return resource_identifier in self.files

    def is_container(self, resource_identifier: str) -> bool:
        return resource_identifier == ""

    def open(self, resource_identifier: str, mode: str = "rb") -> BinaryIO:
        return io.BytesIO(self.files[resource_identifier])

    def remove(self, resource_identifier: str) -> None:
        raise not_found(resource_identifier)

    def make_container(self, resource_identifier: str, recursive: bool = True) -> None:
        raise NotImplementedError

    def write(self, resource_identifier: str, source: Any, **options: Any) -> int:
        raise NotImplementedError


def test_an_accessor_with_the_required_methods_has_the_others(tmp_path: Path) -> None:
    accessor = Flat(**{"a.0001.exr": b"1", "a.exr": b"123"})
    assert isinstance(accessor, Accessor)
    assert accessor.exists("")
    assert accessor.exists("a.exr")
    assert not accessor.exists("b")
    assert accessor.size("a.exr") == 3
    assert accessor.is_sequence("a.%04d.exr")
    assert not accessor.is_sequence("b.%04d.exr")
    assert not accessor.is_sequence("a.exr")
    assert not accessor.is_sequence("folder/a.%04d.exr")
    assert accessor.read_into("a.exr", tmp_path / "copy") == 3
    assert (tmp_path / "copy").read_bytes() == b"123"
    with pytest.raises(errors.ResourceExists):
        accessor.read_into("a.exr", tmp_path / "copy")
    stream = io.BytesIO()
    accessor.read_into("a.exr", stream)
    assert stream.getvalue() == b"123"


def test_a_container_is_the_identifier_without_its_last_part() -> None:
    assert Flat().get_container("a/b/c") == "a/b"
    assert Flat().get_container("a") == ""
    with pytest.raises(errors.ResourceInvalid, match="outermost"):
        Flat().get_container("")


def test_operations_that_are_not_supported_say_so() -> None:
    for method in (Flat().get_filesystem_path, Flat().get_url):
        with pytest.raises(errors.StorageUnsupported, match=r"Flat has no (path|URL) for 'a'"):
            method("a")
    with pytest.raises(errors.ResourceNotFound):
        Flat().remove_container("a")
    with pytest.raises(errors.ResourceInvalid, match="is a file"):
        Flat(a=b"").remove_container("a")
