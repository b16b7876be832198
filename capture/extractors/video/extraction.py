"""The process that runs yt-dlp, from outside."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from capture.extractors.child.process import PATIENCE, ExtractionProcess
from capture.extractors.video.messages import Said, Task
from hashing.sandbox import SandboxProcess

# Bytes of data that the process may have in all, its interpreter and yt-dlp among them.
_MEMORY = 256 << 20
_CHILD = "capture.extractors.video.extraction_child:extract"
_LOAD = ("capture.extractors.video.door", "yt_dlp.extractor.generic")
_decoder = msgspec.json.Decoder(Said)


class Extraction(ExtractionProcess[Said]):
    """One task for yt-dlp, in a sandbox. Raises OSError where it cannot be started."""

    def __init__(self, task: Task, *, pause: Callable[[float], None] = time.sleep, patience: float = PATIENCE) -> None:
        process = SandboxProcess(_CHILD, "yt-dlp", memory=_MEMORY, load=_LOAD, environment={"YTDLP_NO_PLUGINS": "1"})
        super().__init__(process, "yt-dlp", task, task.url, _decoder, pause=pause, patience=patience)
