"""Edge: the HTTP requests of pictures: `/component/thumbnail` and the default picture (PROTOCOL 4)."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING

from aiohttp import web

from ftrack_orm.sandbox.reading.component_urls import DEFAULT_THUMBNAIL_PATH

from . import thumbnails
from .media import Unreadable
from .refusals import disk_error, no_file, refusal

if TYPE_CHECKING:
    from .access import Access
    from .storage import Storage
    from .transfers import FileStreaming

_PNG = "image/png"


class ThumbnailRoutes:
    """Answers the requests of pictures."""

    def __init__(self, storage: Storage, access: Access, transfers: FileStreaming) -> None:
        self._storage = storage
        self._access = access
        self._transfers = transfers
        self._thumbnails = thumbnails.Thumbnails(storage.files)

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Add the routes to *router*."""
        router.add_get("/component/thumbnail", self._thumbnail)
        router.add_get(DEFAULT_THUMBNAIL_PATH, self._default)

    async def _thumbnail(self, request: web.Request) -> web.Response:
        component_id = await self._access.component_of(request)
        size = _size(request.query.get("size", str(thumbnails.DEFAULT_SIZE)))
        file = self._storage.files.find(component_id)
        if file is None:
            raise no_file(component_id)
        try:
            content = await self._transfers.run(partial(self._thumbnails.thumbnail, file, size))
        except Unreadable as error:
            raise refusal(web.HTTPNotFound, str(error), "NotFound") from None
        except OSError as error:
            raise disk_error(error) from error
        return web.Response(body=content, content_type=_PNG)

    async def _default(self, request: web.Request) -> web.Response:
        return web.Response(body=await self._transfers.run(_default_picture), content_type=_PNG)


def _size(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= thumbnails.MAX_SIZE):
        raise refusal(
            web.HTTPBadRequest, f"size must be a number of pixels from 1 to {thumbnails.MAX_SIZE}, not {text!r:.80}."
        )
    return int(text)


@lru_cache(maxsize=1)
def _default_picture() -> bytes:
    return thumbnails.default_thumbnail()
