"""Thumbnails that are put into notebooks."""

from __future__ import annotations

import base64
import io
import logging
from collections.abc import Callable

import pytest
from PIL import Image

from ftrack_orm import errors
from ftrack_orm.notebook.pictures import Pictures
from ftrack_orm.settings import Settings
from ftrack_orm.transport.base import Request, Response
from ftrack_orm.transport.cancellation import Cancellation

SETTINGS = Settings(server_url="http://studio.example", api_user="jane", api_key="secret-key")


def png() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (4, 4)).save(stream, "PNG")
    return stream.getvalue()


class PictureServer:
    """A transport whose responses a test chooses."""

    def __init__(self, respond: Callable[[Request], Response]) -> None:
        self.respond = respond
        self.requests: list[Request] = []

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        self.requests.append(request)
        return self.respond(request)

    def close(self) -> None:
        pass


def test_pictures_are_fetched_once_each_with_the_key_in_the_headers() -> None:
    server = PictureServer(lambda request: Response(200, {"content-type": "image/png"}, png()))
    pictures = Pictures(SETTINGS, server)
    found = pictures.fetch(["a", "b", "a"])
    assert sorted(found) == ["a", "b"]
    assert base64.b64decode(found["a"].partition(",")[2]) == png()
    assert pictures.fetch(["b", "a"]) == found
    assert len(server.requests) == 2
    for request in server.requests:
        assert "secret-key" not in request.url
        assert request.headers["ftrack-api-key"] == "secret-key"
        assert request.total_timeout is not None


def test_a_server_that_takes_the_key_in_the_url_only_is_asked_again() -> None:
    def respond(request: Request) -> Response:
        accepted = "apiKey=secret-key" in request.url
        return Response(200 if accepted else 401, {"content-type": "image/jpeg; charset=x"}, b"picture")

    assert Pictures(SETTINGS, PictureServer(respond)).fetch(["a"])["a"].startswith("data:image/jpeg;base64,")


def fail(request: Request) -> Response:
    raise errors.TransportError("The connection was lost.", safe_to_retry=True)


@pytest.mark.parametrize(
    ("respond", "words"),
    [
        (fail, "The connection was lost"),
        (lambda request: Response(404, {"content-type": "application/json"}, b"{}"), "status 404"),
        (lambda request: Response(200, {"content-type": "text/html"}, b"<html>"), "text/html"),
        (lambda request: Response(200, {"content-type": "image/png"}, bytes(300_000)), "300000 bytes"),
        (lambda request: Response(200, {}, b"x"), "no type"),
    ],
)
def test_a_picture_that_cannot_be_had_is_left_out_and_logged(
    respond: Callable[[Request], Response], words: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "ftrack_orm")
    assert Pictures(SETTINGS, PictureServer(respond)).fetch(["a"]) == {}
    assert words in caplog.text
    assert "secret-key" not in caplog.text
