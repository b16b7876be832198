"""One stranger's post never costs the others, whatever stands at whatever place of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from exports.verification import verify
from tests.capture.extractors.fediverse.documented import Held, account, instance, photo, status, tagged
from tests.capture.extractors.hostile import among, elements
from tests.servers import Body, SceneServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sampling import Sample

HONEST = 5
TAG = "/api/v1/timelines/tag/fire"


def rich(number: int, origin: str) -> dict[str, Any]:
    """Return a post that has something of everything."""
    inner = status(f"q{number}", text="quoted")
    return status(
        str(number),
        tags=tagged("fire"),
        media_attachments=[photo(f"{origin}/none/{number}.jpg", meta={"original": {"width": 1}})],
        mentions=[{"id": "1", "username": "bob", "acct": "bob@b.example", "url": "http://b.example/@bob"}],
        poll={"id": "1", "options": [{"title": "yes", "votes_count": 1}], "votes_count": 1, "expires_at": None},
        card={"url": "http://news.example/", "title": "News", "image": f"{origin}/none/card{number}.jpg"},
        emojis=[{"shortcode": "x", "url": f"{origin}/none/x.png"}],
        application={"name": "app"},
        quote={"state": "accepted", "quoted_status": inner},
        pleroma={"content": {"text/plain": "x"}, "in_reply_to_account_acct": "x", "local": True},
    )


def page(number: int, of: int, elements_: list[bytes], origin: str) -> Body:
    """Return one page of a list, which names the next."""
    link = f'<{origin}{TAG}?page={number + 1}>; rel="next"' if number + 1 < of else ""
    headers = (("Link", link),) if link else ()
    return Body(data=b"[" + b",".join(elements_) + b"]", type="application/json", headers=headers)


@pytest.mark.parametrize("kind", ["post", "boost"])
def test_no_value_at_any_place_of_a_post_costs_another(
    held: Callable[..., tuple[str, Held]], kind: str, sample: Sample
) -> None:
    """Every hostile value at every place of a post: the honest posts are captured, and the capture verifies."""
    with SceneServer({**instance()}) as server:
        origin = server.origin

        def _element(number: int) -> dict[str, Any]:
            if kind == "post":
                return rich(number, origin)
            shared = {"id": "s", "uri": f"http://b.example/{number}", "content": "x", "account": account("bob")}
            return status(
                f"b{number}", reblog=shared | {"created_at": "2026-03-01T13:00:00.000Z", "tags": tagged("fire")}
            )

        honest = [json.dumps(status(f"honest{n}", tags=tagged("fire"))).encode() for n in range(HONEST)]
        everything = among(elements(_element, sample), honest)
        size = 100
        pages = [everything[at : at + size] for at in range(0, len(everything), size)]

        def _serve(seen: Any) -> Body:  # noqa: ANN401 - what was seen
            number = int(seen.path.rpartition("page=")[2]) if "page=" in seen.path else 0
            return page(number, len(pages), pages[number], origin)

        server.files |= {TAG: _serve}
        state, got = held("#fire", on=(origin,), attempts=1, media="none")
    assert state in {"complete", "partial"}
    assert {f"Post honest{n}" for n in range(HONEST)} <= set(got.texts)
    assert verify(got.path).verdict == "ok"
