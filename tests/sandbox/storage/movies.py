"""Movies for tests, as bytes, made with PyAV."""

from __future__ import annotations

import io
import struct
from fractions import Fraction

import av

from tests.sandbox.storage.pictures import gradient


def movie(width: int = 64, height: int = 48, frames: int = 10, *, has_sound: bool = False, kind: str = "mov") -> bytes:
    """Return a movie with 25 frames a second, whose frames differ, and half a second of sound if it *has_sound*."""
    stream = io.BytesIO()
    with av.open(stream, "w", format=kind) as output:
        video = output.add_stream("mpeg4", rate=25)
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        sound = output.add_stream("pcm_s16le", rate=8000, layout="mono") if has_sound else None
        picture = gradient(width, height)
        for number in range(frames):
            frame = av.VideoFrame.from_image(picture.rotate(number))  # type: ignore[no-untyped-call]
            output.mux(video.encode(frame))
        output.mux(video.encode(None))
        if sound is not None:
            samples = av.AudioFrame(format="s16", layout="mono", samples=4000)
            samples.planes[0].update(struct.pack("<4000h", *(number % 1000 for number in range(4000))))
            samples.rate, samples.pts = 8000, 0
            output.mux(sound.encode(samples))
            output.mux(sound.encode(None))
    return stream.getvalue()


def exr(width: int = 64, height: int = 48) -> bytes:
    """Return an image as OpenEXR, which FFmpeg reads and Pillow does not."""
    codec = av.CodecContext.create("exr", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt, codec.time_base = width, height, "gbrpf32le", Fraction(1, 25)
    frame = av.VideoFrame.from_image(gradient(width, height)).reformat(format="gbrpf32le")  # type: ignore[no-untyped-call]
    frame.pts = 0
    return b"".join(bytes(packet) for packet in [*codec.encode(frame), *codec.encode(None)])
