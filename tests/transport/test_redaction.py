"""Secrets are replaced in the texts of errors, and the variables of frames are discarded."""

from __future__ import annotations

from ftrack_orm.errors import ProtocolError
from ftrack_orm.transport.redaction import REDACTED, clear_frames, parts_of, redact
from tests.transport.secrets import leaks

SECRETS = ["the-s3cret"]


def failure(quoted: str) -> ProtocolError:
    def inner() -> None:
        headers = {"key": SECRETS[0]}
        raise ValueError(f"{quoted} {len(headers)}")

    try:
        try:
            inner()
        except ValueError as error:
            raise ProtocolError(f"Unexpected: {quoted}", excerpt=quoted) from error
    except ProtocolError as caught:
        return caught
    raise AssertionError


def test_a_quoted_secret_is_replaced_and_the_causes_that_quote_it_are_dropped() -> None:
    error = failure(f"key={SECRETS[0]}")
    redact(error, SECRETS)
    assert str(error) == f"Unexpected: key={REDACTED}"
    assert error.excerpt == error.details["excerpt"] == f"key={REDACTED}"
    assert error.__cause__ is None


def test_an_error_without_a_secret_keeps_its_causes() -> None:
    error = failure("nothing")
    redact(error, [*SECRETS, "n"])
    assert str(error) == "Unexpected: nothing"
    assert error.__cause__ is not None


def test_the_variables_of_frames_are_discarded_and_their_lines_stay() -> None:
    error = failure("nothing")
    assert leaks(error, *SECRETS, with_rich=False)
    clear_frames(error)
    assert leaks(error, *SECRETS, with_rich=False) == []
    assert [type(part) for part in parts_of(error)] == [ProtocolError, ValueError]
    assert all(part.__traceback__ is not None for part in parts_of(error))
