"""Videos, by yt-dlp behind our own door.

yt-dlp works in a process that has no network. What it wants fetched it asks for; the recorder fetches it, and every
page, playlist, segment, key and file is an original of its own, hashed as it arrived. What is joined or merged of
them is a working copy, and says of what.
"""

from capture.extractors.video.video import Signs, is_playlist, signs_of_video, videos_at

__all__ = ["Signs", "is_playlist", "signs_of_video", "videos_at"]
