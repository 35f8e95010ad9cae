"""Draws the pictures of the page about notebooks: `python -m tests.notebook.chart_pictures` writes them again.

The examples of the page run against an embedded server of its own, and each figure that they leave is a picture.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from ftrack_orm.sandbox import Sandbox

os.environ.setdefault("MPLBACKEND", "agg")

HOWTO = Path(__file__).parents[2] / "docs" / "howto" / "notebooks.md"
FOLDER = HOWTO.with_suffix("")
_EXAMPLE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: Text stays text, and names are not random, so that the same chart is the same file.
_OPTIONS = {"svg.fonttype": "none", "svg.hashsalt": "ftrack_orm"}


def draw(folder: Path) -> list[Path]:
    """Run the examples of the page and write their figures to *folder*; return the paths."""
    import matplotlib.pyplot as plt

    plt.close("all")
    with Sandbox(seed="demo") as box, patch.dict(os.environ), plt.rc_context(_OPTIONS), TemporaryDirectory() as cache:
        os.environ.update(FTRACK_SERVER=box.url, FTRACK_API_USER=box.api_user, FTRACK_API_KEY=box.api_key)
        os.environ["FTRACK_API_SCHEMA_CACHE_PATH"] = cache
        namespace = {"__name__": "__example__"}
        for example in _EXAMPLE.findall(HOWTO.read_text(encoding="utf-8")):
            exec(example, namespace)
        written = []
        for name in plt.get_figlabels():
            path = folder / f"{name}.svg"
            plt.figure(name).savefig(path, metadata={"Date": None, "Creator": None})
            path.write_text(re.sub(r" +$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE), encoding="utf-8")
            written.append(path)
    plt.close("all")
    return written


def texts_of(picture: Path) -> list[str]:
    """Return the texts in a picture, which are the same with each version of matplotlib and each set of fonts."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", picture.read_text(encoding="utf-8"))


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    print(*draw(FOLDER), sep="\n")
