from __future__ import annotations

import subprocess
import sys

import pytest

from capture.extractors.video.known_sites import is_known_by_name
from capture.extractors.video.video_search import plain, with_hint


@pytest.mark.parametrize(
    "url",
    [
        "https://www.youtube.com/watch?v=BaW_jenozKc",
        "https://youtu.be/BaW_jenozKc",
        "https://x.com/someone/status/1234567890",
        "https://www.tiktok.com/@someone/video/7000000000000000000",
        "https://vimeo.com/76979871",
        "http://www.ebaumsworld.com/videos/a-giant-python/83367677/",
        "https://abc7news.com/entertainment/a-synthesizer/472581/",
    ],
)
def test_sites_that_yt_dlp_knows_are_known(url: str) -> None:
    """The table of yt-dlp's extractors knows an address of a site that one of them is made for."""
    assert is_known_by_name(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/news/fire.html",
        "http://127.0.0.1:8000/watch?v=BaW_jenozKc",
        "http://localhost/",
        "https://www.youtube.com.example.org/watch?v=BaW_jenozKc",
        "https://[bad/",
        "https://vimeo.com/",
        "",
    ],
)
def test_other_addresses_are_not(url: str) -> None:
    """Bare hosts, other people's hosts, and pages of a known host that no extractor is made for are not known."""
    assert not is_known_by_name(url)


def test_asking_imports_nothing_of_yt_dlp() -> None:
    """That plain pages are captured as fast as ever: the question loads no module of yt-dlp."""
    program = (
        "import sys; from capture.extractors import extractors; from capture.request.scene import parse_scene\n"
        "print([source.name for source in extractors() if source.takes(parse_scene('https://vimeo.com/76979871'))])\n"
        "assert not [name for name in sys.modules if name.startswith('yt_dlp')]"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "'video'" in ran.stdout


_ADVICE = (
    "please report this issue on  https://github.com/x/issues?q= , filling out the appropriate issue template. "
    "Confirm you are on the latest version using  yt-dlp -U"
)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (f"ERROR: [youtube] abc: Video unavailable; {_ADVICE}", "abc: Video unavailable"),
        (
            "This is for registered users. Use --cookies, --cookies-from-browser, --username ...",
            "This is for registered users (give cookies of an account that may see it (--cookies))",
        ),
        (
            "\x1b[0;31mERROR:\x1b[0m This video is DRM protected",
            "This video is DRM protected (it cannot be captured as a file; record the screen)",
        ),
        ("", "yt-dlp gave no reason"),
    ],
)
def test_messages_are_put_into_plain_words(said: str, told: str) -> None:
    """Advice on bug reports and on options that goldenhour does not have is left out; what helps here is added."""
    assert with_hint(said) == told


def test_a_message_is_one_bounded_line() -> None:
    """A site that has its say in a message cannot flood or restyle the output."""
    words = plain("line\nline\x1b[31m" + "x" * 100_000)
    assert len(words) <= 500
    assert words.isprintable()


@pytest.mark.parametrize(
    "url",
    [
        "http://www.tv2.no/v/" + "/" * 470,
        "https://a.webex.com/b/ldr.php?" + "a=b&" * 117,
        "https://stream.tvp.pl/?x=1" + ";" * 465,
    ],
)
def test_an_address_that_a_pattern_despairs_of_is_answered_at_once(url: str) -> None:
    """A page can name whatever address it likes as a player: none makes a pattern of yt-dlp's search for hours."""
    assert is_known_by_name(url) == is_known_by_name(url[:40])
