"""Messages that are formatted late, and functions that warn."""

from __future__ import annotations

from typing import Any

import ftrack_api.logging
import pytest

from ftrack_orm.compat import logging


@pytest.mark.parametrize("module", [ftrack_api.logging, logging], ids=["official", "compatible"])
def test_a_message_is_formatted_late_and_a_function_warns(module: Any) -> None:
    assert str(module.LazyLogMessage("{0} {name}", 1, name="a")) == "1 a"

    def old_name(value: int, *, factor: int = 1) -> int:
        """Return a product."""
        return value * factor

    warning = module.deprecation_warning("use new_name")(old_name)
    with pytest.warns(PendingDeprecationWarning, match="use new_name"):
        assert warning(2, factor=3) == 6
    assert (warning.__name__, warning.__doc__) == ("old_name", "Return a product.")
