"""State: the compatibility layer as the module `ftrack_api`, for code whose imports cannot be changed."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType

_OFFICIAL = "ftrack_api"
_OURS = __name__.rpartition(".")[0]


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds `ftrack_api` and its modules in the compatibility layer. The modules are the same objects."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != _OFFICIAL and not name.startswith(f"{_OFFICIAL}."):
            return None
        ours = _OURS + name[len(_OFFICIAL) :]
        found = importlib.util.find_spec(ours)
        if found is None:
            return None
        is_package = found.submodule_search_locations is not None
        return importlib.machinery.ModuleSpec(name, self, is_package=is_package)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return importlib.import_module(_OURS + spec.name[len(_OFFICIAL) :])

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: the module was executed when it was imported under its own name."""


def install() -> None:
    """Make `import ftrack_api` import the compatibility layer in this process, also where the official client exists.

    For plugins and libraries of others. Call it before anything imports `ftrack_api`: raises `ImportError` when the
    official client is imported already.
    """
    known = sys.modules.get(_OFFICIAL)
    if known is not None and known.__name__ != _OURS:
        raise ImportError("The official client is imported already. Call ftrack_orm.compat.install() before that.")
    if not any(isinstance(each, _Finder) for each in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
