"""Missing packages of extras."""

from __future__ import annotations

import importlib

import pytest

from ftrack_orm.cli.extras import needs_extra


def test_a_missing_package_exits_with_the_command_that_installs_it() -> None:
    with (
        pytest.raises(SystemExit, match=r"The demo needs the package no_such_package: pip install 'ftrack-orm\[cli\]'"),
        needs_extra("The demo", {"no_such_package"}, "cli"),
    ):
        importlib.import_module("no_such_package.submodule")


def test_other_missing_packages_are_raised() -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_package"), needs_extra("The demo", {"rich"}, "cli"):
        importlib.import_module("no_such_package")
