from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.extractors.video.hls import defined_in, read_playlist
from capture.extractors.video.playlist import Key, NoPlaylist, Segment

URL = "https://example.org/live/index.m3u8?token=1"


def test_segments_stand_in_order_with_their_numbers() -> None:
    """Addresses are resolved against the playlist's, and numbers count from its media sequence."""
    text = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:7\n#EXTINF:4,\na.ts\n#EXTINF:4,\n/b.ts?x\n"
    playlist = read_playlist(text, URL)
    assert [(segment.url, segment.number) for segment in playlist.segments] == [
        ("https://example.org/live/a.ts", 7),
        ("https://example.org/b.ts?x", 8),
    ]
    assert (playlist.ended, playlist.target) == (False, 4.0)


@pytest.mark.parametrize("end", ["#EXT-X-ENDLIST", "#EXT-X-PLAYLIST-TYPE:VOD"])
def test_a_playlist_that_has_ended_says_so(end: str) -> None:
    """ENDLIST and the type VOD both mean that no segment will follow (RFC 8216, sections 4.3.3.4 and 4.3.3.5)."""
    assert read_playlist(f"#EXTM3U\n{end}\na.ts\n", URL).ended


def test_byte_ranges_follow_each_other() -> None:
    """A range without a start begins where the one before it in the same file ended (RFC 8216, section 4.3.2.2)."""
    text = (
        '#EXTM3U\n#EXT-X-MAP:URI="v.mp4",BYTERANGE="100@0"\n#EXT-X-BYTERANGE:50@100\nv.mp4\n'
        "#EXT-X-BYTERANGE:70\nv.mp4\nwhole.mp4\n"
    )
    assert [(s.start, s.length, s.number) for s in read_playlist(text, URL).segments] == [
        (0, 100, -1),
        (100, 50, 0),
        (150, 70, 1),
        (0, 0, 2),
    ]


def test_a_key_holds_until_the_next() -> None:
    """Each segment carries the key that was named last; NONE ends it."""
    text = (
        '#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="k?a=1,2",IV=0x1F\na.ts\n#EXT-X-KEY:METHOD=NONE\nb.ts\n'
        '#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://x",KEYFORMAT="com.apple.streamingkeydelivery"\nc.ts\n'
    )
    a, b, c = (segment.key for segment in read_playlist(text, URL).segments)
    assert a == Key("AES-128", "https://example.org/live/k?a=1,2", bytes(15) + b"\x1f")
    assert b is None
    assert c is not None
    assert c.method == "SAMPLE-AES (com.apple.streamingkeydelivery)"


def test_of_several_keys_the_plain_one_is_used() -> None:
    """Systems of rights management may each name a key for the same bytes; the plain one needs none of them."""
    fairplay = 'METHOD=AES-128,URI="skd://x",KEYFORMAT="com.apple.streamingkeydelivery"'
    keys = f'#EXT-X-KEY:METHOD=AES-128,URI="k"\n#EXT-X-KEY:{fairplay}\n'
    [segment] = read_playlist(f"#EXTM3U\n{keys}a.ts\n", URL).segments
    assert segment.key == Key("AES-128", "https://example.org/live/k")


def test_gaps_and_what_a_list_skips_are_counted() -> None:
    """A gap is a segment without bytes, and what is skipped has numbers too, from which keys are derived (8216bis)."""
    text = "#EXTM3U\n#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n#EXT-X-GAP\n#EXTINF:4,\na.ts\n#EXTINF:4,\nb.ts\n"
    assert [(each.number, each.gap) for each in read_playlist(text, URL).segments] == [(3, True), (4, False)]


@pytest.mark.parametrize(("end", "cut"), [("#EXTINF:4,\nb.ts\n", False), ("#EXTINF:4,\n", True), ("#EXTINF:4,", True)])
def test_a_list_that_ends_within_an_entry_is_cut(end: str, cut: bool) -> None:
    """A server may cut a list and give its length as if it were whole: what is announced and not named shows it."""
    assert read_playlist(f"#EXTM3U\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:4,\na.ts\n{end}", URL).cut is cut


@pytest.mark.parametrize("text", ["", "<html>", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n"])
def test_what_is_no_media_playlist_is_said(text: str) -> None:
    """A page, nothing at all, and a list of playlists are refused, each by its address."""
    with pytest.raises(NoPlaylist, match="example"):
        read_playlist(text, URL)


_LINES = st.sampled_from(
    ["#EXTINF:", "a.ts", "http://[::1", "#EXT-X-BYTERANGE:", "#EXT-X-MAP:", "#EXT-X-KEY:METHOD=AES-128,IV=0x", "\ud800"]
)


@given(st.lists(_LINES | st.text(max_size=30) | st.integers().map(lambda n: f"#EXT-X-MEDIA-SEQUENCE:{n}"), max_size=30))
def test_any_lines_give_a_playlist_within_bounds(lines: list[str]) -> None:
    """Whatever stands behind the first line: segments with numbers that no sum overflows, and never an error."""
    text = "\n".join(["#EXTM3U", *(line for line in lines if "#EXT-X-STREAM-INF" not in line)])
    playlist = read_playlist(text, URL)
    assert all(-1 <= segment.number <= 10**15 + 30 and segment.start >= 0 for segment in playlist.segments)
    assert 0 <= playlist.target < 10**6 + 1


def test_a_huge_number_is_no_number() -> None:
    """A sequence number of ten thousand digits costs nothing and fails nothing."""
    playlist = read_playlist(f"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:{'9' * 10_000}\na.ts\n", URL)
    assert playlist.segments == (Segment("https://example.org/live/a.ts", number=10**15 - 1),)


def test_initialization_sections_are_counted_too() -> None:
    """A playlist of nothing but initialization sections is read as far as one of segments, and the rest is said."""
    text = "#EXTM3U\n" + "".join(f'#EXT-X-MAP:URI="{number}"\n' for number in range(100_005))
    playlist = read_playlist(text, URL)
    assert (len(playlist.segments), playlist.left_out) == (100_000, 5)


def test_variables_are_put_in() -> None:
    """EXT-X-DEFINE gives names to values, its own or of the playlist's query, for addresses and attributes."""
    text = (
        '#EXTM3U\n#EXT-X-DEFINE:NAME="base",VALUE="/seg/"\n#EXT-X-DEFINE:QUERYPARAM="token"\n'
        '#EXT-X-MAP:URI="{$base}init.mp4"\n#EXTINF:4,\n{$base}1.ts?t={$token}\n#EXT-X-ENDLIST\n'
    )
    playlist = read_playlist(text, "https://tv.example/a/list.m3u8?token=x1")
    assert [segment.url for segment in playlist.segments] == [
        "https://tv.example/seg/init.mp4",
        "https://tv.example/seg/1.ts?t=x1",
    ]


def test_a_list_of_playlists_hands_its_variables_on() -> None:
    """What the list defines stands in its own addresses, and in the playlists that import it."""
    told = '#EXTM3U\n#EXT-X-DEFINE:NAME="base",VALUE="seg"\n#EXT-X-DEFINE:QUERYPARAM="token"\n'
    text, variables = defined_in(
        f"{told}#EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8?t={{$token}}", "https://tv.example/all.m3u8?token=x1"
    )
    assert text.splitlines()[-1] == "low.m3u8?t=x1"
    low = '#EXTM3U\n#EXT-X-DEFINE:IMPORT="base"\n{$base}/1.ts\n#EXT-X-ENDLIST\n'
    [segment] = read_playlist(low, "https://tv.example/low.m3u8", variables).segments
    assert segment.url == "https://tv.example/seg/1.ts"


def test_a_variable_may_be_made_of_others() -> None:
    """The value of one may hold another that stands before it, and none grows without bound."""
    told = (
        '#EXTM3U\n#EXT-X-DEFINE:NAME="host",VALUE="cdn"\n#EXT-X-DEFINE:NAME="base",VALUE="/{$host}/a/"\n{$base}1.ts\n'
    )
    assert read_playlist(told, "https://tv.example/list.m3u8").segments[0].url == "https://tv.example/cdn/a/1.ts"
    doubled = "".join(f'#EXT-X-DEFINE:NAME="b{n + 1}",VALUE="{{$b{n}}}{{$b{n}}}"\n' for n in range(40))
    with pytest.raises(NoPlaylist, match="a line of more than"):
        read_playlist(f'#EXTM3U\n#EXT-X-DEFINE:NAME="b0",VALUE="bb"\n{doubled}', "https://tv.example/list.m3u8")


@pytest.mark.parametrize(
    "line", ["{$none}1.ts", '#EXT-X-DEFINE:IMPORT="base"', '#EXT-X-DEFINE:QUERYPARAM="missing"', "{$a}" * 70_000]
)
def test_a_variable_without_a_value_is_told(line: str) -> None:
    """A playlist whose variables have no value here is none that can be read, and no address is made up."""
    with pytest.raises(NoPlaylist):
        read_playlist(f'#EXTM3U\n#EXT-X-DEFINE:NAME="a",VALUE="b"\n{line}\n', "https://tv.example/list.m3u8")


def test_a_list_that_grows_without_end_is_none() -> None:
    """Values that are put in many times over do not fill the memory of the process that reads."""
    told = '#EXTM3U\n#EXT-X-DEFINE:NAME="a",VALUE="' + "b" * 60_000 + '"\n' + "{$a}\n" * 1_000
    with pytest.raises(NoPlaylist, match="16 MiB"):
        defined_in(told, "https://tv.example/all.m3u8")
