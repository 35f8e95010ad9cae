"""Every module has a test module of its own, or CONTRIBUTING names the tests that cover it."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
MODULES = {
    path.relative_to(ROOT / "ftrack_orm").as_posix()
    for path in (ROOT / "ftrack_orm").rglob("*.py")
    if path.name != "__init__.py"
}


def mirror_of(module: str) -> Path:
    path = Path(module)
    return ROOT / "tests" / path.parent / f"test_{path.name}"


def exceptions() -> dict[str, list[str]]:
    """Return the modules without a mirror, and the tests that cover them, as CONTRIBUTING lists them."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text.partition("| module without a mirror |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| (`[^|]+`) \| ([^|]+) \|", table, re.MULTILINE)
    return {
        module: re.findall(r"`([^`]+)`", tests)
        for modules, tests in rows
        for module in re.findall(r"`([^`]+)`", modules)
    }


def test_modules_without_a_mirror_are_listed_with_the_tests_that_cover_them() -> None:
    assert sorted(module for module in MODULES if not mirror_of(module).exists()) == sorted(exceptions())


def test_the_listed_tests_exist() -> None:
    missing = [test for tests in exceptions().values() for test in tests if not (ROOT / "tests" / test).exists()]
    assert missing == []
    assert all(exceptions().values())
