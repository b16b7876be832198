#!/usr/bin/env bash
# Makes clip.mp4 anew: four seconds of a test picture with a tone, H.264 and AAC. Needs ffmpeg.
set -euo pipefail
cd "$(dirname "$0")"
ffmpeg -v error -y -f lavfi -i "testsrc2=size=480x270:rate=15:duration=4" -f lavfi -i "sine=frequency=330:duration=4" \
  -c:v libx264 -pix_fmt yuv420p -crf 34 -preset veryslow -c:a aac -b:a 32k -shortest -movflags +faststart -map_metadata -1 clip.mp4
