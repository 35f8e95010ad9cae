"""Missing packages of extras."""

import pytest

from ftrack_orm.cli.extras import needs_extra


def test_a_missing_package_exits_with_the_command_that_installs_it():
    with (
        pytest.raises(SystemExit, match=r"The demo needs the package no_such_package: pip install 'ftrack-orm\[cli\]'"),
        needs_extra("The demo", {"no_such_package"}, "cli"),
    ):
        import no_such_package.submodule  # noqa: F401


def test_other_missing_packages_are_raised():
    with pytest.raises(ModuleNotFoundError, match="no_such_package"), needs_extra("The demo", {"rich"}, "cli"):
        import no_such_package  # noqa: F401
