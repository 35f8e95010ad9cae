"""State: adding a class to one entity, as the official client's `mixin` does for locations."""

from __future__ import annotations

from typing import Any

from ftrack_orm.errors import UsageError

from .conversion import unwrap
from .error_translation import translated


@translated
def mixin(instance: Any, mixin_class: type, name: str | None = None) -> None:
    """Add the methods of *mixin_class* to one object, whose class is called *name* from then on.

    Mixins of `entity.location` also state who keeps the files of the location.
    """
    if mixin_class in type(instance).__mro__:
        return
    management = getattr(mixin_class, "management", None)
    if management is None and hasattr(mixin_class, "management"):
        raise UsageError(
            f"{mixin_class.__name__} has no counterpart: locations are registered on the server. Write "
            "ftrack_api.entity.location.UnmanagedLocationMixin for files that stay where they are."
        )
    name = name or f"{type(instance).__name__}{mixin_class.__name__}"
    metaclass: Any = type(type(instance))
    instance.__class__ = metaclass(name, (mixin_class, type(instance)), {})
    session: Any = getattr(instance, "session", None)
    if hasattr(session, "keep"):
        # The class belongs to this object, which a look-up has to return again.
        session.keep(instance)
    if management is not None:
        native = unwrap(instance)
        native._ftrack_state.workspace.services().locations.editable_configuration(native).management = management
