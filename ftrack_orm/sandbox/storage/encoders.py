"""Edge: encodes media for browsers: an MP4 with PyAV, a JPEG with Pillow."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from .media import first_picture

if TYPE_CHECKING:
    import av

#: The media types that browsers show, and the ends of their files' names.
MP4, JPEG = "video/mp4", "image/jpeg"
FILE_TYPES = {MP4: ".mp4", JPEG: ".jpg"}

_AUDIO_RATE = 44_100
_JPEG_QUALITY = 90


class Cancelled(Exception):
    """The server stops before the media is encoded."""


def encode(
    source: IO[bytes], file_name: str, media_type: str, target: Path, is_cancelled: Callable[[], bool]
) -> dict[str, Any]:
    """Write *source* to *target* as *media_type*, and return what a player has to know of it.

    ftrack's web player reads that from the metadata `ftr_meta` of the component. Raises `Unreadable`, `Cancelled`, and
    any error of the libraries for damaged media.
    """
    if media_type == MP4:
        return _encode_mp4(source, target, is_cancelled)
    first_picture(source, file_name).convert("RGB").save(target, "JPEG", quality=_JPEG_QUALITY)
    return {"format": "image"}


def _encode_mp4(source: IO[bytes], target: Path, is_cancelled: Callable[[], bool]) -> dict[str, Any]:
    import av

    frames = 0
    with av.open(source, "r") as input_, av.open(str(target), "w", options={"movflags": "faststart"}) as output:
        video = input_.streams.video[0]
        rate = video.average_rate or video.guessed_rate or Fraction(24)
        # Browsers need even sizes for this pixel format.
        width, height = (max(2, size - size % 2) for size in (video.width, video.height))
        picture = output.add_stream("libx264", rate=rate, options={"crf": "20", "preset": "veryfast"})
        picture.width, picture.height, picture.pix_fmt = width, height, "yuv420p"
        sound = _Sound(output) if input_.streams.audio else None
        for packet in input_.demux(video, *input_.streams.audio[:1]):
            if is_cancelled():
                raise Cancelled
            for frame in packet.decode():
                if isinstance(frame, av.VideoFrame):
                    reduced = frame.reformat(width, height, "yuv420p")
                    reduced.pts, reduced.time_base = frames, 1 / rate
                    output.mux(picture.encode(reduced))
                    frames += 1
                elif sound is not None and isinstance(frame, av.AudioFrame):
                    sound.encode(frame)
        output.mux(picture.encode(None))
        if sound is not None:
            sound.encode(None)
            sound.finish()
    return {"frameIn": 0, "frameOut": frames, "frameRate": float(rate), "width": width, "height": height}


class _Sound:
    """The sound of a movie that is being written."""

    def __init__(self, output: av.container.OutputContainer) -> None:
        from av import AudioResampler

        self._output = output
        self._stream = output.add_stream("aac", rate=_AUDIO_RATE, layout="stereo")
        self._resampler = AudioResampler(format="fltp", layout="stereo", rate=_AUDIO_RATE, frame_size=1024)

    def encode(self, frame: av.AudioFrame | None) -> None:
        """Encode a frame, or the rest of the earlier frames for None."""
        for resampled in self._resampler.resample(frame):
            self._output.mux(self._stream.encode(resampled))

    def finish(self) -> None:
        """Write the frames that the encoder holds back."""
        self._output.mux(self._stream.encode(None))
