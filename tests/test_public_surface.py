"""The exports of the package are those listed here and on the page about the public surface."""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import ftrack_orm
import ftrack_orm.storage
from ftrack_orm import errors

ROOT = Path(__file__).parents[1]
SURFACE_PAGE = ROOT / "docs" / "reference" / "public-surface.md"

#: Public modules and the names that each exports.
EXPORTS = {
    "ftrack_orm": [
        *("Cancellation", "Change", "ChangeSubscription", "ChangeUser", "Collection", "Configuration"),
        *("Configurations", "CopyResult", "CustomValues", "PathStep"),
        *("AttributeExpression", "CriterionExpression", "CustomAttributes", "Entity", "Event", "EventHub", "Exchange"),
        *("FetchMode", "Identity", "InheritedValue", "Inspection", "Lifecycle", "MappedCollection", "NOT_LOADED"),
        *("Plan", "Profile", "Progress", "Query", "Reference", "Request", "Response", "Schema", "ServerChange"),
        *("Session", "SessionChanges", "Receipt", "CommittedOperation", "Undo", "HistoryEntry", "ServerInformation"),
        *("Settings", "Snapshot", "Subscriber", "Transport", "Types", "UNSET", "ValueSource", "__version__"),
        *("and_", "attr", "errors", "expression", "inspect", "not_", "or_", "select", "shared_session", "validator"),
    ],
    "ftrack_orm.storage": [
        *("Accessor", "DiskAccessor", "FsspecAccessor", "Structure", "IdStructure", "EntityIdStructure"),
        *("OriginStructure", "StandardStructure", "TemplateStructure", "ResourceIdentifierTransformer"),
        *("RootTransformer", "FileSequence", "SingleFile", "components_in", "Progress"),
        *("ORIGIN_LOCATION_ID", "UNMANAGED_LOCATION_ID", "REVIEW_LOCATION_ID", "CONNECT_LOCATION_ID"),
        "SERVER_LOCATION_ID",
    ],
    "ftrack_orm.compat": ["Session", "__version__", "install", "mixin", "unwrap", "wrap"],
    "ftrack_orm.testing": ["requests_made"],
    "ftrack_orm.testing.accessors": ["AccessorCompliance"],
    "ftrack_orm.sandbox": ["Sandbox"],
}

#: The classes of `ftrack_orm.errors`, base classes first.
ERRORS = [
    *("FtrackError", "UsageError", "SettingsError", "UnknownEntityType", "UnknownAttribute", "UnknownName"),
    *("InvalidValue", "ValidationFailed", "RequiredValueMissing"),
    *("ReadOnlyAttribute", "QueryError", "ExpressionError", "DuplicateSubscriber", "NotFetched", "LazyLoadError"),
    *("NoResult", "MultipleResults", "EntityDeleted", "SessionClosed", "LazyLoadWarning"),
    *("SchemaDriftWarning", "ServerError"),
    *("AuthenticationError", "PermissionDenied", "ServerValidationError", "IntegrityError", "DuplicateEntryError"),
    *("ServerParseError", "EntityNotFound", "ServerCompatibilityError", "TransportError", "RequestTimeout"),
    *("RequestCancelled", "EventNotSent", "CommitOutcomeUnknown", "CommitConflict", "ProtocolError", "StorageError"),
    *("ResourceNotFound", "ResourceExists", "ResourceInvalid", "ResourceAccessDenied", "StorageUnsupported"),
    *("StructureError", "ComponentInLocation", "ComponentNotInLocation", "SandboxUnsupported"),
]


@pytest.mark.parametrize("module", EXPORTS)
def test_a_public_module_exports_the_names_listed_here(module: str) -> None:
    exported = importlib.import_module(module).__all__
    assert sorted(exported) == sorted(EXPORTS[module])
    assert len(set(exported)) == len(exported)


def test_every_export_can_be_imported_and_is_offered_by_completion() -> None:
    for name in ftrack_orm.__all__:
        assert getattr(ftrack_orm, name) is not None
    assert dir(ftrack_orm) == sorted(ftrack_orm.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'Sesion'"):
        ftrack_orm.Sesion  # type: ignore[attr-defined]  # noqa: B018


def test_the_page_lists_the_exports_and_no_other_names() -> None:
    rows = re.findall(r"^\| (`[^|]+) \|", SURFACE_PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    listed = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
    modules = [*EXPORTS, "ftrack_orm.errors", "ftrack-orm"]
    named = [name for name in (*ftrack_orm.__all__, *ftrack_orm.storage.__all__) if name != "errors"]
    assert sorted(listed) == sorted([*modules, *named])


def test_all_errors_are_listed_here() -> None:
    defined = [
        name for name, value in vars(errors).items() if inspect.isclass(value) and value.__module__ == errors.__name__
    ]
    assert defined == ERRORS


#: Public classes and functions by their names.
DEFINITIONS = {
    f"{module}.{name}": getattr(importlib.import_module(module), name)
    for module, names in {**EXPORTS, "ftrack_orm.errors": ERRORS}.items()
    for name in names
}
CLASSES = {name: value for name, value in DEFINITIONS.items() if inspect.isclass(value)}


@pytest.mark.parametrize("name", [name for name, value in DEFINITIONS.items() if callable(value)])
def test_an_exported_class_or_function_has_a_docstring_of_its_own(name: str) -> None:
    docstring = vars(DEFINITIONS[name]).get("__doc__") if name in CLASSES else DEFINITIONS[name].__doc__
    assert docstring
    assert docstring.strip()


@pytest.mark.parametrize("exported", CLASSES.values(), ids=CLASSES)
def test_the_public_methods_of_an_exported_class_are_documented(exported: type) -> None:
    """The docstring may be inherited: an override is documented where the method is declared."""
    undocumented = [
        name
        for name, value in inspect.getmembers(exported)
        if not name.startswith("_") and callable(value) and not inspect.getdoc(value)
    ]
    assert undocumented == []


def test_importing_the_package_imports_nothing_else_of_it() -> None:
    check = "import sys, ftrack_orm; print([name for name in sys.modules if name.startswith('ftrack_orm.')])"
    run = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_the_version_is_that_of_the_installed_distribution() -> None:
    assert ftrack_orm.__version__ == importlib.metadata.version("ftrack-orm")
