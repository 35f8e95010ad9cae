"""Pure: the `User-Agent` header of all requests."""

from __future__ import annotations

import functools
import sys

import requests

from ftrack_orm import __version__


@functools.cache
def user_agent() -> str:
    """Return a product token with the versions that a server's administrator asks for.

    The form is `ftrack-orm/0.1.0 (Python 3.11; requests/2.31.0)`. The session's setting `headers` overrides it.
    """
    python = ".".join(map(str, sys.version_info[:2]))
    return f"ftrack-orm/{__version__} (Python {python}; requests/{requests.__version__})"
