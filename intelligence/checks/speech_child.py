"""The process that listens, from inside: raw sound in, lines of text out. It is confined before it starts.

python speech_child.py PATHS MODEL SOUND     (PATHS: where modules are, as JSON)
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

_RATE = 16_000


def listen(model: str, sound: str) -> None:
    """Print what pocketsphinx hears, a line for each stretch of speech with the time at which it begins."""
    from pocketsphinx import Decoder, Segmenter

    folder = Path(model)
    acoustic = next(path.parent for path in sorted(folder.rglob("mdef")))
    words = min(folder.rglob("*.dict"))
    # Beside the model of words there may be a small one of sounds.
    language = max(folder.rglob("*.lm.bin"), key=lambda path: path.stat().st_size)
    decoder = Decoder(hmm=str(acoustic), dict=str(words), lm=str(language), samprate=float(_RATE), loglevel="FATAL")
    with Path(sound).open("rb") as stream:
        for heard in Segmenter(sample_rate=_RATE).segment(stream):
            decoder.start_utt()
            decoder.process_raw(heard.pcm, full_utt=True)
            decoder.end_utt()
            hypothesis = decoder.hyp()
            if hypothesis is not None and hypothesis.hypstr:
                minutes, seconds = divmod(int(heard.start_time), 60)
                sys.stdout.write(f"{minutes}:{seconds:02d} {hypothesis.hypstr}\n")


if __name__ == "__main__":
    sys.path[:] = json.loads(sys.argv[1])
    listen(*sys.argv[2:])
