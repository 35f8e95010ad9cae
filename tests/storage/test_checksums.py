"""MD5 digests in the headers of storage servers."""

from __future__ import annotations

import pytest

from ftrack_orm.storage.checksums import e_tag_of, from_base64, md5_of_received, md5_of_sent

MD5 = "d41d8cd98f00b204e9800998ecf8427e"
BASE64 = "1B2M2Y8AsgTpgAmY7PhCfg=="


@pytest.mark.parametrize(
    ("headers", "sent", "received"),
    [
        ({}, None, None),
        ({"etag": f'"{MD5}"'}, MD5, None),
        ({"etag": f'"{MD5}"', "x-amz-request-id": "1"}, MD5, MD5),
        ({"etag": f'"{MD5.upper()}"'}, MD5, None),
        ({"etag": f'"{MD5}-3"', "x-amz-request-id": "1"}, None, None),
        ({"etag": f'"{MD5}"', "x-amz-server-side-encryption": "aws:kms"}, None, None),
        ({"etag": f'"{MD5}"', "x-amz-server-side-encryption-customer-algorithm": "AES256"}, None, None),
        ({"etag": f'"{MD5}"', "x-amz-server-side-encryption": "AES256"}, MD5, None),
        ({"x-goog-hash": f"crc32c=AAAAAA==,md5={BASE64}"}, MD5, MD5),
        ({"x-goog-hash": "crc32c=AAAAAA=="}, None, None),
        ({"content-md5": BASE64}, None, MD5),
    ],
)
def test_digests(headers: dict[str, str], sent: str | None, received: str | None) -> None:
    assert md5_of_sent(headers) == sent
    assert md5_of_received(headers) == received


@pytest.mark.parametrize(("text", "digest"), [(BASE64, MD5), ("", None), ("AAAA", None), ("é", None), ("a", None)])
def test_base64(text: str, digest: str | None) -> None:
    assert from_base64(text) == digest


@pytest.mark.parametrize(("header", "e_tag"), [('"a"', "a"), ('W/"a"', "a"), ("a", "a"), ("", None), ('""', None)])
def test_e_tags(header: str, e_tag: str | None) -> None:
    assert e_tag_of({"etag": header}) == e_tag
