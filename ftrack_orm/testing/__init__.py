"""Tests of users: counts of requests, and the compliance suite for accessors in `ftrack_orm.testing.accessors`."""

import sys

from .requests import requests_made

__all__ = ["requests_made"]

# Failed assertions of the suite show their values, as those in modules of tests do.
if "pytest" in sys.modules:
    sys.modules["pytest"].register_assert_rewrite(f"{__name__}.accessors")
