"""Responses are compressed for clients that accept that."""

from __future__ import annotations

import gzip
import http.client
import json
from urllib.parse import urlsplit

import pytest

from ftrack_orm import Exchange, Session
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.sandbox.compression import COMPRESSED_FROM_BYTES, compressed

LARGE = b"0123456789" * COMPRESSED_FROM_BYTES


@pytest.mark.parametrize("accepted", ["gzip", "deflate, gzip", "GZIP;q=0.5, identity", "br;q=1.0, x-gzip", "gzip; q=1"])
def test_a_large_body_is_compressed_for_a_client_that_accepts_gzip(accepted: str) -> None:
    body = compressed(LARGE, accepted)
    assert body is not None
    assert len(body) < len(LARGE) / 20
    assert gzip.decompress(body) == LARGE


@pytest.mark.parametrize("accepted", ["", "identity", "deflate, br", "gzip;q=0", "gzip; q=0.000", "gzipped"])
def test_other_clients_get_the_body_as_it_is(accepted: str) -> None:
    assert compressed(LARGE, accepted) is None


def test_a_small_body_is_sent_as_it_is() -> None:
    assert compressed(LARGE[: COMPRESSED_FROM_BYTES - 1], "gzip") is None


@pytest.mark.parametrize("accepted", ["gzip", "identity"])
def test_the_server_states_the_coding_and_the_content_is_the_same(box: Sandbox, accepted: str) -> None:
    address = urlsplit(box.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=60)
    headers = {"ftrack-user": box.api_user, "ftrack-api-key": box.api_key, "accept-encoding": accepted}
    body = json.dumps([{"action": "query_schemas"}])
    connection.request("POST", "/api", body, {**headers, "content-type": "application/json"})
    response = connection.getresponse()
    content = response.read()
    assert int(response.headers["content-length"]) == len(content)
    assert response.headers.get("content-encoding") == (None if accepted == "identity" else "gzip")
    text = content if accepted == "identity" else gzip.decompress(content)
    assert len(json.loads(text)[0]) > 50
    connection.close()


def test_the_client_counts_the_bytes_that_were_transferred(session: Session) -> None:
    seen: list[Exchange] = []
    session.observe(seen.append)
    (types,) = session.call([{"action": "query_schemas"}])
    assert 1000 < seen[0].answer_bytes < len(json.dumps(types)) / 5
