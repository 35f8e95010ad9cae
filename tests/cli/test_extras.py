"""Missing packages of extras."""

from __future__ import annotations

import importlib

import pytest

from ftrack_orm.cli.extras import needs_extra
from ftrack_orm.errors import UsageError


def test_a_missing_package_is_an_error_with_the_command_that_installs_it() -> None:
    with (
        pytest.raises(UsageError, match=r"The demo needs the package no_such_package: pip install 'ftrack-orm\[cli\]'"),
        needs_extra("The demo", {"no_such_package"}, "cli"),
    ):
        importlib.import_module("no_such_package.submodule")


def test_a_missing_package_that_errors_are_shown_with_ends_the_process() -> None:
    with (
        pytest.raises(SystemExit, match=r"The demo needs the package rich: pip install 'ftrack-orm\[cli\]'"),
        needs_extra("The demo", {"rich"}, "cli"),
    ):
        raise ModuleNotFoundError(name="rich.table")


def test_other_missing_packages_are_raised() -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_package"), needs_extra("The demo", {"rich"}, "cli"):
        importlib.import_module("no_such_package")
