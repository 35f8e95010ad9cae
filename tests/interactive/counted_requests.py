"""The requests that reach an embedded server, counted where it handles them."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm.sandbox.application import Application


class CountedRequests:
    """Counts the requests to every embedded server of this process, and keeps their bodies."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bodies: list[bytes] = []
        handle = Application.handle

        def counting(application: Application, method: str, path: str, headers: Any, body: bytes) -> Any:
            self.bodies.append(body)
            return handle(application, method, path, headers, body)

        monkeypatch.setattr(Application, "handle", counting)

    def __len__(self) -> int:
        return len(self.bodies)
