"""State: adding a class to one entity, as the official client's `mixin` does for locations."""

from __future__ import annotations

from typing import Any

from .conversion import unwrap


def mixin(instance: Any, mixin_class: type, name: str | None = None) -> None:
    """Add the methods of *mixin_class* to one object, whose class is called *name* from then on.

    Mixins of `entity.location` also state who keeps the files of the location.
    """
    if mixin_class in type(instance).__mro__:
        return
    name = name or f"{type(instance).__name__}{mixin_class.__name__}"
    metaclass: Any = type(type(instance))
    instance.__class__ = metaclass(name, (mixin_class, type(instance)), {})
    session: Any = getattr(instance, "session", None)
    if hasattr(session, "keep"):
        # The class belongs to this object, which a look-up has to return again.
        session.keep(instance)
    management = getattr(mixin_class, "management", None)
    if management is not None:
        native = unwrap(instance)
        native._ftrack_state.workspace.services().locations.editable_configuration(native).management = management
