"""Streams of accessors behave as those of the official client."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ftrack_api
import ftrack_api.data
import pytest

from ftrack_orm import compat


@pytest.mark.parametrize("module", [ftrack_api.data, compat.data], ids=["official", "compatible"])
def test_streams_are_read_and_written(module: Any, tmp_path: Path) -> None:
    file = module.File(str(tmp_path / "a.txt"), "wb")
    file.write(b"12345")
    file.flush()
    assert file.tell() == 5
    file.close()
    file.close()
    assert file.closed
    again = module.File(str(tmp_path / "a.txt"))
    assert (again.read(2), again.read()) == (b"12", b"345")
    again.seek(1)
    assert again.read(1) == b"2"
    again.close()
    assert module.String("text").read() == "text"
    assert module.String(b"text").read() == b"text"
    empty = module.String()
    empty.write("x")
    empty.seek(0)
    assert empty.read() == "x"
