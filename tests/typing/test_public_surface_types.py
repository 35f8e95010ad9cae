"""Pyright infers the types that `public_surface.py` states for the public names, and finds the mistakes beside it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
PYRIGHT = FOLDER / "node_modules" / "pyright" / "index.js"


def test_pyright_finds_the_types_stated_for_the_public_names_and_the_mistakes_with_them() -> None:
    node = shutil.which("node")
    if node is None or not PYRIGHT.exists():
        advice = "pyright needs Node and `npm ci --prefix tests/typing`"
        if os.environ.get("CI"):
            pytest.fail(advice)
        pytest.skip(advice)
    run = subprocess.run(
        [node, str(PYRIGHT), "--project", str(FOLDER), "--pythonpath", sys.executable],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
