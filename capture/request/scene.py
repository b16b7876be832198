"""The scene: what the user gives, as text; out of a message or with a letter lost, as what was meant."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

import msgspec

from capture.errors import BadScene
from capture.recorder.urls import credentials, without_login

# How people name an account of the AT Protocol: `@alice.example.org`.
_HANDLE = re.compile(r"@((?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]+)", re.ASCII)
_SIGNS = "#\N{FULLWIDTH NUMBER SIGN}"

_PAIRS = {
    ")": "(", "]": "[", "}": "{", ">": "<",
    "\uff09": "\uff08", "\u300d": "\u300c", "\u300f": "\u300e", "\u3011": "\u3010",
}  # fmt: skip
_QUOTES = (
    "\"'`\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}\N{SINGLE LOW-9 QUOTATION MARK}"
    "\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}\N{DOUBLE LOW-9 QUOTATION MARK}"
    "\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}"
)
# Not the joiners U+200C and U+200D, which are letters of their words in Persian, Hindi and emoji.
INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_BEFORE = _QUOTES + "".join(_PAIRS.values())
_AFTER = _QUOTES + ".,;:!\N{HORIZONTAL ELLIPSIS}\u3002\u3001\uff0c\uff01"
_EMPHASIS = "*_~"
_BROKEN_SCHEME = re.compile(r"(https?)(?::/|//:?/*|:/{3,}|;//|:\\\\|\uff1a//)(?=[^/\\])|//(?=[^/\s]+\.)", re.IGNORECASE)
_TWICE = re.compile(r"(?:https?://)+(?=https?://)", re.IGNORECASE)
_UP_TO_PATH = re.compile(r"[^/]*/{0,2}[^/]*")
# How hosts are written so that nobody clicks on them.
_DEFANGED = re.compile(r"hxxp(?=s?\[?:)|\[(?:(?P<sign>[.:@]|://)|dot)\]", re.IGNORECASE)
_ENTITIES = re.compile(r"\A&lt;|&(?:gt|quot|#39);?\Z")
_HTML_LINK = re.compile(
    r"<a\s[^>]*?href\s*=\s*[\"']?(https?://[^\"'\s<>]+)(?:[\"'\s][^<>]*)?>.*", re.IGNORECASE | re.DOTALL
)
_LONGEST = 8192  # Characters of what is looked through for an address; a longer text is taken as it is.
_IN_A_SENTENCE = re.compile(r"https?://\S+", re.IGNORECASE)
_MARKDOWN = re.compile(r"!?\[[^\[\]]*\]\(<?((?:https?://|www\.)\S+?)>?(?:\s+[\"'][^)]*)?\)[.,;:!]?", re.IGNORECASE)
_HOST = r"(?=.{4,253}$)[^\s/@:?#\[\]]+\.[^\s/@:?#\[\].]+"
_PASTED_HANDLE = re.compile(
    rf"(?:acct:)?[@\uff20]?([A-Za-z0-9_](?:[A-Za-z0-9_.-]{{0,198}}[A-Za-z0-9_])?)[@\uff20]({_HOST}(?::[0-9]{{1,5}})?)/?"
)
_NO_SERVER = re.compile(r"@\w[\w-]*")


# Addresses of people and programs that are pasted as links are.
_OF_NO_PAGE = re.compile(
    r"(?:tel|sms|(?:xmpp|sips?|callto|skype|geo|facetime|magnet|whatsapp|tg)(?=:\D)):", re.IGNORECASE
)


class Scene(msgspec.Struct, frozen=True):
    """A scene that can be captured: its address, without credentials, which stand apart and are never stored."""

    text: str
    url: str
    login: tuple[str, tuple[str, str]] | None = None  # Whom it is lent to, and the user name and password.
    # The hashtag without its sign, where the scene is one; `url` is then the server that is asked for it.
    tag: str = ""


def parse_scene(text: str) -> Scene:
    """Read what the user gave. Raises BadScene, with a hint where one can be guessed."""
    # From what can be nothing else to what nearly anything may be.
    given = scene_meant(text)
    if not given:
        raise BadScene("the scene is empty", hint="give a web address, such as https://example.org/post/1")
    if given[0] in _SIGNS:
        return _hashtag(given)
    if given.startswith("at://"):
        return _at_uri(given)
    if given.startswith("did:"):
        return _at_uri(f"at://{given}")
    if _NO_SERVER.fullmatch(given):
        raise BadScene(f"{given}: on which server?", hint=f"write {given}@SERVER, or the address of the account")
    if handle := _HANDLE.fullmatch(given):
        return _at_uri(f"at://{handle[1]}")
    return _web_address(given, text)


def _web_address(given: str, text: str) -> Scene:
    if given.lower().startswith("mailto:"):
        raise BadScene(
            f"{given[len('mailto:') :].partition('?')[0]} is a mail address: there is no page to capture",
            hint="a mail that somebody hands in as a file: `goldenhour intake FILE.eml --case CASE`",
        )
    if of_no_page := _OF_NO_PAGE.match(given):
        raise BadScene(
            f"not a web address: what begins with {of_no_page[0].lower()} opens a program, and no page",
            hint="goldenhour fetches http:// and https:// addresses; is there a page about it?",
        )
    # Messages from here on show what was given without its login, which would end up in logs.
    if any(map(str.isspace, given)) and (addresses := len(_IN_A_SENTENCE.findall(given))) > 1:
        raise BadScene(
            f"{addresses} addresses in one scene",
            hint="give each by itself, or a file with one a line: `goldenhour batch FILE --case CASE`",
        )
    if "://" not in given and any(map(str.isspace, given)):
        raise BadScene(
            f"{without_login(text.strip())}: not a web address",
            hint="give one address, such as https://example.org/post/1, or a #hashtag in quotes",
        )
    if given.isalnum() and not given.isdigit() and given.lower() != "localhost":
        raise BadScene(
            f"{given}: a word, and no address",
            hint=f"a hashtag: `goldenhour capture '#{given}' --on SERVER`; a host of your own network: http://{given}/",
        )
    if "://" not in given and not given.lower().startswith(("javascript:", "data:", "about:")):
        given = f"https://{given}"
    try:
        parts = urlsplit(given)
        host, _ = parts.hostname, parts.port
        login = credentials(given)
    except ValueError as error:
        reason = f" ({error})" if "@" not in given else ""  # it may quote the login
        raise BadScene(f"{without_login(text.strip())}: not a web address{reason}") from error
    if parts.scheme.lower() not in {"http", "https"} or not host:
        raise BadScene(
            f"{without_login(text.strip())}: not a web address that can be captured",
            hint="goldenhour fetches http:// and https:// addresses; for a file on disk use `goldenhour hash`",
        )
    # The scene without its login is what the ledger records; the login travels beside it, in memory alone.
    clean = urlunsplit(parts._replace(scheme=parts.scheme.lower(), netloc=parts.netloc.rpartition("@")[2]))
    return Scene(clean, clean, login)


def _hashtag(given: str) -> Scene:
    tag = given[1:]
    if not tag or any(char.isspace() or char in _SIGNS or not char.isprintable() for char in tag):
        raise BadScene(f"{given}: not a hashtag", hint="write it as one word, such as '#FireWatch', in quotes")
    return Scene(f"#{tag}", "", tag=tag)


def _at_uri(given: str) -> Scene:
    authority, _, path = given.removeprefix("at://").partition("/")
    if not authority or any(char.isspace() or not char.isprintable() for char in given):
        raise BadScene(f"{given}: not an at:// URI", hint="write it as at://did:plc:…/app.bsky.feed.post/…")
    return Scene(given, f"at://{authority}/{path}".rstrip("/"))


def scene_meant(text: str) -> str:
    """Return the address, hashtag or URI that somebody means who pastes `text`.

    Taken off are blanks, invisible characters, quotes and brackets around it, the full stops and commas of the
    sentence that it stood in, and of a Markdown link all but the address; a bracket that the address itself opened
    stays. `https//x` and `https:/x` get their `://`.
    `@user@host`, `user@host` and `acct:user@host` (RFC 7565) become the address of that account.
    What is none of these is returned as it is.
    """
    if len(text) > _LONGEST:
        return text.strip()
    # 1. What nobody sees.
    meant = INVISIBLE.sub("", text).strip()
    # 2. What stands around it.
    if link := _MARKDOWN.fullmatch(meant) or _HTML_LINK.fullmatch(meant):
        meant = link[1]
    before = None
    while before != meant:
        before, meant = meant, _bare(meant)
        # One address in a sentence that begins with something else.
        found = _IN_A_SENTENCE.findall(meant) if any(map(str.isspace, meant)) else []
        meant = found[0] if len(found) == 1 and not meant.startswith(("#", found[0])) else meant
    # 3. An address that was made harmless, a scheme that lost a character or was pasted twice.
    if host := _UP_TO_PATH.match(meant):
        named = _DEFANGED.sub(lambda part: part["sign"] or ("http" if part[0][0] in "hH" else "."), host[0])
        meant = named + meant[host.end() :]
    meant = meant[twice.end() :] if (twice := _TWICE.match(meant)) else meant
    if broken := _BROKEN_SCHEME.match(meant):
        meant = f"{(broken[1] or 'https').lower()}://{meant[broken.end() :]}"
    # 4. A handle.
    if handle := _PASTED_HANDLE.fullmatch(meant):
        return f"https://{handle[2]}/@{handle[1]}"
    return meant


def _bare(text: str) -> str:
    """Return a text without the quotes, brackets, marks of emphasis and full stops around it."""
    text = _ENTITIES.sub("", text).strip()
    while len(text) > 2 and text[0] == text[-1] and text[0] in _EMPHASIS:  # noqa: PLR2004 - something is within
        text = text[1:-1].strip()
    while text and text[0] in _BEFORE and len(text) > 1:
        text = text[1:].lstrip()
    while text and (text[-1] in _AFTER or _closes_nothing(text)):
        text = text[:-1].rstrip()
    return text


def _closes_nothing(text: str) -> bool:
    opening = _PAIRS.get(text[-1])
    return opening is not None and text.count(opening) < text.count(text[-1])
