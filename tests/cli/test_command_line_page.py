"""The page of the command line has each command, option and exit code."""

from __future__ import annotations

from tests.cli.command_line_page import DOCUMENT, generated_parts, leaves, with_generated_parts


def test_the_page_is_that_of_the_commands() -> None:
    """`python -m tests.cli.command_line_page` writes it."""
    page = DOCUMENT.read_text(encoding="utf-8")
    assert page == with_generated_parts(page)


def test_the_generated_part_names_each_command_and_each_option() -> None:
    text = generated_parts()["commands"]
    for name, command in leaves():
        part = text.partition(f"### `{name}`\n")[2].partition("\n##")[0]
        assert part, name
        for parameter in command.params:
            if parameter.param_type_name == "option":
                assert all(f"`{option}`" in part for option in parameter.opts), (name, parameter.opts)
