"""Edge: thumbnails as `data:` addresses, which hold the picture itself and no credentials."""

from __future__ import annotations

import base64
import logging
import threading
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

import cachetools

from ftrack_orm.errors import FtrackError
from ftrack_orm.storage.parallel import JobGroup
from ftrack_orm.storage.urls import thumbnail_url
from ftrack_orm.transport.base import Request
from ftrack_orm.transport.headers import session_headers
from ftrack_orm.transport.thread_pool import DaemonThreadPool

if TYPE_CHECKING:
    from ftrack_orm.settings import Settings
    from ftrack_orm.transport.base import Response, Transport

logger = logging.getLogger(__name__)

#: Pixels of a picture, for screens with two of them for each that is shown.
_SIZE: Final = 192
#: Seconds for one picture: a table is shown without it rather than late.
_TIMEOUT: Final = 5.0
#: The largest picture that is put into a notebook, in bytes.
_MAX_BYTES: Final = 200_000
_MAX_PICTURES: Final = 200
_THREADS: Final = 4
_REFUSED: Final = (401, 403)
_KINDS: Final = ("image/png", "image/jpeg", "image/gif", "image/webp")


class Pictures:
    """The pictures of components. The last ones are kept, since notebooks show the same ones again."""

    def __init__(self, settings: Settings, transport: Transport) -> None:
        self._settings = settings
        self._transport = transport
        self._pool = DaemonThreadPool(_THREADS)
        self._lock = threading.Lock()
        #: The pictures by the ids of their components.
        self.known: cachetools.LRUCache[str, str] = cachetools.LRUCache(_MAX_PICTURES)

    def fetch(self, component_ids: Sequence[str]) -> Mapping[str, str]:
        """Return the pictures of components, by their ids. One that cannot be had is left out, and logged."""
        with self._lock:
            found = {id_: self.known[id_] for id_ in component_ids if id_ in self.known}

        def fetch_one(id_: str) -> None:
            picture = self._request(id_)
            if picture is not None:
                found[id_] = picture

        missing = [id_ for id_ in dict.fromkeys(component_ids) if id_ not in found]
        if missing:
            with JobGroup(self._pool, _THREADS) as group:
                group.run([partial(fetch_one, id_) for id_ in missing])
        with self._lock:
            self.known.update(found)
        return found

    def _request(self, component_id: str) -> str | None:
        try:
            response = self._send(component_id, with_key=False)
            if response.status in _REFUSED:
                # ftrack documents credentials in the URL only.
                response = self._send(component_id, with_key=True)
            content = response.read()
        except FtrackError as error:
            logger.info("The thumbnail %s could not be loaded: %s", component_id, error)
            return None
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if response.status != 200 or kind not in _KINDS or len(content) > _MAX_BYTES:
            found = f"status {response.status}, {kind or 'no type'}, {len(content)} bytes"
            logger.info("The thumbnail %s is not shown: %s", component_id, found)
            return None
        return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"

    def _send(self, component_id: str, *, with_key: bool) -> Response:
        # URL and headers are no variables of a frame that can fail: tracebacks with variables would show them.
        return self._transport.send(self._request_of(component_id, with_key=with_key))

    def _request_of(self, component_id: str, *, with_key: bool) -> Request:
        url = thumbnail_url(self._settings, component_id, _SIZE, with_key=with_key)
        headers = {} if with_key else session_headers(self._settings)
        headers["accept"] = "image/*"
        return Request("GET", url, headers, timeout=_TIMEOUT, total_timeout=_TIMEOUT, idempotent=True, retries=0)
