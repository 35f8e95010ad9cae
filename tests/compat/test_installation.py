"""Code that imports `ftrack_api` gets the compatibility layer where it was installed."""

from __future__ import annotations

import subprocess
import sys

import ftrack_api
import pytest

from ftrack_orm import compat

PROGRAM = """
import ftrack_orm.compat
ftrack_orm.compat.install()
ftrack_orm.compat.install()
import ftrack_api
import ftrack_api.event.base
import ftrack_api.accessor.disk as disk
from ftrack_api.structure.standard import StandardStructure
from ftrack_api import symbol, Session
assert ftrack_api is ftrack_orm.compat
assert ftrack_api.event.base is ftrack_orm.compat.event.base
assert Session is ftrack_orm.compat.Session
assert StandardStructure is ftrack_orm.compat.structure.standard.StandardStructure
assert ftrack_api.__name__ == "ftrack_orm.compat" and disk.DiskAccessor.__module__ == "ftrack_orm.compat.accessor.disk"
try:
    import ftrack_api.no_such_module
except ModuleNotFoundError:
    print("fine")
"""


def test_the_official_name_leads_to_the_compatibility_layer() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("fine", "")


def test_an_official_client_that_is_imported_already_is_not_replaced() -> None:
    assert ftrack_api.__name__ == "ftrack_api"
    with pytest.raises(ImportError, match="already"):
        compat.install()
