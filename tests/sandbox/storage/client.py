"""An HTTP client of a sandbox and of its storage, and a clock for signed URLs."""

from __future__ import annotations

import base64
import datetime
import hashlib
from typing import Any

import requests

from ftrack_orm.sandbox import Sandbox


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime.datetime(2024, 5, 1, 12, tzinfo=datetime.timezone.utc)

    def __call__(self) -> datetime.datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += datetime.timedelta(seconds=seconds)


class Client:
    """Sends requests to a sandbox, with credentials for the API and without for signed URLs."""

    def __init__(self, box: Sandbox) -> None:
        self.box = box
        self.http = requests.Session()
        self.http.trust_env = False
        self.credentials = {"ftrack-user": box.api_user, "ftrack-api-key": box.api_key}
        self.query_credentials = {"username": box.api_user, "apiKey": box.api_key}

    def call(self, *operations: dict[str, Any]) -> list[Any]:
        """Send a batch, which must not be refused, and return the replies."""
        replies = self.http.post(f"{self.box.url}/api", json=operations, headers=self.credentials, timeout=10).json()
        assert isinstance(replies, list), replies
        return replies

    def refused(self, *operations: dict[str, Any]) -> str:
        """Send a batch that must be refused, and return the text of the error."""
        error = self.http.post(f"{self.box.url}/api", json=operations, headers=self.credentials, timeout=10).json()
        assert isinstance(error, dict), error
        return str(error["content"])

    def metadata(self, component_id: str, **announced: Any) -> dict[str, Any]:
        """Return the answer to `get_upload_metadata`."""
        metadata: dict[str, Any] = self.call(
            {"action": "get_upload_metadata", "component_id": component_id, **announced}
        )[0]
        return metadata

    def put(self, url: str, content: bytes, headers: dict[str, str] | None = None) -> requests.Response:
        return self.http.put(url, data=content, headers=headers, timeout=10)

    def upload(self, component_id: str, content: bytes, **announced: Any) -> requests.Response:
        """Send a file in one part as the official client does."""
        metadata = self.metadata(component_id, file_size=len(content), **announced)
        return self.put(metadata["url"], content, metadata["headers"])

    def get(self, component_id: str, **headers: str) -> requests.Response:
        """Receive the file of a component with credentials in the query."""
        return self.http.get(
            f"{self.box.url}/component/get",
            params={"id": component_id, **self.query_credentials},
            headers={name.replace("_", "-"): value for name, value in headers.items()},
            timeout=10,
        )


def md5(content: bytes) -> str:
    """Return the checksum of a content as `get_upload_metadata` takes it."""
    return base64.b64encode(hashlib.md5(content).digest()).decode()


def create_component(client: Client, component_id: str, **data: Any) -> None:
    entity = {"__entity_type__": "FileComponent", "id": component_id, "name": "plate", "file_type": ".exr", **data}
    client.call({"action": "create", "entity_type": "FileComponent", "entity_data": entity})
