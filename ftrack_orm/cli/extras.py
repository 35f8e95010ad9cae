"""Edge: exits with the command that installs an extra if one of its packages is missing."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager


@contextmanager
def needs_extra(feature: str, packages: Collection[str], extras: str) -> Iterator[None]:
    """Exit with an installation command if an import in the block fails because one of *packages* is missing.

    Other missing modules are errors of the library and are raised as they are.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in packages:
            raise
        sys.exit(f"{feature} needs the package {package}: pip install 'ftrack-orm[{extras}]'")
