"""An object mapper for ftrack: `Session`, the query builder, `inspect`, the errors, and the types to annotate with.

Everything in `__all__` is public; `docs/reference/public-surface.md` lists the other public modules. A name is imported
when it is first used, so that `import ftrack_orm` costs a pipeline tool next to nothing.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import errors
    from .entities.breadcrumbs import PathStep
    from .entities.classes import Types
    from .entities.committing.committed_operations import CommittedOperation
    from .entities.committing.planning import Plan
    from .entities.committing.receipt import Receipt
    from .entities.committing.saved_changes import SessionChanges
    from .entities.committing.undo import Undo
    from .entities.copying.result import CopyResult
    from .entities.custom_attributes.configuration import Configuration
    from .entities.custom_attributes.configurations import Configurations
    from .entities.custom_attributes.inheritance import InheritedValue, ValueSource
    from .entities.custom_attributes.mapping import CustomAttributes
    from .entities.custom_attributes.value_table import CustomValues
    from .entities.editing.collections import Collection
    from .entities.editing.mappings import MappedCollection
    from .entities.entity import Entity
    from .entities.inspection import Change, Inspection, inspect
    from .entities.lifecycle import Lifecycle
    from .entities.snapshot import Snapshot
    from .entities.validators import validator
    from .events.event import Event
    from .events.hub import EventHub
    from .events.subscriptions.subscription import Subscriber
    from .query.builder import Query, select
    from .query.expressions.attributes import AttributeExpression, attr
    from .query.expressions.criteria import CriterionExpression, and_, not_, or_
    from .query.language.template import expression
    from .schema.model import Schema
    from .session.change_subscription import ChangeSubscription
    from .session.history import HistoryEntry
    from .session.profiling import Profile
    from .session.server_change import ChangeUser, ServerChange
    from .session.server_information import ServerInformation
    from .session.session import Session
    from .session.shared import shared_session
    from .settings import Settings
    from .storage.progress import Progress
    from .transport.base import Request, Response, Transport
    from .transport.cancellation import Cancellation
    from .transport.channel import Exchange
    from .values import NOT_LOADED, UNSET, FetchMode, Identity, Reference

__version__ = "0.1.0"

__all__ = [
    "NOT_LOADED",
    "UNSET",
    "AttributeExpression",
    "Cancellation",
    "Change",
    "ChangeSubscription",
    "ChangeUser",
    "Collection",
    "CommittedOperation",
    "Configuration",
    "Configurations",
    "CopyResult",
    "CriterionExpression",
    "CustomAttributes",
    "CustomValues",
    "Entity",
    "Event",
    "EventHub",
    "Exchange",
    "FetchMode",
    "HistoryEntry",
    "Identity",
    "InheritedValue",
    "Inspection",
    "Lifecycle",
    "MappedCollection",
    "PathStep",
    "Plan",
    "Profile",
    "Progress",
    "Query",
    "Receipt",
    "Reference",
    "Request",
    "Response",
    "Schema",
    "ServerChange",
    "ServerInformation",
    "Session",
    "SessionChanges",
    "Settings",
    "Snapshot",
    "Subscriber",
    "Transport",
    "Types",
    "Undo",
    "ValueSource",
    "__version__",
    "and_",
    "attr",
    "errors",
    "expression",
    "inspect",
    "not_",
    "or_",
    "select",
    "shared_session",
    "validator",
]

#: The module that defines each public name. The checkers read the imports above; this table serves the interpreter.
_MODULES = {
    "NOT_LOADED": "values",
    "UNSET": "values",
    "AttributeExpression": "query.expressions.attributes",
    "Cancellation": "transport.cancellation",
    "Change": "entities.inspection",
    "ChangeSubscription": "session.change_subscription",
    "ChangeUser": "session.server_change",
    "Collection": "entities.editing.collections",
    "CommittedOperation": "entities.committing.committed_operations",
    "Configuration": "entities.custom_attributes.configuration",
    "Configurations": "entities.custom_attributes.configurations",
    "CopyResult": "entities.copying.result",
    "CriterionExpression": "query.expressions.criteria",
    "CustomAttributes": "entities.custom_attributes.mapping",
    "CustomValues": "entities.custom_attributes.value_table",
    "Entity": "entities.entity",
    "Event": "events.event",
    "EventHub": "events.hub",
    "Exchange": "transport.channel",
    "FetchMode": "values",
    "HistoryEntry": "session.history",
    "Identity": "values",
    "InheritedValue": "entities.custom_attributes.inheritance",
    "Inspection": "entities.inspection",
    "Lifecycle": "entities.lifecycle",
    "MappedCollection": "entities.editing.mappings",
    "PathStep": "entities.breadcrumbs",
    "Plan": "entities.committing.planning",
    "Profile": "session.profiling",
    "Progress": "storage.progress",
    "Query": "query.builder",
    "Receipt": "entities.committing.receipt",
    "Reference": "values",
    "Request": "transport.base",
    "Response": "transport.base",
    "Schema": "schema.model",
    "ServerChange": "session.server_change",
    "ServerInformation": "session.server_information",
    "Session": "session.session",
    "SessionChanges": "entities.committing.saved_changes",
    "Settings": "settings",
    "Snapshot": "entities.snapshot",
    "Subscriber": "events.subscriptions.subscription",
    "Transport": "transport.base",
    "Types": "entities.classes",
    "Undo": "entities.committing.undo",
    "ValueSource": "entities.custom_attributes.inheritance",
    "and_": "query.expressions.criteria",
    "attr": "query.expressions.attributes",
    "expression": "query.language.template",
    "inspect": "entities.inspection",
    "load_ipython_extension": "interactive.ipython",  # for %load_ext, which looks for this name
    "not_": "query.expressions.criteria",
    "or_": "query.expressions.criteria",
    "select": "query.builder",
    "shared_session": "session.shared",
    "validator": "entities.validators",
}


if not TYPE_CHECKING:  # Checkers would take any name for an export otherwise, misspelt ones included.

    def __getattr__(name: str) -> Any:
        import importlib

        if name == "errors":
            return importlib.import_module(f"{__name__}.errors")
        module = _MODULES.get(name)
        if module is None:
            from .official_names import unknown_name

            raise unknown_name("module", f"The module {__name__!r}", name, __all__)
        value = getattr(importlib.import_module(f"{__name__}.{module}"), name)
        globals()[name] = value
        return value


class _OfficialModules:
    """Says what to write in place of importing a module that only the official client has.

    Python asks it after all other finders, so only for modules that do not exist.
    """

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        package, _, module = name.partition(".")
        if package == __name__:
            owner, _, error = module.rpartition(".")
            if owner == "errors":  # `from ftrack_orm.errors import NoResultFoundError`
                from .official_errors import advice_for_error

                hint = advice_for_error(error)
            else:
                from .official_names import advice

                hint = advice("module", module)
            if hint:
                # Without the name of the module, which would make `from ftrack_orm import symbol` drop this error.
                raise ModuleNotFoundError(f"There is no module {name!r}.{hint}")


sys.meta_path.append(_OfficialModules)


def __dir__() -> list[str]:
    return list(__all__)
