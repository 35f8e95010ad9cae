"""Edge: questions on a terminal. Without one, a question is an error that names the option to pass."""

from __future__ import annotations

import sys

import click


def can_ask() -> bool:
    """Return whether there is a person to ask: input and error output are terminals."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def confirm(question: str, option: str = "--yes") -> bool:
    """Ask a question whose answer is yes or no; no is the default.

    Raises `click.UsageError`, which names *option*, if there is no terminal.
    """
    if not can_ask():
        raise click.UsageError(f"{question} There is no terminal to ask this on. Pass {option} to go on.")
    return click.confirm(question, err=True)


def ask(question: str, instead: str, *, default: str | None = None, hidden: bool = False) -> str:
    """Ask for a text. The characters of a *hidden* one are not shown.

    Raises `click.UsageError` with *instead*, which says how to pass the text, if there is no terminal.
    """
    if not can_ask():
        raise click.UsageError(f"{question} is needed, and there is no terminal to ask for it on. {instead}")
    text: str = click.prompt(question, default=default, hide_input=hidden, err=True, type=str)
    return text.strip()
