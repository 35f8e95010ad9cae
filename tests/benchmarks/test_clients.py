"""The imports of the measured processes."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from benchmarks.clients import OURS, OURS_WITH_ORJSON
from benchmarks.processes import ROOT


def output_of(*arguments: str) -> str:
    run = subprocess.run([sys.executable, "-c", *arguments], cwd=ROOT, check=True, capture_output=True, text=True)
    return run.stdout.strip()


def test_a_benchmark_does_not_import_the_modules_whose_cost_it_measures() -> None:
    names = ", ".join(
        f"benchmarks.{name}" for name in ("reading", "identity_floor", "streaming", "starting", "writing")
    )
    # The name of the finder of an editable installation begins with "__".
    measured = "name.startswith('ftrack') or name == 'orjson'"
    assert output_of(f"import sys, {names}; print([name for name in sys.modules if {measured}])") == "[]"


@pytest.mark.parametrize(("client", "is_used"), [(OURS, "False"), (OURS_WITH_ORJSON, "True")])
def test_only_the_client_with_orjson_uses_orjson(client: Any, is_used: str) -> None:
    check = (
        "import sys; from benchmarks.clients import choose_json; choose_json(sys.argv[1]); "
        "import ftrack_orm.wire.json_text; print(sys.modules.get('orjson') is not None)"
    )
    assert output_of(check, client) == is_used
