from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.page.read_page import read_page
from capture.verdict import Evidence, Verdict, judge, stub_target
from capture.verdict.signs import SIGNS
from capture.verdict.words import Phrases, compiled, name, statement
from hashing.case import verdict
from tests.capture.verdict.honest import HONEST
from tests.capture.verdict.likenesses import LIKENESSES, Likeness
from tests.capture.verdict.walls import WALLS

if TYPE_CHECKING:
    from collections.abc import Mapping

ASKED = "https://site.example/p/1"
PAGES = [
    line.split("\t", 1)
    for line in Path(__file__).with_name("pages.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
]


def _judged(html: str, *, final: str = ASKED, status: int = 200, headers: Mapping[str, str] | None = None) -> Verdict:
    page = read_page(html.encode(), url=final, content_type="text/html; charset=utf-8")
    return judge(Evidence(asked=ASKED, final=final, status=status, headers=headers or {}, page=page))


@pytest.mark.parametrize("word", WALLS)
def test_a_wall_is_told_in_every_language_and_markup(word: str) -> None:
    """What stands in the place of a page is told for what it is, with at least one reason."""
    judged = {name: _judged(html) for name, html in WALLS[word].items()}
    assert {name: found.word for name, found in judged.items()} == dict.fromkeys(judged, word)
    assert all(found.reasons for found in judged.values())


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_page_is_content(name: str) -> None:
    """A page that talks about log-ins, blocks or deleted posts, a list, a page that says little: each is content."""
    assert _judged(HONEST[name]) == Verdict(word=verdict.CONTENT)


@pytest.mark.parametrize("word", sorted({word for word, _ in PAGES}))
def test_pages_of_many_languages_and_kinds_of_markup_are_told(word: str) -> None:
    """Each of the pages in `pages.txt` gets the verdict that stands before it."""
    wrong = [(found, html) for verdict, html in PAGES if verdict == word and (found := _judged(html)).word != word]
    assert not wrong


@pytest.mark.parametrize("likeness", LIKENESSES, ids=lambda likeness: likeness.html[:60])
def test_the_pages_of_well_known_sites_are_told(likeness: Likeness) -> None:
    """What large sites and common programs send in the place of a page is told for what it is."""
    found = _judged(likeness.html, final=likeness.final or ASKED, status=likeness.status, headers=likeness.headers)
    assert found.word == likeness.verdict, found


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (401, verdict.LOGIN),
        (403, verdict.CHALLENGE),
        (404, verdict.GONE),
        (410, verdict.GONE),
        (429, verdict.LIMITED),
        (451, verdict.CHALLENGE),
        (500, verdict.ERROR),
        (503, verdict.ERROR),
    ],
)
def test_a_status_alone_says_what_it_says(status: int, word: str) -> None:
    """Where a refusal says nothing, its status is the reason."""
    found = judge(Evidence(asked=ASKED, final=ASKED, status=status, headers={}))
    assert found == Verdict(word=word, reasons=(f"the server answered {status}",))


def test_a_refusal_that_asks_for_a_password_is_a_log_in() -> None:
    """A 403 with a form for a log-in is a log-in wall, and not a block."""
    html = "<title>Log in</title><form action=/login><input name=u><input type=password></form>"
    assert _judged(html, status=403).word == verdict.LOGIN


def test_the_head_of_an_answer_decides() -> None:
    """Where a guard says in the head that it challenges, no text takes that back."""
    html = HONEST["en plain"]
    assert _judged(html, headers={"cf-mitigated": "challenge"}).word == verdict.CHALLENGE


def test_a_redirect_to_a_log_in_is_a_wall_without_a_word() -> None:
    """An address that was redirected to a log-in which leads back to it is a wall, whatever the page says."""
    html = "<title>River</title><h1>River</h1><p>The best of the river, day by day.</p>"
    found = _judged(html, final="https://site.example/login?next=/p/1")
    assert found.word == verdict.LOGIN
    assert "it was redirected to the address of a log-in" in found.reasons


@pytest.mark.parametrize(
    ("asked", "robots", "word"),
    [
        ("/post/blue-van-by-the-school-1881", "noindex", verdict.GONE),
        ("/post/blue-van-by-the-school-1881", "index", verdict.CONTENT),
        ("/post/empty-harbour-at-noon", "noindex", verdict.CONTENT),
    ],
)
def test_a_bare_page_that_has_no_word_of_its_address_and_hides_from_search_is_gone(
    asked: str, robots: str, word: str
) -> None:
    """Both must hold: addresses in other words, and pages that no search engine shall find, are honest by themselves."""
    html = f"<title>Oh dear</title><meta name=robots content={robots}><h1>Empty harbour</h1><p>The boat has sailed.</p>"
    url = f"https://site.example{asked}"
    page = read_page(html.encode(), url=url, content_type="text/html")
    assert judge(Evidence(asked=url, final=url, status=200, headers={}, page=page)).word == word


_NOTICE = (
    "<title>Weaving</title><div class='{mark}'><h1>Weaving circle</h1><p>It is not to be seen by everybody who comes by "
    "from the street, only in good company.</p></div><div><h3>Others like</h3>{proof}"
    "<div><p>Cotton and what it costs now</p></div><div><p>Looms for small rooms</p></div></div>"
)


@pytest.mark.parametrize(
    ("asked", "mark", "proof", "word"),
    [
        ("/topic/42771809", "box", "", verdict.THIN),
        ("/topic/the-blue-van-again", "box", "", verdict.THIN),
        ("/topic/42771809", "alert-box", "<h3><a href=/1>Wool</a></h3>", verdict.THIN),
        ("/weaving", "box", "", verdict.CONTENT),
        ("/topic/42771809", "box", "<p>12.11.2026, 09:41</p>", verdict.CONTENT),
        ("/topic/42771809", "box", "<img src=/loom.jpg>", verdict.CONTENT),
        ("/topic/42771809", "box", "<article>Wool</article>", verdict.CONTENT),
        ("/topic/looms-in-company", "box", "", verdict.CONTENT),
        ("/topic/42771809", "box", "<h3><a href=/1>Wool</a></h3>", verdict.CONTENT),
    ],
)
def test_one_thing_that_was_asked_for_needs_a_proof_of_being_there(
    asked: str, mark: str, proof: str, word: str
) -> None:
    """A time, a post, a picture or a word of the address is enough; of what stands around a notice, none is."""
    url = f"https://site.example{asked}"
    page = read_page(_NOTICE.format(mark=mark, proof=proof).encode(), url=url, content_type="text/html")
    assert judge(Evidence(asked=url, final=url, status=200, headers={}, page=page)).word == word


def test_a_gate_that_says_where_it_leads_back_to_is_no_content() -> None:
    """A page in no known wording that answered in another's place, and names that one in its address, is thin."""
    html = (
        "<title>Before you go on</title><h1>Before you go on</h1><p>The weaver would like a word with you first: not all "
        "that hangs in these rooms is for everybody, and some of it would make the young ones laugh, or the old ones "
        "blush. You know best what you can bear.</p>"
    )
    found = _judged(html, final="https://gate.example/x?returnTo=https://site.example/p/1")
    assert (found.word, found.reasons[0][:24]) == (verdict.THIN, "another address answered")


@pytest.mark.parametrize(
    ("query", "said", "target"),
    [
        ("?to=https%3A%2F%2Fshop.example%2Fa", "shop.example", "https://shop.example/a"),
        ("?target=//www.shop.example/a", "shop.example", "https://www.shop.example/a"),
        ("?to=https%3A%2F%2Fshop.example%2Fa", "another place", ""),
        ("?to=https%3A%2F%2Fsite.example%2Fa", "site.example", ""),
        ("?to=shop.example", "shop.example", ""),
        ("?to=http%3A%2F%2F[", "http://[", ""),
        ("?" + "a=//b.example&" * 60 + "to=//shop.example/a", "shop.example", ""),
    ],
)
def test_a_page_that_asks_whether_to_leave_the_site_leads_on(query: str, said: str, target: str) -> None:
    """Where to stands in its address, and the page names it, in whatever language."""
    url = f"https://site.example/away{query}"
    html = f"<title>x</title><h1>Ra ngoài</h1><p>Bạn sẽ đến {said}.</p><a href=/>Ở lại</a>"
    page = read_page(html.encode(), url=url, content_type="text/html; charset=utf-8")
    assert stub_target(Evidence(asked=url, final=url, status=200, headers={}, page=page))[0] == target


@pytest.mark.parametrize(
    "script",
    ["top['location']='/a/b'", "location.href=`/a/b`", 'location.replace("\\u002fa\\x2fb")', r'location="\/a\/b"'],
)
def test_a_script_that_changes_the_address_leads_on(script: str) -> None:
    """However a script writes an address, a page that does nothing else leads on to it."""
    page = read_page(f"<script>{script}</script>".encode(), url=ASKED, content_type="text/html")
    target, _ = stub_target(Evidence(asked=ASKED, final=ASKED, status=200, headers={}, page=page))
    assert target == "https://site.example/a/b"


@pytest.mark.parametrize("mark", ["loader" + "_a" * 5000 + "!", "x-" * 5000 + "empty-box!", "gone_" * 5000])
def test_no_name_of_a_part_takes_longer_than_it_is_long(mark: str) -> None:
    """A class that nearly fits the patterns of names is read in one go: a nested repetition would take for ever."""
    assert _judged(f"<h1>River</h1><p class='{mark}'>The best of the river, day by day.</p>").word == verdict.CONTENT


def test_an_address_that_a_script_writes_is_one_that_can_be_recorded() -> None:
    """Half of a character, which no record can hold, becomes the sign for what is not readable."""
    page = read_page(b"<script>location='https://a\\ud800.example/x'</script>", url=ASKED, content_type="text/html")
    target, _ = stub_target(Evidence(asked=ASKED, final=ASKED, status=200, headers={}, page=page))
    assert target.encode() == "https://a\ufffd.example/x".encode()


@pytest.mark.parametrize("mark", ["post-deleted-scenes", "country-block", "region-block", "video-missing-children"])
def test_a_part_that_is_called_for_its_subject_speaks_against_nothing(mark: str) -> None:
    """Deleted scenes of a film, a block of the page about a country: honest pages are built of such parts."""
    said = "Ten minutes were cut from the film, and they are on the disc. The best is the one in the diner."
    assert _judged(f"<title>River</title><h1>River</h1><div class={mark}><p>{said}</p></div>").word == verdict.CONTENT


def test_an_article_that_was_redirected_is_content() -> None:
    """A redirect to the article's lasting address says nothing against it."""
    assert _judged(HONEST["en plain"], final="https://www.site.example/how-to-log-in").word == verdict.CONTENT


@pytest.mark.parametrize("heading", ["log in", "log-in demanded", "challenge", "limited", "consent", "gone", "loading"])
@given(data=st.data())
def test_a_phrase_is_found_in_any_case_though_few_are_compiled(heading: str, data: st.DataObject) -> None:
    """What a phrase of the list fits is found, by whatever words of it the phrase was chosen to be tried."""
    wording = data.draw(st.sampled_from([name(heading), statement(heading)]))
    pattern = data.draw(st.sampled_from([wording._spelt(phrase) for phrase in wording._phrases]))
    assert wording.fullmatch(data.draw(st.from_regex(compiled(pattern), fullmatch=True)))


def test_an_ordinary_page_compiles_next_to_no_phrase() -> None:
    """Of a thousand phrases those alone of which a word stands in the page: they are what a first page waits for."""
    compiled.cache_clear()
    phrases = sum(len(each.pattern._phrases) for each in SIGNS if isinstance(each.pattern, Phrases))
    assert _judged(HONEST[min(HONEST)]).word == verdict.CONTENT
    assert compiled.cache_info().misses < phrases / 40
