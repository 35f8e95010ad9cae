"""Fixtures of the tests of studio packages."""

from __future__ import annotations

from tests.typing.studio_packages import answer, open_session, server_answer, studio, write_package

__all__ = ["answer", "open_session", "server_answer", "studio", "write_package"]
