"""The listener that does not keep a hub alive: it passes every call on, until the hub is gone."""

from __future__ import annotations

import gc
from typing import Any

from ftrack_orm.errors import TransportError
from ftrack_orm.events.connection.interfaces import ConnectionListener
from ftrack_orm.events.connection.subscription_messages import subscribe_message
from ftrack_orm.events.connection.weak_listener import WeakListener

_MESSAGE = subscribe_message({"id": "me"}, "topic=a")
_ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "on_connecting": (),
    "on_connected": (1.5,),
    "on_event": ({"topic": "a"},),
    "on_malformed": ("unreadable", True),
    "on_ack": (_MESSAGE, None),
    "on_disconnected": ("lost",),
    "on_failed": (TransportError("refused"),),
    "on_idle": (2.5,),
    "has_capacity": (0.0,),
}


class Recorder:
    """A listener that records its calls."""

    def __init__(self, calls: list[tuple[str, tuple[Any, ...]]]) -> None:
        self.calls = calls

    def __getattr__(self, name: str) -> Any:
        def record(*arguments: Any) -> Any:
            self.calls.append((name, arguments))
            return {"on_connected": [_MESSAGE], "has_capacity": False}.get(name)

        return record


def call_all(listener: ConnectionListener) -> dict[str, Any]:
    return {name: getattr(listener, name)(*arguments) for name, arguments in _ARGUMENTS.items()}


def test_every_call_is_passed_on_while_the_listener_exists() -> None:
    calls: list[tuple[str, tuple[Any, ...]]] = []
    recorder = Recorder(calls)
    results = call_all(WeakListener(recorder))
    assert calls == list(_ARGUMENTS.items())
    assert (results["on_connected"], results["has_capacity"]) == ([_MESSAGE], False)


def test_calls_do_nothing_once_the_listener_is_gone() -> None:
    calls: list[tuple[str, tuple[Any, ...]]] = []
    weak = WeakListener(Recorder(calls))
    gc.collect()
    results = call_all(weak)
    assert calls == []
    assert (results["on_connected"], results["has_capacity"]) == ([], True)


def test_the_arguments_of_this_test_cover_the_interface() -> None:
    assert {name for name in vars(ConnectionListener) if not name.startswith("_")} == set(_ARGUMENTS)
