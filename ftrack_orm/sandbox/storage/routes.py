"""Edge: the HTTP requests of the storage: uploads, downloads and pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .access import Access, Authenticate
from .download_routes import DownloadRoutes
from .thumbnail_routes import ThumbnailRoutes
from .transfers import FileStreaming
from .upload_routes import UploadRoutes

if TYPE_CHECKING:
    from aiohttp import web

    from .storage import Storage


class StorageRoutes:
    """Answers the requests of the storage, in the event loop of the server."""

    def __init__(self, storage: Storage, authenticate: Authenticate) -> None:
        self.transfers = FileStreaming(storage.files, storage.traffic)
        access = Access(storage, authenticate)
        self._routes = (
            UploadRoutes(storage, access, self.transfers),
            DownloadRoutes(storage, access, self.transfers),
            ThumbnailRoutes(storage, access, self.transfers),
        )

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Add all routes to *router*."""
        for routes in self._routes:
            routes.add_to(router)
