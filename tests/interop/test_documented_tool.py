"""The JavaScript tool of the documentation does in Node what its page says."""

from __future__ import annotations

import pathlib
import shutil
from typing import Any

from ftrack_orm.sandbox import Sandbox
from tests.interop.javascript_client import JAVASCRIPT, install_javascript
from tests.test_documentation import ROOT, examples_of

DOCUMENTED = ROOT / "docs" / "howto" / "test-javascript-tools.md"


def test_the_tool_approves_the_tasks_of_a_shot(tmp_path: pathlib.Path) -> None:
    install_javascript()
    namespace: dict[str, Any] = {}
    for _, source in examples_of(DOCUMENTED):
        exec(source, namespace)
    # Packages are searched for beside the script.
    shutil.copy(DOCUMENTED.parent / "javascript" / "approve.js", tmp_path / "approve.mjs")
    (tmp_path / "node_modules").symlink_to(JAVASCRIPT / "node_modules")
    with Sandbox(seed="empty") as box:
        assert namespace["check_tool"](["node", str(tmp_path / "approve.mjs")], box) == ["Approved", "Approved"]
