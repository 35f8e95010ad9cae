"""Transfers with the signed URLs of a server that follows Amazon S3."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto.server import ThreadedMotoServer

from ftrack_orm.settings import Settings
from ftrack_orm.storage.transfers import Transfers
from ftrack_orm.storage.upload import Upload
from ftrack_orm.transport.http import HttpTransport
from ftrack_orm.wire.operations import Operation
from ftrack_orm.wire.replies import RawReply, Reply

from .contents import content_of

BUCKET = "studio"
IN_PARTS = content_of((16 << 20) + 5)


class S3Storage:
    """Answers the operations of uploads with the URLs of a bucket, as ftrack does."""

    def __init__(self, url: str) -> None:
        self.client: Any = boto3.client(
            "s3",
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id="key",
            aws_secret_access_key="secret",
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
        )
        self.client.create_bucket(Bucket=BUCKET)

    def call(self, operations: Sequence[Operation]) -> list[Reply]:
        return [RawReply(self._answer(operation.to_json())) for operation in operations]

    def _answer(self, body: dict[str, Any]) -> dict[str, Any]:
        target = {"Bucket": BUCKET, "Key": body["component_id"]}
        if body["action"] == "complete_multipart_upload":
            parts = [{"PartNumber": each["part_number"], "ETag": each["e_tag"]} for each in body["parts"]]
            self.client.complete_multipart_upload(
                **target, UploadId=body["upload_id"], MultipartUpload={"Parts": parts}
            )
            return {"action": body["action"], "component_id": body["component_id"]}
        if not body.get("parts"):
            signed = {"ContentType": "image/x-exr", "ContentMD5": body["checksum"]}
            url = self.client.generate_presigned_url("put_object", Params={**target, **signed})
            return {"url": url, "headers": {"Content-Type": "image/x-exr", "Content-MD5": body["checksum"]}}
        upload_id = self.client.create_multipart_upload(**target)["UploadId"]
        urls = [
            self.client.generate_presigned_url(
                "upload_part", Params={**target, "UploadId": upload_id, "PartNumber": number}
            )
            for number in range(1, body["parts"] + 1)
        ]
        listed = [{"part_number": number, "signed_url": url} for number, url in enumerate(urls, 1)]
        return {"upload_id": upload_id, "urls": listed}

    def url_of(self, key: str) -> str:
        return str(self.client.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": key}))


@pytest.fixture(scope="module")
def storage() -> Iterator[S3Storage]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield S3Storage(f"http://{host}:{port}")
    server.stop()


@pytest.fixture
def transfers(storage: S3Storage) -> Iterator[Transfers]:
    settings = Settings.resolve("http://ftrack.invalid", "the-key", "jane")
    transport = HttpTransport(settings)
    yield Transfers(settings, transport, storage.call, wait=lambda seconds, cancellation: None)
    transport.close()


@pytest.mark.parametrize("content", [b"", b"pixels", IN_PARTS], ids=["empty", "small", "in parts"])
def test_a_file_goes_to_a_bucket_and_back(
    storage: S3Storage, transfers: Transfers, content: bytes, tmp_path: Path
) -> None:
    item = Upload("c1", content, "plate.exr")
    storage.call(transfers.upload([item]))
    transfers.finish([item])
    assert storage.client.get_object(Bucket=BUCKET, Key="c1")["Body"].read() == content
    transfers.download(lambda: storage.url_of("c1"), tmp_path / "plate.exr", size=len(content))
    assert (tmp_path / "plate.exr").read_bytes() == content
    stream = io.BytesIO()
    transfers.download(lambda: storage.url_of("c1"), stream)
    assert stream.getvalue() == content
