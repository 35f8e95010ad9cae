"""State: one upload: a component, the source of its bytes, and the parts that have arrived."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO, Union

import attrs

from .active_upload import ActiveUpload

#: The bytes of a file: its path, the bytes themselves, or a stream opened in binary mode, read from its position on.
SourceLike = Union[str, os.PathLike[str], bytes, BinaryIO]


@attrs.define(eq=False)
class Upload:
    """One file to upload to the server's storage, as the content of a component.

    *file_name* is the name with its file type that a download gets. With *state_file*, another process can continue
    the upload: see `Transfers.resumable`. An upload that failed can be given to `prepare` and `send` again. Then only
    the parts that are missing are sent.
    """

    component_id: str
    source: SourceLike = attrs.field(repr=False)
    file_name: str
    state_file: Path | None = attrs.field(default=None, converter=attrs.converters.optional(Path))
    #: The upload in progress, once `prepare` has opened the source.
    active: ActiveUpload | None = attrs.field(default=None, init=False, repr=False)
