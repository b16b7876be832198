from __future__ import annotations

import pytest
from msgspec.structs import replace

from capture.request.known import Known, KnownPost
from hashing.case.kinds import ItemKind
from hashing.case.post import Account, Post, PostMedia

URL = "https://files.example/media/1/fire.jpg"
POST = Post(
    platform="fediverse",
    server="mill.example",
    id="https://mill.example/o/1",
    author=Account(handle="ann@mill.example", name="Ann", id="https://mill.example/u/1"),
    text="It burns.",
    links=("https://news.example/a",),
    visibility="public",
    media=(PostMedia(url=f"{URL}?sig=0123456789abcdef0123&e=1790000000&w=800", kind=ItemKind.PHOTO, alt="Smoke"),),
)
KNOWN = KnownPost(ref="MP/1-0001", url=POST.id, extractor="fediverse", post=POST)
EARLIER = Known(posts={POST.id: KNOWN}, shown={(POST.id, POST.server): KNOWN})

SAME: dict[str, dict[str, object]] = {
    "a renamed account": {
        "author": Account(handle="smith@mill.example", name="Ann Smith", id="https://mill.example/u/1")
    },
    "counts": {"counts": {"likes": 7}},
    "an arriving preview": {"links": ("https://news.example/a", "https://news.example/card")},
    "an accepted quote": {"quotes": "https://mill.example/o/9"},
    "a new signature": {
        "media": (
            PostMedia(url=f"{URL}?sig=fedcba9876543210fedc&e=1790000300&w=800", kind=ItemKind.PHOTO, alt="Smoke"),
        )
    },
    "a short signature": {"media": (PostMedia(url=f"{URL}?Expires=12&sig=2&w=800", kind=ItemKind.PHOTO, alt="Smoke"),)},
    "another host for files": {
        "media": (PostMedia(url=f"{URL.replace('files', 'files2')}?w=800", kind=ItemKind.PHOTO, alt="Smoke"),)
    },
}
EDITED: dict[str, dict[str, object]] = {
    "text": {"text": "It is out."},
    "alt text": {"media": (PostMedia(url=URL + "?w=800", kind=ItemKind.PHOTO, alt="Fire"),)},
    "another photo": {
        "media": (PostMedia(url=URL.replace("fire", "flood") + "?w=800", kind=ItemKind.PHOTO, alt="Smoke"),)
    },
    "an exchanged link": {"links": ("https://other.example/b",)},
    "visibility": {"visibility": "private"},
    "the platform's time of an edit": {"edited": "2026-11-24T10:15:00Z"},
}


@pytest.mark.parametrize("name", SAME)
def test_what_changes_by_itself_is_no_edit(name: str) -> None:
    """A post is not edited where only what servers change by themselves is another."""
    later = replace(POST, **SAME[name])
    assert EARLIER.edited(later) is None
    assert EARLIER.same(later) == KNOWN


@pytest.mark.parametrize("name", EDITED)
def test_what_an_author_changes_is_an_edit(name: str) -> None:
    """Words, alt text, another photo, another link, who may see it, the platform's own word: each is an edit."""
    later = replace(POST, **EDITED[name])
    assert EARLIER.edited(later) == KNOWN
    assert EARLIER.same(later) is None
