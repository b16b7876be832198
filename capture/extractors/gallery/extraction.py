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


def started(modules: tuple[str, ...]) -> SandboxProcess | OSError:
    """Return a process that loads gallery-dl with these modules, or why there is none; it waits for its task."""
    load = tuple(f"gallery_dl.extractor.{module}" for module in modules)  # before it is confined
    try:
        return SandboxProcess(_CHILD, "gallery-dl", memory=_MEMORY, load=load)
    except OSError as error:
        return error


class GalleryExtraction(ExtractionProcess[Said]):
    """One task for gallery-dl, in a sandbox."""

    def __init__(
        self,
        process: SandboxProcess,
        task: GalleryTask,
        *,
        pause: Callable[[float], None] = time.sleep,
        patience: float = PATIENCE,
    ) -> None:
        super().__init__(process, "gallery-dl", task, task.url, _decoder, pause=pause, patience=patience)
