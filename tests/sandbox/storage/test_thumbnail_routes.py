"""Thumbnails over HTTP."""

from __future__ import annotations

import pytest
import requests

from tests.sandbox.storage.client import Client
from tests.sandbox.storage.pictures import decoded, encoded, gradient


@pytest.fixture(autouse=True)
def file(client: Client) -> None:
    client.box.storage.put("picture", encoded(gradient(600, 400)), "picture.png")
    client.box.storage.put("text", b"text", "notes.txt")


def get(client: Client, **parameters: str) -> requests.Response:
    return client.http.get(f"{client.box.url}/component/thumbnail", params=parameters, timeout=10)


def test_a_thumbnail_has_the_size_that_is_asked_for(client: Client) -> None:
    for parameters, size in (({}, (300, 200)), ({"size": "60"}, (60, 40)), ({"size": "1000"}, (600, 400))):
        response = get(client, id="picture", **parameters, **client.query_credentials)
        assert (response.status_code, response.headers["Content-Type"]) == (200, "image/png")
        assert decoded(response.content).size == size


def test_requests_without_valid_credentials_are_refused(client: Client) -> None:
    assert get(client, id="picture").status_code == 401
    assert get(client, id="picture", username=client.box.api_user, apiKey="wrong").status_code == 401
    assert get(client, id="picture", signature="wrong").status_code == 403


@pytest.mark.parametrize("size", ["0", "-1", "x", "99999", "1e3", "²"])
def test_an_impossible_size_is_refused(client: Client, size: str) -> None:
    response = get(client, id="picture", size=size, **client.query_credentials)
    assert (response.status_code, "number of pixels" in response.json()["content"]) == (400, True)


@pytest.mark.parametrize(("component_id", "text"), [("text", "'notes.txt' has no picture"), ("missing", "no file")])
def test_files_without_a_picture_are_refused_by_name(client: Client, component_id: str, text: str) -> None:
    response = get(client, id=component_id, **client.query_credentials)
    assert (response.status_code, text in response.json()["content"]) == (404, True)


def test_the_default_picture_needs_no_credentials(client: Client) -> None:
    response = client.http.get(f"{client.box.url}/img/thumbnail2.png", timeout=10)
    assert response.headers["Content-Type"] == "image/png"
    assert decoded(response.content).size == (300, 200)


def test_the_addresses_in_query_results_can_be_requested_as_they_are(client: Client) -> None:
    name = {"__entity_type__": "User", "username": "pictured", "thumbnail_id": "picture"}
    component = {"__entity_type__": "FileComponent", "id": "picture", "name": "picture"}
    location = {
        "__entity_type__": "ComponentLocation",
        "component_id": "picture",
        "location_id": "3a372bde-05bc-11e4-8908-20c9d081909b",
    }
    creates = [
        {"action": "create", "entity_type": data["__entity_type__"], "entity_data": data}
        for data in (component, name, location)
    ]
    query = {"action": "query", "expression": "select thumbnail_url from User"}
    locations = {"action": "query", "expression": 'select url from ComponentLocation where component_id is "picture"'}
    *_, users, files = client.call(*creates, query, locations)
    addresses = [user["thumbnail_url"]["url"] for user in users["data"]]
    assert sorted(address.split("?")[0].removeprefix(client.box.url) for address in addresses) == [
        "/component/thumbnail", "/img/thumbnail2.png",
    ]  # fmt: skip
    sizes = [decoded(client.http.get(address, timeout=10).content).size for address in addresses]
    assert sizes == [(300, 200), (300, 200)]
    small = next(address for address in addresses if "component" in address) + "&size=30"
    assert decoded(client.http.get(small, timeout=10).content).size == (30, 20)
    assert client.http.get(files["data"][0]["url"]["value"], timeout=10).content == encoded(gradient(600, 400))
