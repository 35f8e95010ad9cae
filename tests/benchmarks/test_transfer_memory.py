"""The memory of a transfer does not depend on the size of its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import harness, transfer_memory
from benchmarks.clients import OURS
from benchmarks.processes import Server
from tests.property_settings import IN_FULL


@pytest.mark.skipif(not IN_FULL, reason="it transfers 160 MB, for CI")
def test_a_file_is_never_in_memory(tmp_path: Path) -> None:
    figures = harness.run_in_process(transfer_memory, 0, OURS, Server("", str(tmp_path)), 160)
    assert figures["MB grown"] < 32
