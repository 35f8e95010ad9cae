"""State: the storage of an embedded server: its files, its unfinished uploads, and the URLs that lead to them."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from .faults import StorageFaults
from .file_store import FileStore
from .memory import MemorySegments
from .signatures import Signer
from .traffic import Traffic
from .uploads import Declared, Uploads

if TYPE_CHECKING:
    from .segments import SegmentStore

#: The paths of signed URLs. Real servers use another host, a bucket's, for them.
UPLOAD_PATH, DOWNLOAD_PATH = "/storage/upload", "/storage/download"

#: Seconds for which a signed URL is valid.
URL_SECONDS = 3600

#: The parameters of the URL of a part.
_UPLOAD, _PART = "upload", "part"


class Storage:
    """The files of one server. *clock* returns the time, by which signed URLs expire."""

    def __init__(self, clock: Callable[[], datetime.datetime], segments: SegmentStore | None = None) -> None:
        self.files = FileStore(MemorySegments() if segments is None else segments)
        self.uploads = Uploads(self.files)
        self.signer = Signer()
        self.faults = StorageFaults()
        self.traffic = Traffic()
        self.url_seconds = URL_SECONDS
        #: Whether the server stops, so that encoding has to end.
        self.is_stopping = False
        #: The URL of the server, for clients that do not state how they have reached it.
        self.base_url = ""
        self._clock = clock

    def remove(self, component_id: str) -> bool:
        """Delete the file of a component and its unfinished uploads; return whether there was a file."""
        self.uploads.abort(component_id)
        return self.files.remove(component_id)

    def upload_url(self, base_url: str, declared: Declared, upload_id: str | None = None, part: int = 0) -> str:
        """Return the URL to send a file to, or one *part* of the upload *upload_id*."""
        values = {
            "component": declared.component_id,
            "name": declared.file_name,
            "type": declared.content_type,
            "size": None if declared.size is None else str(declared.size),
            "md5": declared.md5,
            _UPLOAD: upload_id,
            _PART: str(part) if upload_id is not None else None,
        }
        return self._signed(base_url, UPLOAD_PATH, {name: value for name, value in values.items() if value is not None})

    def download_url(self, base_url: str, component_id: str) -> str:
        """Return the URL to receive the file of a component from."""
        return self._signed(base_url, DOWNLOAD_PATH, {"component": component_id})

    def entity_url(self, base_url: str, path: str, component_id: str) -> str:
        """Return the URL of a component's file or thumbnail for the value of an attribute.

        It needs no credentials, because clients request it as it is, and has no time limit, so that an unchanged entity
        has an unchanged value.
        """
        return f"{base_url}{path}?{self.signer.signed_query(path, {'id': component_id})}"

    def check(self, path: str, parameters: Mapping[str, str]) -> None:
        """Raise `SignatureRefused` unless the parameters of a request to *path* are signed and not expired."""
        self.signer.check(path, parameters, self._clock().timestamp())

    def _signed(self, base_url: str, path: str, parameters: Mapping[str, str]) -> str:
        expires = int(self._clock().timestamp() + self.url_seconds)
        return f"{base_url}{path}?{self.signer.signed_query(path, parameters, expires)}"


def declared_by(parameters: Mapping[str, str]) -> tuple[Declared, str | None, int]:
    """Return the file that the signed parameters of an upload announce, its upload id and the number of the part.

    The id is None and the number 0 for an upload in one part.
    """
    size = parameters.get("size")
    declared = Declared(
        parameters["component"],
        parameters["name"],
        parameters["type"],
        None if size is None else int(size),
        parameters.get("md5"),
    )
    return declared, parameters.get(_UPLOAD), int(parameters.get(_PART, "0"))
