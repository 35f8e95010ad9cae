"""The compliance suite passes for the accessors of the library, and fails for one that breaks a promise."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftrack_orm.storage.accessors.base import Accessor
from ftrack_orm.storage.accessors.disk import DiskAccessor
from ftrack_orm.testing.accessors import AccessorCompliance

pytest_plugins = ["pytester"]


class TestDiskAccessor(AccessorCompliance):
    @pytest.fixture
    def accessor(self, tmp_path: Path) -> Accessor:
        (tmp_path / "prefix").mkdir()
        return DiskAccessor(tmp_path / "prefix")


class TestFolderBehindALink(AccessorCompliance):
    @pytest.fixture
    def accessor(self, tmp_path: Path) -> Accessor:
        (tmp_path / "volume").mkdir()
        (tmp_path / "prefix").symlink_to("volume")
        return DiskAccessor(tmp_path / "prefix", sync=False)


CARELESS = """
import pytest
from pathlib import Path
from ftrack_orm.storage.accessors.disk import DiskAccessor
from ftrack_orm.testing.accessors import AccessorCompliance

class Careless(DiskAccessor):
    def write(self, resource_identifier, source, *, overwrite=False, progress=None):
        return super().write(resource_identifier, source, overwrite=True, progress=progress)

    def get_filesystem_path(self, resource_identifier):
        return f"{self.prefix}/{resource_identifier}"

class TestCareless(AccessorCompliance):
    @pytest.fixture
    def accessor(self, tmp_path):
        (tmp_path / "prefix").mkdir()
        return Careless(tmp_path / "prefix")

class TestUndefined(AccessorCompliance):
    pass
"""


def test_an_accessor_that_breaks_promises_fails(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(CARELESS)
    result = pytester.runpytest("-p", "no:cacheprovider", "-k", "TestCareless", "-p", "no:xdist")
    output = result.stdout.str()
    for name in (
        "test_a_file_is_not_overwritten_unless_asked_for",
        "test_no_identifier_leads_out_of_the_storage",
        "test_one_of_several_writers_of_a_file_succeeds",
    ):
        assert f"FAILED test_an_accessor_that_breaks_promises_fails.py::TestCareless::{name}" in output
    assert result.ret == 1


def test_a_suite_without_an_accessor_says_what_to_define(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(CARELESS)
    result = pytester.runpytest(
        "-p", "no:cacheprovider", "-k", "TestUndefined and test_a_container_is_listed", "-p", "no:xdist"
    )
    result.stdout.fnmatch_lines(["*Define a fixture 'accessor'*"])
