"""What a storage server's refusal means: try again, ask for another URL, or give up."""

from __future__ import annotations

import pytest

from ftrack_orm.storage.answers import Remedy, error_code, refused, remedy_for


def document(code: str) -> bytes:
    return f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>Because.</Message></Error>".encode()


@pytest.mark.parametrize(
    ("status", "body", "remedy"),
    [
        (500, b"", Remedy.RETRY),
        (503, document("SlowDown"), Remedy.RETRY),
        (599, b"", Remedy.RETRY),
        (408, b"", Remedy.RETRY),
        (429, b"", Remedy.RETRY),
        (400, document("RequestTimeout"), Remedy.RETRY),
        (400, document("BadDigest"), Remedy.RETRY),
        (400, document("ExpiredToken"), Remedy.RENEW),
        (400, b"", Remedy.GIVE_UP),
        (401, b"", Remedy.RENEW),
        (403, document("AccessDenied"), Remedy.RENEW),
        (404, document("NoSuchUpload"), Remedy.RENEW),
        (413, b"", Remedy.GIVE_UP),
        (416, b"", Remedy.GIVE_UP),
    ],
)
def test_remedies(status: int, body: bytes, remedy: Remedy) -> None:
    assert remedy_for(status, body) is remedy


def test_errors_quote_code_and_message_and_nothing_else() -> None:
    body = b"<Error><Code>SignatureDoesNotMatch</Code><Message>No.</Message><StringToSign>s3cr3t</StringToSign></Error>"
    error = refused("Part 1 was not accepted", 403, body)
    assert str(error) == (
        "Part 1 was not accepted: the server answered HTTP status 403 (Forbidden, SignatureDoesNotMatch, No)."
    )
    assert error.details == {"status": 403, "code": "SignatureDoesNotMatch"}
    assert str(refused("a", 799, b"")) == "a: the server answered HTTP status 799 (unknown)."


def test_bodies_of_any_kind_have_no_code() -> None:
    assert error_code(b"\xff\xfe<html>") == ""
    assert error_code(b"<Code>" + b"x" * 100 + b"</Code>") == ""
