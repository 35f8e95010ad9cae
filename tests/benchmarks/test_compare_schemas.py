"""The script that compares the embedded server's schemas with those of a real server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import compare_schemas
from ftrack_orm.sandbox import datamodel

SCRIPT = Path(compare_schemas.__file__)

Schemas = list[dict[str, Any]]


@pytest.fixture
def schemas() -> Schemas:
    """A copy of the embedded server's schemas, which a test may change."""
    copied: Schemas = json.loads(json.dumps(datamodel.load().schemas))
    return copied


def test_orders_without_a_meaning_are_no_difference(schemas: Schemas) -> None:
    for description in schemas:
        description["required"].reverse()
        description["default_projections"].reverse()
    schemas.reverse()
    assert list(compare_schemas.differences(schemas, datamodel.load().schemas)) == []
    assert compare_schemas.fingerprint(schemas) == compare_schemas.fingerprint(datamodel.load().schemas)


def test_differences_name_attributes_and_types_of_one_side_only(schemas: Schemas) -> None:
    by_name = {description["id"]: description for description in schemas}
    del by_name["Task"]["properties"]["bid"]
    by_name["Shot"]["properties"]["mood"] = {"type": "string"}
    schemas.remove(by_name["Scope"])
    differences = "\n".join(compare_schemas.differences(schemas, datamodel.load().schemas))
    assert "Task.properties.bid: only in the embedded reply" in differences
    assert 'Shot.properties.mood: only in the real reply: {"type": "string"}' in differences
    assert "Scope: only in the embedded reply" in differences
    assert len(differences.splitlines()) == 3


def test_differences_name_fields_with_other_values(schemas: Schemas) -> None:
    by_name = {description["id"]: description for description in schemas}
    by_name["AssetVersion"]["properties"]["is_published"]["default"] = 1  # is not true
    by_name["Recipient"]["primary_key"].reverse()
    assert list(compare_schemas.differences(schemas, datamodel.load().schemas)) == [
        "AssetVersion.properties.is_published.default: real 1, embedded true",
        'Recipient.primary_key: real ["resource_id", "note_id"], embedded ["note_id", "resource_id"]',
    ]


@pytest.mark.parametrize(
    ("missing", "status", "last_line"), [("", 0, "no differences"), ("Scope", 1, "Scope: only in the embedded reply")]
)
def test_the_exit_status_is_1_for_differences(
    tmp_path: Path, schemas: Schemas, missing: str, status: int, last_line: str
) -> None:
    file = tmp_path / "schemas.json"
    file.write_text(json.dumps([description for description in schemas if description["id"] != missing]))
    # The script is run as users run it. The path makes it find the package under test even if it is not installed.
    environment = {**os.environ, "PYTHONPATH": str(SCRIPT.parents[1])}
    process = subprocess.run(
        [sys.executable, str(SCRIPT), str(file)],
        capture_output=True,
        text=True,
        check=False,
        cwd=SCRIPT.parents[1],
        env=environment,
    )
    assert process.returncode == status, process.stderr
    assert process.stdout.splitlines()[-1].startswith(last_line)
