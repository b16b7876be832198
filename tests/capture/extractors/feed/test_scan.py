from __future__ import annotations

import itertools
from xml.parsers import expat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.extractors.feed.characters import Characters
from capture.extractors.feed.scan import MOST, Span, locate
from tests.capture.extractors.feed.making import END, FRAME, item, rss


def _found(body: bytes, *, well_formed: bool) -> list[bytes]:
    characters = Characters.of(body, "")
    return [characters.bytes(*span) for span in locate(characters.units, well_formed=well_formed).entries]


def _by_expat(body: bytes) -> list[bytes]:
    """Return the bytes of each <item> that is in no other, as expat sees them."""
    starts: list[int] = []
    found: list[bytes] = []
    parser = expat.ParserCreate()

    def _start(name: str, _: object) -> None:
        if name == "item":
            starts.append(parser.CurrentByteIndex)

    def _end(name: str) -> None:
        if name != "item":
            return
        start = starts.pop()
        at = parser.CurrentByteIndex
        if not starts:  # the end of an empty element is told as the place behind its only tag
            found.append(body[start : body.index(b">", at) + 1 if body.startswith(b"</item", at) else at])

    parser.StartElementHandler, parser.EndElementHandler = _start, _end
    parser.Parse(body, True)
    return found


_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="<&>", exclude_categories=("Cc", "Cs")), max_size=8)
_PIECES = st.recursive(
    st.one_of(
        _TEXT,
        st.sampled_from(
            ["<item/>", "<item a='/>' />", "<item >x</item >", "<items></items>", "<!-- <item> -->", "<?x <item> ?>",
             "<![CDATA[<item></item>]]>", "<b c='a>b' d=\"'\"/>", "<b\n/>", "<item a=\"'/'\" b='\"'></item\n>"]
        ),
    ),
    lambda inner: st.lists(inner, max_size=4).flatmap(
        lambda pieces: st.sampled_from(["item", "b", "channel"]).map(lambda tag: f"<{tag}>{''.join(pieces)}</{tag}>")
    ),
    max_leaves=20,
)  # fmt: skip


@given(st.lists(_PIECES, max_size=6), st.sampled_from(["utf-8", "utf-16"]))
def test_entries_stand_where_expat_finds_them(pieces: list[str], encoding: str) -> None:
    """In well-formed XML every entry is found, byte for byte, and nothing that only looks like one."""
    text = f"<rss>{''.join(pieces)}</rss>"
    body = text.encode(encoding)
    expected = [found.decode().encode("utf-16-le") for found in _by_expat(text.encode())]
    if encoding == "utf-8":
        expected = _by_expat(body)
    assert _found(body, well_formed=True) == expected


@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_are_scanned(body: bytes, well_formed: bool) -> None:
    """Entries follow each other within the bytes, whatever these are."""
    entries = locate(body.decode("latin-1"), well_formed=well_formed).entries
    edges = [edge for span in entries for edge in span]
    assert edges == sorted(edges)


@given(st.lists(st.sampled_from(["<item>", "</item>", "<rss>", "</rss>", "<!--", "<![CDATA[", "]]>", "a"])))
def test_any_order_of_tags_is_scanned(tags: list[str]) -> None:
    """Every start tag that stands in the open begins an entry, and no entry holds another."""
    units = "".join(tags)
    entries = locate(units, well_formed=False).entries
    assert all(units.startswith("<item>", span.start) for span in entries)
    assert all(one.end <= other.start for one, other in itertools.pairwise(entries))


def test_a_missing_end_tag_costs_one_entry_at_most() -> None:
    """An entry without its end tag ends where the next begins, or where the feed does; those after it are whole."""
    cut = item(1).removesuffix("</item>")
    body = rss(cut, item(2), cut)
    characters = Characters.of(body, "")
    located = locate(characters.units, well_formed=False)
    assert _found(body, well_formed=False) == [f"{cut}\n".encode(), item(2).encode(), cut.encode()]
    assert located.unclosed == {0, 2}
    assert located.whole


def test_a_feed_that_breaks_off_is_not_whole() -> None:
    """The last entry goes on to the end of what is there."""
    body = rss(item(1), item(2))[:-40]
    located = locate(Characters.of(body, "").units, well_formed=False)
    assert not located.whole
    assert located.unclosed == {1}
    assert located.entries[-1].end == len(body)


@pytest.mark.parametrize("opening", ["<!--", "<![CDATA[", "<?", "<!DOCTYPE x [", "<item", "<item a='", '<item "'])
def test_what_never_ends_takes_no_time(opening: str) -> None:
    """A million openings without an end are passed in one go."""
    assert locate(FRAME + opening * 1_000_000 + END, well_formed=False).entries == []


def test_entries_over_the_bound_are_counted() -> None:
    """So many are taken, and how many more there are is said."""
    located = locate("<rss>" + "<item/>" * (MOST + 3) + "</rss>", well_formed=True)
    assert (len(located.entries), located.left_out) == (MOST, 3)


def test_the_declaration_of_a_document_type_holds_no_entries() -> None:
    """What an entity would expand to is no entry of the feed."""
    units = '<!DOCTYPE rss [<!ENTITY x "<item>no</item>">]><rss><item/></rss>'
    assert locate(units, well_formed=False).entries == [Span(51, 58)]
