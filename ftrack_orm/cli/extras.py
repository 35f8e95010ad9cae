"""Edge: ends a command with the command that installs an extra if one of its packages is missing."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Final

from ftrack_orm.errors import UsageError

#: The packages that show errors. Without one of them, the message is written as it is.
_PACKAGES_FOR_ERRORS: Final = frozenset({"click", "rich"})


@contextmanager
def needs_extra(feature: str, packages: Collection[str], extras: str) -> Iterator[None]:
    """Raise `UsageError` with an installation command if an import in the block fails for want of one of *packages*.

    A missing package that errors are shown with ends the process with the same text. Other missing modules are errors
    of the library and are raised as they are.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in packages:
            raise
        message = f"{feature} needs the package {package}: pip install 'ftrack-orm[{extras}]'."
        if package in _PACKAGES_FOR_ERRORS:
            sys.exit(message)
        raise UsageError(message) from None
