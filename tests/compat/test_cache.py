"""Caches and memoisers work for scripts as those of the official client, although the session uses none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import ftrack_api
import ftrack_api.cache
import pytest

from ftrack_orm import compat
from tests.compat.conftest import Both, Studio, raised

MODULES = pytest.mark.parametrize("module", [ftrack_api.cache, compat.cache], ids=["official", "compatible"])


@MODULES
def test_caches_keep_values(module: Any, tmp_path: Path) -> None:
    memory = module.MemoryCache()
    file = module.SerialisedCache(module.FileCache(str(tmp_path / "cache")), encode=json.dumps, decode=json.loads)
    layered = module.LayeredCache([memory, file])
    layered.set("a", [1])
    layered.set("b", 2)
    memory.clear()
    assert layered.get("a") == [1]
    assert memory.get("a") == [1]
    assert sorted(layered.keys()) == ["a", "b"]
    layered.remove("b")
    layered.clear("a")
    assert layered.keys() == []
    for cache in (memory, file, layered):
        with pytest.raises(KeyError):
            cache.get("a")
        with pytest.raises(KeyError):
            cache.remove("a")


@MODULES
def test_results_are_remembered_by_arguments(module: Any) -> None:
    calls = []

    def added(a: int, b: int = 1) -> list[int]:
        calls.append((a, b))
        return [a + b]

    add = module.memoise_decorator(module.Memoiser())(added)
    assert add(1) == [2]
    assert add(1) == [2]
    assert add(1, b=2) == [3]
    assert add(1) is not add(1)
    assert calls == [(1, 1), (1, 2)]


def test_the_cache_of_a_session_can_be_cleared(both: Both) -> None:
    def run(studio: Studio) -> Any:
        task = studio.get("Task")
        with studio.connect(studio.client) as other:
            other.get("Task", task["id"])["description"] = "changed by another session"
            other.commit()
        before = task["description"]
        studio.session.cache.clear()
        return before, studio.get("Task")["description"]

    both(run)


def test_the_cache_of_a_session_says_what_to_write(compatible: Any) -> None:
    for call in (lambda: compatible.cache.get("x"), lambda: compatible.cache.set("x", 1), compatible.cache.keys):
        assert raised(compat, call)
    with pytest.raises(AttributeError, match=r"session\.reset\(\)"):
        compatible._local_cache  # noqa: B018
