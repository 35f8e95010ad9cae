"""Configuration of the documentation's build: `python -m sphinx -W --keep-going docs build/docs`.

The pages are Markdown, read by MyST, and must also read well where they lie, in the repository. The pages below
`reference/api` are generated from the docstrings.
"""

from __future__ import annotations

import builtins
import importlib
import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.domains.python import PyXRefRole

import ftrack_orm

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

DOCS = Path(__file__).parent
REPOSITORY = ftrack_orm.errors.DOCUMENTATION.partition("/blob/")[0]

project = "ftrack_orm"
author = "the authors of ftrack_orm"
version = release = ftrack_orm.__version__
html_title = f"{project} {version}"
html_theme = "furo"
html_theme_options = {"source_repository": REPOSITORY, "source_branch": "main", "source_directory": "docs/"}
html_copy_source = False

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown"}
# The official client's side of the cookbook, tables of measurements that another page shows.
exclude_patterns = ["reference/benchmarks/*.md"]
# Anchors of headings as in the repository's view of a page.
myst_heading_anchors = 4
suppress_warnings = ["myst.header"]

autodoc_member_order = "bysource"
# Methods that a class inherits are its own for users, except those of Python's classes.
autodoc_default_options = {
    "members": True,
    "inherited-members": "object, BaseException, Enum, int, str, dict, tuple, Sequence, Mapping, MutableMapping",
}
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
maximum_signature_line_length = 100

# A link in a docstring or annotation that leads nowhere is a warning, and a warning fails the build. Annotations also
# name classes that are not public, and classes of other libraries: these stay text, see `resolve_public_name`.
nitpicky = True
default_role = "py:code"

PUBLIC_MODULES = ["ftrack_orm", "ftrack_orm.storage", "ftrack_orm.sandbox", "ftrack_orm.testing"]
#: Classes whose arguments are internal.
MADE_BY_SESSIONS = {
    f"ftrack_orm.{name}"
    for name in (
        *("ChangeSubscription", "Collection", "CopyResult", "CustomAttributes", "CustomValues", "Configurations"),
        *("EventHub", "Inspection", "MappedCollection", "Plan", "Profile", "Query", "Receipt", "Types", "Undo"),
    )
}
#: Names as docstrings write them between single backticks: a dotted name, also as a call.
_NAME = re.compile(r"[A-Za-z_][\w.]*(\(\))?")
#: A page that consists of a file of the repository.
_INCLUDE = re.compile(r"^```\{include\} (\S+)\n```$", re.MULTILINE)
#: Links of a page to other files of the repository.
_LINK = re.compile(r"(\]\()([^)#\s:]+)((?:#[^)\s]*)?\))")


class CodeRole(PyXRefRole):
    """Single backticks in docstrings: code, and a link where the code is a name that the reference has."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return a link to a name, or plain code."""
        if _NAME.fullmatch(self.text):
            return super().run()
        return [nodes.literal(self.rawtext, self.text)], []

    def process_link(
        self, env: BuildEnvironment, refnode: nodes.Element, has_explicit_title: bool, title: str, target: str
    ) -> tuple[str, str]:
        """Return title and target. The target may be a class, function, method or attribute."""
        refnode["reftype"] = "obj"
        return super().process_link(env, refnode, has_explicit_title, title, target)


def shorten_signature(
    app: Sphinx, kind: str, name: str, documented: Any, options: Any, signature: str | None, returned: str | None
) -> tuple[str | None, str | None]:
    """Show the default of a field of an attrs class as `...`, and no signature of a class that a session makes."""
    if name in MADE_BY_SESSIONS:
        return "", returned
    return signature and re.sub(r"attr_dict\['\w+'\]\.default|NOTHING", "...", signature), returned


def take_names_literally(app: Sphinx, document: nodes.document) -> None:
    """Make names in annotations lead to the name of their module, and to no other that ends with the same word.

    Python's own names become plain text: `list` is no method of that name.
    """
    for link in list(document.findall(addnodes.pending_xref)):
        if link.get("refdomain") == "py" and link["reftype"] != "obj":
            link.attributes.pop("refspecific", None)
            if hasattr(builtins, link["reftarget"]):
                link.replace_self(link.children)


def resolve_public_name(
    app: Sphinx, environment: BuildEnvironment, node: addnodes.pending_xref, content: nodes.Element
) -> nodes.Element | None:
    """Return the link to a public name that is written in another way, or plain text for an internal name.

    Returns None for a public name that the reference lacks, which is a mistake and warned about.
    """
    if node.get("refdomain") != "py":
        return None
    domain, name = environment.get_domain("py"), node["reftarget"]
    last = name.rpartition(".")[2]
    modules = [module for module in PUBLIC_MODULES if last in importlib.import_module(module).__all__]
    for target in [*(f"{module}.{last}" for module in modules), f"ftrack_orm.{name}", f"ftrack_orm.errors.{name}"]:
        link = domain.resolve_xref(environment, node["refdoc"], app.builder, "obj", target, node, content)
        if link is not None:
            return link
    return None if modules and name == last else content


def mark_code(app: Sphinx, kind: str, name: str, documented: Any, options: Any, lines: list[str]) -> None:
    """Mark the indented paragraphs of a docstring as code."""
    result: list[str] = []
    for line in lines:
        previous = next((each for each in reversed(result) if each), "")
        is_start = line.startswith("    ") and result and not result[-1] and not previous.startswith((" ", "* ", "- "))
        if is_start and not re.fullmatch(r"\w+:", previous):
            result += [".. code-block:: python", ""]
        result.append(line)
    lines[:] = result


def prepare_page(app: Sphinx, page: str, source: list[str]) -> None:
    """Include a file of the repository, and make links lead to pages, or to files of the repository."""
    folder = origin = posixpath.dirname(f"docs/{page}")
    include = _INCLUDE.search(source[0])
    if include:
        path = posixpath.normpath(posixpath.join(folder, include[1]))
        app.env.note_dependency(str(DOCS.parent / path))
        source[0], origin = (DOCS.parent / path).read_text(encoding="utf-8"), posixpath.dirname(path)

    def rewritten(match: re.Match[str]) -> str:
        start, target, end = match.groups()
        path = posixpath.normpath(posixpath.join(origin, target))
        is_page = path.startswith("docs/") and path.removesuffix(".md").removeprefix("docs/") in app.env.found_docs
        if is_page or path.endswith((".svg", ".png")):
            return f"{start}{posixpath.relpath(path, folder)}{end}"
        if not (DOCS.parent / path).exists():
            return match[0]
        kind = "tree" if (DOCS.parent / path).is_dir() else "blob"
        return f"{start}{REPOSITORY}/{kind}/main/{path}{end}"

    source[0] = _LINK.sub(rewritten, source[0])


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the role of single backticks, and the handlers of links."""
    app.add_role_to_domain("py", "code", CodeRole())
    app.connect("missing-reference", resolve_public_name)
    app.connect("doctree-read", take_names_literally)
    app.connect("autodoc-process-docstring", mark_code, priority=400)  # before napoleon
    app.connect("autodoc-process-signature", shorten_signature)
    app.connect("source-read", prepare_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
