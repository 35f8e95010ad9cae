"""Requests with any parameters, headers and operations: the storage answers each, never with an internal error."""

from __future__ import annotations

import http.client
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.property_settings import examples
from tests.sandbox.storage.client import Client

_PATHS = st.sampled_from(
    ["/component/get", "/component/remove", "/component/thumbnail", "/storage/upload", "/storage/download",
     "/img/thumbnail2.png", "/storage/nothing"]
)  # fmt: skip
_METHODS = st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"])
_NAMES = st.sampled_from(
    ["id", "size", "signature", "expires", "username", "apiKey", "component", "name", "type", "md5", "part", "upload"]
)
_VALUES = st.one_of(st.text(max_size=20), st.sampled_from(["c", "sandbox", "0", "-1", "1e9", "../..", "\0", "1.1"]))
_HEADERS = st.dictionaries(
    st.sampled_from(["Range", "If-Range", "Content-MD5", "Origin", "ftrack-user", "ftrack-api-key", "Content-Type"]),
    st.one_of(
        st.sampled_from(["bytes=0-0", "bytes=99999-", "bytes=" + "9" * 5000 + "-", "null", "sandbox", "AAAA"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20),
    ),
    max_size=4,
)


@settings(max_examples=examples(60, 800), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_METHODS, _PATHS, st.lists(st.tuples(_NAMES, _VALUES), max_size=5), _HEADERS, st.binary(max_size=20))
def test_no_request_is_an_internal_error(
    client: Client,
    method: str,
    path: str,
    parameters: list[tuple[str, str]],
    headers: dict[str, str],
    body: bytes,
) -> None:
    client.box.storage.put("c", b"content", "c.txt")
    query = urlencode([(name, value.encode("utf-8", "surrogatepass")) for name, value in parameters])
    connection = http.client.HTTPConnection(urlsplit(client.box.url).netloc, timeout=10)
    encoded = {name: value.encode("latin-1") for name, value in headers.items()}
    connection.request(method, f"{path}?{query}", body, encoded)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    assert response.status < 500, (response.status, content[:300])
    assert "c" in client.box.storage


@settings(max_examples=examples(60, 800), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_METHODS, st.text(max_size=20), _HEADERS)
def test_signed_and_authorized_requests_are_answered_too(
    client: Client, method: str, component_id: str, headers: dict[str, str]
) -> None:
    client.box.storage.put(component_id, b"content", component_id)
    connection = http.client.HTTPConnection(urlsplit(client.box.url).netloc, timeout=10)
    encoded = {name: value.encode("latin-1") for name, value in headers.items()}
    name = urlencode({"id": component_id.encode("utf-8", "surrogatepass"), **client.query_credentials})
    encoded.pop("ftrack-user", None)
    encoded.pop("ftrack-api-key", None)
    for path in (f"/component/get?{name}", f"/component/thumbnail?{name}"):
        connection.request(method, path, headers=encoded)
        response = connection.getresponse()
        content = response.read()
        assert response.status < 500, (response.status, content[:300])
        location = response.headers.get("Location")
        if location is not None:
            split = urlsplit(location)
            connection.request(method, f"{split.path}?{quote(split.query, safe='&=%+')}", headers=encoded)
            response = connection.getresponse()
            assert response.status in (200, 206, 416), response.status
            response.read()
    connection.close()
    client.box.storage.remove(component_id)


_JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.text(max_size=10), st.floats(allow_nan=False, allow_infinity=False)
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=5,
)
_ACTIONS = ["get_upload_metadata", "complete_multipart_upload", "generate_signed_url", "encode_media"]
_FIELDS = [
    "component_id", "file_name", "file_size", "checksum", "parts", "upload_id", "operation", "version_id",
    "keep_original",
]  # fmt: skip


@settings(max_examples=examples(60, 800), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(_ACTIONS), st.dictionaries(st.sampled_from(_FIELDS), st.one_of(_JSON, st.just("c"))))
def test_no_operation_is_an_internal_error(client: Client, action: str, fields: dict[str, Any]) -> None:
    client.box.storage.put("c", b"content", "c.txt")
    response = client.http.post(
        f"{client.box.url}/api", json=[{"action": action, **fields}], headers=client.credentials, timeout=10
    )
    answer = response.json()
    assert isinstance(answer, list) or answer["exception"] in ("ValidationError", "ValueError"), answer
