"""Pure: the URLs of files and thumbnails on the ftrack server (PROTOCOL 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from ftrack_orm.errors import InvalidValue, quoted
from ftrack_orm.foreign_values import native_value
from ftrack_orm.values import native_integer

if TYPE_CHECKING:
    from ftrack_orm.settings import Settings

#: The path of the picture that ftrack shows where there is no thumbnail.
DEFAULT_THUMBNAIL = "/img/thumbnail2.png"


def component_url(settings: Settings, component_id: str, *, with_key: bool = False) -> str:
    """Return the URL of the file of a component in the server's storage.

    A request needs the headers of the session, or else the API key in the URL: *with_key* adds it.
    """
    return _url(settings, "/component/get", {"id": checked_id(component_id)}, with_key=with_key)


def removal_url(settings: Settings, component_id: str, *, with_key: bool = False) -> str:
    """Return the URL that removes the file of a component from the server's storage when it is requested."""
    return _url(settings, "/component/remove", {"id": checked_id(component_id)}, with_key=with_key)


def thumbnail_url(settings: Settings, component_id: str | None, size: int, *, with_key: bool = True) -> str:
    """Return the URL of the picture of a component, at most *size* pixels wide and high.

    A request needs the API key in the URL, or else the headers of the session. Without a component it is the URL of
    ftrack's default picture, which needs neither.
    """
    if component_id is None:
        return f"{settings.server_url}{DEFAULT_THUMBNAIL}"
    pixels = native_integer(size)
    if pixels is None or pixels < 1:
        raise InvalidValue(f"The size of a thumbnail is a number of pixels from 1 on, not {quoted(size)}.")
    arguments = {"id": checked_id(component_id), "size": str(pixels)}
    return _url(settings, "/component/thumbnail", arguments, with_key=with_key)


def checked_id(component_id: str) -> str:
    """Return the id of a component. Raises `InvalidValue` for anything but text and `uuid.UUID`."""
    text = native_value(component_id)
    if not isinstance(text, str) or not text:
        raise InvalidValue(f"The id of a component is text, not {quoted(component_id)}.")
    return text


def _url(settings: Settings, path: str, arguments: dict[str, str], *, with_key: bool) -> str:
    if with_key:
        arguments |= {"username": settings.api_user, "apiKey": settings.api_key}
    return f"{settings.server_url}{path}?{urlencode(arguments)}"
