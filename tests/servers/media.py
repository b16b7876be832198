"""Streams as sites serve them, made by ffmpeg: HLS in three kinds, DASH, and the files they are made of."""

from __future__ import annotations

import subprocess
import tempfile
from functools import cache
from pathlib import Path

from tests.servers.program import find_tool

SECONDS = 6
_KEY = bytes(range(16))  # of the encrypted stream; a secret of nobody
_X264 = "-c:v libx264 -preset veryfast -pix_fmt yuv420p -g 30 -sc_threshold 0"
_HLS = "-f hls -hls_time 2 -hls_playlist_type vod"
# Split at spaces; a # stands for a space inside an argument.
_CLIP = (
    f"-f lavfi -i testsrc2=size=480x270:rate=15:duration={SECONDS} -f lavfi -i sine=frequency=330:duration={SECONDS} "
    f"{_X264} -c:a aac -shortest -movflags +faststart clip.mp4"
)
_THUMB = "-i clip.mp4 -frames:v 1 thumb.jpg"
_TRANSPORT_STREAM = (
    f"-i clip.mp4 -map 0:v -map 0:a -map 0:v -map 0:a {_X264} -s:v:1 240x134 -b:v:0 400k -b:v:1 100k -c:a copy {_HLS} "
    "-hls_flags independent_segments -master_pl_name master.m3u8 -hls_segment_filename hls/%v_%03d.ts "
    "-var_stream_map v:0,a:0,name:hi#v:1,a:1,name:lo hls/%v.m3u8"
)
_FRAGMENTED_MP4 = (
    f"-i clip.mp4 -c copy {_HLS} -hls_segment_type fmp4 -hls_fmp4_init_filename init.mp4 "
    "-hls_segment_filename fmp4/s%03d.m4s fmp4/index.m3u8"
)
_ENCRYPTED = f"-i clip.mp4 -c copy {_HLS} -hls_key_info_file key-info -hls_segment_filename aes/e%03d.ts aes/index.m3u8"
_DASH = (
    f"-i clip.mp4 -map 0:v -map 0:v -map 0:a {_X264} -s:v:1 240x134 -b:v:0 400k -b:v:1 100k -c:a copy -f dash "
    "-seg_duration 2 -use_timeline 1 -use_template 1 -adaptation_sets id=0,streams=v#id=1,streams=a dash/manifest.mpd"
)


@cache
def media_files() -> dict[str, bytes]:
    """Return every file by its path on the site, made once in a process. Raises ToolMissing."""
    ffmpeg = find_tool("ffmpeg", package="ffmpeg")
    with tempfile.TemporaryDirectory(prefix="goldenhour-media-") as name:
        folder = Path(name)
        for each in ("hls", "fmp4", "aes", "dash"):
            (folder / each).mkdir()
        (folder / "aes/key.bin").write_bytes(_KEY)
        (folder / "key-info").write_text("key.bin\naes/key.bin\n", "utf-8")
        for command in (_CLIP, _THUMB, _TRANSPORT_STREAM, _FRAGMENTED_MP4, _ENCRYPTED, _DASH):
            arguments = [argument.replace("#", " ") for argument in command.split()]
            subprocess.run([ffmpeg, "-nostdin", "-v", "error", "-y", *arguments], cwd=folder, check=True)
        (folder / "key-info").unlink()
        return {f"/{path.relative_to(folder)}": path.read_bytes() for path in folder.rglob("*") if path.is_file()}
