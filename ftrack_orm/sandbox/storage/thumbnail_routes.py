"""Edge: the HTTP requests of pictures: `/component/thumbnail` and the default picture (PROTOCOL 4)."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING

from aiohttp import web

from ftrack_orm.sandbox.reading.component_urls import DEFAULT_THUMBNAIL_PATH

from . import thumbnails
from .media import Unreadable
from .routes import refusal

if TYPE_CHECKING:
    from .routes import StorageRoutes
    from .storage import Storage

_PNG = "image/png"


class ThumbnailRoutes:
    """Answers the requests of pictures, with the access checks and the threads of *routes*."""

    def __init__(self, storage: Storage, routes: StorageRoutes) -> None:
        self._routes = routes
        self._thumbnails = thumbnails.Thumbnails(storage.files)

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Add the routes to *router*."""
        router.add_get("/component/thumbnail", self._thumbnail)
        router.add_get(DEFAULT_THUMBNAIL_PATH, self._default)

    async def _thumbnail(self, request: web.Request) -> web.Response:
        component_id = await self._routes.check_access(request)
        text = request.query.get("size", str(thumbnails.DEFAULT_SIZE))
        if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= thumbnails.MAX_SIZE):
            raise refusal(
                web.HTTPBadRequest,
                f"size must be a number of pixels from 1 to {thumbnails.MAX_SIZE}, not {text!r:.80}.",
            )
        file = self._routes.find(component_id)
        try:
            content = await self._routes.transfers.run(partial(self._thumbnails.thumbnail, file, int(text)))
        except Unreadable as error:
            raise refusal(web.HTTPNotFound, str(error), "NotFound") from None
        except OSError as error:
            raise refusal(
                web.HTTPInternalServerError, f"The file cannot be read: {error.strerror or error}."
            ) from error
        return web.Response(body=content, content_type=_PNG)

    async def _default(self, request: web.Request) -> web.Response:
        return web.Response(body=await self._routes.transfers.run(_default_picture), content_type=_PNG)


@lru_cache(maxsize=1)
def _default_picture() -> bytes:
    return thumbnails.default_thumbnail()
