"""A stand-in for YouTube: one video, its comments and its live chat, in the form that yt-dlp's extractor reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.servers.material import clip
from tests.servers.sites import Ask, Reply, SocialSites

if TYPE_CHECKING:
    from tests.servers.sites import Answer

    Json = dict[str, Any]

VIDEO = "Halden00001"
CHANNEL = "UCHaldenHaldenHaldenHald"
_CONTEXT = {"client": {"clientName": "WEB", "clientVersion": "2.20261129", "visitorData": "V"}}


class YouTubeSite(SocialSites):
    """It answers at its own names: `with YouTubeSite() as site: …https://www.youtube.com/watch?v=…`."""

    hosts = ("www.youtube.com", "youtubei.googleapis.com", "rr1.googlevideo.com", "i.ytimg.com")

    def answers(self) -> dict[str, Answer]:
        """Return them by the end of the host's name; every other host has a photo."""
        return {"youtube.com": _youtube, "googleapis.com": _youtube, "googlevideo.com": _file}


def chat_message(number: int) -> Json:
    """Return a message of the chat, as it is played back."""
    said = {
        "id": f"chat{number}", "timestampUsec": str(1795946400000000 + number), "authorName": {"simpleText": "ben"},
        "message": {"runs": [{"text": f"I see it {number}"}]}, "authorExternalChannelId": CHANNEL,
    }  # fmt: skip
    action = {"addChatItemAction": {"item": {"liveChatTextMessageRenderer": said}}}
    return {"replayChatItemAction": {"actions": [action], "videoOffsetTimeMsec": str(1000 * number)}}


def _file(_: SocialSites, __: Ask) -> Reply:
    return Reply(clip(), type="video/mp4")


def _youtube(_: SocialSites, ask: Ask) -> Reply:
    endpoint = ask.path.removeprefix("/youtubei/v1/")
    asked = json.loads(ask.seen.body) if ask.seen.body[:1] == b"{" else {}
    if endpoint == "player":
        return Reply(_PLAYER)
    if endpoint == "next":
        return Reply(_HEADER if asked.get("continuation") == "COMMENTS" else _COMMENTS)
    if endpoint == "live_chat/get_live_chat_replay":
        return Reply(_chat([chat_message(3)], ""))
    if ask.path == "/live_chat_replay":
        return _page(_chat([chat_message(1), chat_message(2)], "SECOND"))
    return _page(_WATCH)


def _page(data: Json) -> Reply:
    scripts = f"ytcfg.set({json.dumps({'INNERTUBE_API_KEY': 'K', 'INNERTUBE_CONTEXT': _CONTEXT})});"
    return Reply(
        f"<!doctype html><title>Fire</title><script>{scripts}</script>"
        f"<script>var ytInitialData = {json.dumps(data)};</script>".encode()
    )


def _chat(actions: list[Json], following: str) -> Json:
    further = [{"liveChatReplayContinuationData": {"continuation": following}}] if following else []
    return {"continuationContents": {"liveChatContinuation": {"actions": actions, "continuations": further}}}


def _command(token: str) -> Json:
    return {"continuationCommand": {"token": token, "request": "CONTINUATION_REQUEST_TYPE_WATCH_NEXT"}}


_PLAYER: Json = {
    "playabilityStatus": {"status": "OK"},
    "videoDetails": {
        "videoId": VIDEO, "title": "Fire at the market", "author": "Amira N", "channelId": CHANNEL,
        "shortDescription": "Smoke over the market #FireWatch", "viewCount": "77", "lengthSeconds": "4",
        "isLiveContent": True, "thumbnail": {"thumbnails": [{"url": f"https://i.ytimg.com/vi/{VIDEO}/a.jpg"}]},
    },
    "streamingData": {"formats": [{
        "itag": 18, "url": "https://rr1.googlevideo.com/videoplayback?itag=18", "width": 320, "height": 240,
        "mimeType": 'video/mp4; codecs="avc1.42001E, mp4a.40.2"', "qualityLabel": "240p", "quality": "small",
        "bitrate": 1000, "fps": 25,
    }]},
}  # fmt: skip
_WATCH: Json = {
    "contents": {"twoColumnWatchNextResults": {
        "results": {"results": {"contents": [{"itemSectionRenderer": {
            "sectionIdentifier": "comment-item-section",
            "contents": [{"continuationItemRenderer": {"continuationEndpoint": _command("COMMENTS")}}],
        }}]}},
        "conversationBar": {"liveChatRenderer": {
            "continuations": [{"reloadContinuationData": {"continuation": "FIRST"}}],
        }},
    }},
}  # fmt: skip
_HEADER: Json = {
    "onResponseReceivedEndpoints": [{"reloadContinuationItemsCommand": {"continuationItems": [{
        "commentsHeaderRenderer": {"sortMenu": {"sortFilterSubMenuRenderer": {"subMenuItems": [
            {"title": "Top", "serviceEndpoint": _command("TOP")}, {"title": "New", "serviceEndpoint": _command("NEW")},
        ]}}},
    }]}}],
}  # fmt: skip
_COMMENTS: Json = {
    "onResponseReceivedEndpoints": [{"reloadContinuationItemsCommand": {"continuationItems": [{
        "commentThreadRenderer": {"commentViewModel": {"commentViewModel": {"commentKey": "KEY"}}},
    }]}}],
    "frameworkUpdates": {"entityBatchUpdate": {"mutations": [{"entityKey": "KEY", "payload": {"commentEntityPayload": {
        "properties": {"commentId": "C1", "content": {"content": "I was there"}, "publishedTime": "2 days ago"},
        "author": {"channelId": CHANNEL, "displayName": "@ben"}, "toolbar": {"likeCountA11y": "3"},
    }}}]}},
}  # fmt: skip
