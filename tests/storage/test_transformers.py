"""Resource identifier transformers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm import errors
from ftrack_orm.storage.transformers import ResourceIdentifierTransformer, RootTransformer


class Own(ResourceIdentifierTransformer):
    def encode(self, resource_identifier: str, context: object = None) -> str:
        return resource_identifier.upper()


def test_the_base_class_changes_nothing() -> None:
    transformer = Own()
    assert transformer.decode("a/b") == "a/b"
    assert transformer.encode("a/b") == "A/B"
    assert isinstance(transformer, ResourceIdentifierTransformer)


def test_machines_with_folders_at_different_places_read_the_same_file() -> None:
    linux = RootTransformer({"projects": "/mnt/projects", "cache": "/mnt/projects/cache/"})
    windows = RootTransformer({"projects": "P:\\", "cache": "C:/cache"})
    for path, stored, read in (
        ("/mnt/projects/demo/a.exr", "{projects}/demo/a.exr", "P:/demo/a.exr"),
        ("/mnt/projects/cache/a.exr", "{cache}/a.exr", "C:/cache/a.exr"),
        ("/mnt/projects", "{projects}", "P:"),
        ("/mnt/projects2/a.exr", "/mnt/projects2/a.exr", "/mnt/projects2/a.exr"),
    ):
        assert linux.encode(path) == stored
        assert windows.decode(stored) == read
    assert windows.encode("P:\\demo\\a.exr") == "{projects}/demo/a.exr"


@given(st.text(max_size=30) | st.builds("/mnt/{}".format, st.text(max_size=20)))
def test_what_is_encoded_can_be_decoded(path: str) -> None:
    transformer = RootTransformer({"a": "/mnt/a", "b": "/mnt"})
    if not path.startswith("{"):
        assert transformer.decode(transformer.encode(path)).replace("\\", "/") == path.replace("\\", "/")


def test_a_root_that_is_missing_here_is_an_error() -> None:
    with pytest.raises(errors.ResourceInvalid, match=r"'projects', which is not configured on this machine.*'cache'"):
        RootTransformer({"cache": "/c"}).decode("{projects}/a")


@pytest.mark.parametrize("roots", [{"": "/a"}, {"a/b": "/a"}, {"{": "/a"}, {"a": "/"}])
def test_roots_without_a_usable_name_or_folder_are_refused(roots: dict[str, str]) -> None:
    with pytest.raises(errors.InvalidValue, match="cannot be used"):
        RootTransformer(roots)
