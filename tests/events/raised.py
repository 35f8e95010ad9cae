"""Every exception that a callback could raise."""

from __future__ import annotations

import asyncio
import builtins
import concurrent.futures


class Unprintable(BaseException):
    """An exception whose text cannot be made."""

    def __str__(self) -> str:
        raise SystemExit

    __repr__ = __str__


def every_exception() -> list[BaseException]:
    """Return an instance of every built-in exception class, and of others that end threads or tasks."""
    classes = [each for each in vars(builtins).values() if isinstance(each, type) and issubclass(each, BaseException)]
    classes += [asyncio.CancelledError, concurrent.futures.CancelledError, Unprintable]
    return [_instance(each) for each in classes]


def _instance(cls: type[BaseException]) -> BaseException:
    # Those that need arguments to be initialised are left without: only the class matters.
    return cls.__new__(cls, "many", [OSError()]) if "Group" in cls.__name__ else cls.__new__(cls)
