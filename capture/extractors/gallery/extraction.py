"""The process that runs gallery-dl, from outside."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from capture.extractors.child.process import PATIENCE, ExtractionProcess
from capture.extractors.gallery.messages import GalleryTask, Said
from hashing.sandbox import SandboxProcess

_MEMORY = 256 << 20
_CHILD = "capture.extractors.gallery.gallery_child:extract"
_decoder = msgspec.json.Decoder(Said)


class GalleryExtraction(ExtractionProcess[Said]):
    """One task for gallery-dl, in a sandbox. Raises OSError where it cannot be started."""

    def __init__(
        self, task: GalleryTask, *, pause: Callable[[float], None] = time.sleep, patience: float = PATIENCE
    ) -> None:
        # What a site's module imports is loaded before the process is confined.
        load = tuple(f"gallery_dl.extractor.{module}" for module in task.modules)
        process = SandboxProcess(_CHILD, "gallery-dl", memory=_MEMORY, load=load)
        super().__init__(process, "gallery-dl", task, task.url, _decoder, pause=pause, patience=patience)
