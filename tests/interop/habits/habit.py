"""A habit: a few lines that are written for the official client, and the outcome of running them with this library."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from ftrack_orm import errors

#: All habits in the order in which the modules define them.
HABITS: list[Habit] = []


@attrs.define
class Habit:
    """Lines written for the official client.

    *code* is the line that matters, as people write it. *write* is None when this library gives the same result.
    Otherwise it is a part of the text of the error that is raised instead, which says how to write it here, and
    *translated* does so. *compat_write* is the same for `ftrack_orm.compat`: None when only the import is changed.
    With *only_compat*, the lines are about that module, and are not run with `ftrack_orm` itself. Functions take the
    objects they need by the names of their parameters; see `Studio.objects`.
    """

    subject: str
    code: str
    write: str | None
    run: Callable[..., Any]
    compat_write: str | None = None
    only_compat: bool = False
    translated: Callable[..., Any] | None = None

    @property
    def name(self) -> str:
        """The name of the function, which is also that of the shot that the habit works on."""
        return self.run.__name__

    @property
    def title(self) -> str:
        """The purpose of the lines, the docstring of their function."""
        return inspect.cleandoc(self.run.__doc__ or "").rstrip(".")

    def here(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Decorate the function that does the same with this library, where that has to be written differently."""
        self.translated = function
        return function


def habit(
    code: str, write: str | None = None, *, compat_write: str | None = None, only_compat: bool = False
) -> Callable[[Callable[..., Any]], Habit]:
    """Return a decorator that makes a function a habit. The arguments are as for `Habit`."""

    def decorate(function: Callable[..., Any]) -> Habit:
        subject = function.__module__.rpartition(".")[2]
        made = Habit(subject, code, write, function, compat_write, only_compat)
        HABITS.append(made)
        return made

    return decorate


#: The decorator of habits that `ftrack_orm.compat` exists for; they are run with it and with the official client.
compat_habit = functools.partial(habit, only_compat=True)


def call(function: Callable[..., Any], objects: Mapping[str, Callable[[], Any]]) -> Any:
    """Call *function* with those of *objects* that its parameters name."""
    return function(**{name: objects[name]() for name in inspect.signature(function).parameters})


@attrs.frozen
class Outcome:
    """The outcome of a habit with this library, as the module *client*: a value, or the text of an error.

    *problem* says what is wrong with it, and is None when the value is that of the official client, or when the error
    names what to write and writing that has the value of the official client.
    """

    habit: Habit
    value: Any
    error: str | None
    problem: str | None


def compare_compat(habit: Habit, official: Any, objects: Mapping[str, Callable[[], Any]]) -> Outcome:
    """Run *habit* with `ftrack_orm.compat`, whose *objects* are given, and compare it with the *official* value."""
    try:
        value = call(habit.run, objects)
    except Exception as error:
        message = str(error)
        if habit.compat_write is not None and habit.compat_write in message:
            return Outcome(habit, None, message, None)
        return Outcome(habit, None, message, f"raised {type(error).__name__}: {message}")
    if habit.compat_write is not None:
        return Outcome(habit, value, None, f"returned {value!r} instead of an error with {habit.compat_write!r}")
    return Outcome(habit, value, None, None if value == official else f"{value!r} is not {official!r}")


def compare(habit: Habit, official: Any, objects: Mapping[str, Callable[[], Any]]) -> Outcome:
    """Run *habit* with this library, whose *objects* are given, and compare it with the *official* client's value."""
    try:
        value = call(habit.run, objects)
    except (errors.FtrackError, ImportError) as error:
        objects["session"]().rollback()
        return _outcome_of_error(habit, official, objects, str(error))
    except Exception as error:
        return Outcome(habit, None, None, f"raised {type(error).__name__}: {error}")
    if habit.write is not None:
        return Outcome(habit, value, None, f"returned {value!r} instead of an error with {habit.write!r}")
    return Outcome(habit, value, None, None if value == official else f"{value!r} is not {official!r}")


def _outcome_of_error(habit: Habit, official: Any, objects: Mapping[str, Callable[[], Any]], message: str) -> Outcome:
    if habit.write is None or habit.translated is None:
        return Outcome(habit, None, message, f"raised an error: {message}")
    if habit.write not in message:
        return Outcome(habit, None, message, f"the error does not contain {habit.write!r}: {message}")
    try:
        value = call(habit.translated, objects)
    except Exception as error:
        return Outcome(habit, None, message, f"writing it like this raised {type(error).__name__}: {error}")
    return Outcome(habit, value, message, None if value == official else f"{value!r} is not {official!r}")
