from __future__ import annotations

import pytest

from capture.page.read_page import read_page


def _text(html: str) -> str:
    return read_page(html.encode(), url="https://example.org/").text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("one  two\n\tthree&nbsp;four", "one two three four"),
        ("<p>one<p>two", "one\n\ntwo"),
        ("<div>one</div><div><div>two</div></div>three", "one\ntwo\nthree"),
        ("one<br>two<br><br>three<br><br><br>four", "one\ntwo\n\nthree\n\nfour"),
        ("<b>o</b>ne <i> two</i>", "one two"),
        ("<ul><li>one<li>two</ul>three", "one\ntwo\n\nthree"),
        ("<table><tr><th>a</th><td>b</td></tr><tr><td>c<td>d</table>", "a\tb\nc\td"),
        ("<h1>T</h1>text", "T\n\ntext"),
        ("<pre>\n  a\n\n\n   b\n</pre>c", "  a\n\n\n   b\n\nc"),
        ("<pre>a<b>\n b</b></pre>", "a\n b"),
        ("<textarea>a\r\n  b</textarea>", "a\n  b"),
        ("a<script>b</script><style>c</style><noscript>d</noscript><template>e</template>f", "af"),
        ("a<iframe>b</iframe><noframes>c</noframes><video>d</video><object>e</object><canvas>f</canvas>g", "ag"),
        ("<title>a</title>b<svg><title>c</title></svg>", "b"),
        ("a<!-- b -->c<?d?>e", "ace"),
        ("&lt;b&gt; &amp;amp; &euro; &#x1F600; &nosuch;", "<b> &amp; € 😀 &nosuch;"),
        ("1 < 2 & 3 > 2", "1 < 2 & 3 > 2"),
        ("<template shadowrootmode=open>shown</template>", "shown"),
        ("<select><option>a<option>b</select>", "a\nb"),
        ("<head><section>not in the head</section>", "not in the head"),
        ("a<b", "a"),
        ("<p></p><div> </div>", ""),
    ],
)
def test_text_is_what_a_reader_sees(html: str, text: str) -> None:
    """Blocks on lines of their own, cells apart, no scripts and no fall-backs."""
    assert _text(html) == text


def test_a_long_text_is_cut_at_a_mebibyte_and_says_so() -> None:
    """In bytes of UTF-8, and never inside a character."""
    page = read_page(("<p>" + "é€ " * 400_000).encode(), url="https://example.org/")
    assert len(page.text.encode()) <= 1 << 20
    assert len(page.text.encode()) > (1 << 20) - 10
    assert page.text.endswith("é€ é€\n\n[The page's text goes on; it was cut here.]") or "\ufffd" not in page.text
    assert page.text.endswith("[The page's text goes on; it was cut here.]")
    assert page.notes == ("the text is longer than 1 MiB and was cut",)


def test_a_text_of_exactly_the_bound_is_whole() -> None:
    """The mark stands only where something is missing."""
    page = read_page(b"x" * (1 << 20), url="https://example.org/")
    assert page.text == "x" * (1 << 20)
    assert page.notes == ()
