"""The signs by which a page is told that came in the place of the one that was asked for: one table of facts.

A sign has a place where it stands, a pattern, and a weight. Of each place the weightiest sign of a verdict counts, and
their sum is what speaks for the verdict; how much it takes is `judge`'s affair: a page with much to read takes more.
DECIDES stands for what leaves no doubt, such as a status. Structure (a form, a status, a redirect) comes first; the
words of people, which anyone may write about, weigh less and count as a whole title, heading or statement alone.
"""

from __future__ import annotations

import msgspec

from capture.verdict.words import Phrases, name, parts, statement
from hashing.case import verdict

DECIDES = 100

WORDS = frozenset(
    {
        "title", "heading", "lesser heading", "sole heading", "statement", "statement in a post", "statement alone",
        "question", "remark", "button", "noscript",
    }
)  # fmt: skip
"""Places where words stand."""


class Sign(msgspec.Struct, frozen=True):
    """A sign: what it speaks for, where it stands, what it looks like, its weight, and how it is told to people."""

    verdict: str
    place: str
    pattern: str | Phrases  # Of any letters, small or capital; of words, where words stand.
    weight: int
    says: str  # `{}` stands for what was found.


def _is(pattern: str) -> str:
    return rf"(?:{pattern})\Z"


def _has(pattern: str) -> str:
    return rf"(?s:.*?)(?:{pattern})"


_LOGIN = parts("log-in name")
_LOGIN_ADDRESS = (
    rf"/{_LOGIN}(?:\.\w{{2,5}})?(?:[;,].*)?|//(?:login|signin|sso|auth|accounts?|id|idp|passport|oauth)\d?\..*"
    rf"|\?(?:.*&)?(?:mode|action|do|page|a|route|view|option)=[\w/]*{_LOGIN}\w*(?:&.*)?"
)
_LEADS_TO_LOGIN = rf"(?:^|/|=|\.){_LOGIN}(?:[/?&#.]|$)"
_WAY_BACK = rf"(?:^|&)[\w-]*{parts('way back')}[\w-]*="
_PAGE_END = r"(?:\.\w{2,5})?"
_CONSENT_ADDRESS = rf"//(?:[\w-]+\.)*(?:consent|cookies?|privacy|gdpr|cmp)\..*|/{parts('consent name')}{_PAGE_END}"
_CHALLENGE_ADDRESS = rf"/{parts('challenge address')}{_PAGE_END}|//(?:captcha|geo\.captcha-delivery|validate)\..*"
_CHALLENGE_HEADER = (
    r"cf-mitigated: .*|x-amzn-waf-action: .*|x-sucuri-block: .*|x-vercel-mitigated: .*|x-datadome: challenge.*"
    r"|x-anubis-.*"
)
_GONE_ADDRESS = rf"/{parts('gone name')}{_PAGE_END}"
_LIMITED_ADDRESS = r"/(?:rate-?limit(?:ed)?|too-?many-?requests|429|slow-?down)(?:\.\w{2,5})?"


def _worded(what: str, phrases: str, worded: str) -> tuple[Sign, ...]:
    """Return the signs of wording: as a title, as a heading, as a statement that is much of the page, as a remark."""
    return (
        Sign(what, "title", name(phrases), 3, f'its title is {worded}: "{{}}"'),
        Sign(what, "heading", name(phrases), 3, f'its heading is {worded}: "{{}}"'),
        Sign(what, "lesser heading", name(phrases), 2, f'a heading is {worded}: "{{}}"'),
        Sign(what, "statement", statement(phrases), 3, 'it says "{}"'),
        Sign(what, "statement in a post", name(phrases), 3, 'it says "{}"'),
        Sign(what, "remark", statement(phrases), 1, 'it says "{}"'),
    )


def _stock(what: str, phrases: str, worded: str) -> tuple[Sign, ...]:
    """Return the signs of the words of well-known services: as a line of a page, as a title, as a heading."""
    return (
        Sign(what, "stock", statement(phrases), 4, 'it says "{}", as well-known services do'),
        Sign(what, "title", name(phrases), 3, f'its title {worded}: "{{}}"'),
        Sign(what, "heading", name(phrases), 3, f'its heading {worded}: "{{}}"'),
    )


LOGIN_SIGNS = (
    *_stock(verdict.LOGIN, "stock login", "asks for a log-in"),
    Sign(verdict.LOGIN, "status", _is("401|407"), DECIDES, "the server answered {}"),
    Sign(verdict.LOGIN, "redirect", _is(_LOGIN_ADDRESS), 4, "it was redirected to the address of a log-in"),
    Sign(verdict.LOGIN, "led to", _is(_LOGIN_ADDRESS), 11, "it was redirected to the address of a log-in"),
    Sign(verdict.LOGIN, "way back", _has(_WAY_BACK), 2, "that address says where to lead back to"),
    Sign(verdict.LOGIN, "address", _is(_LOGIN_ADDRESS), 2, "its address is that of a log-in"),
    Sign(verdict.LOGIN, "password", _is("password"), 3, "a form asks for a password or a code"),
    Sign(verdict.LOGIN, "form", _has(_LEADS_TO_LOGIN), 1, "a form leads to a log-in"),
    Sign(verdict.LOGIN, "mark", _is(parts("log-in mark")), 4, "its parts are those of a log-in ({})"),
    Sign(verdict.LOGIN, "mark", _is(parts("private mark")), 2, "its parts are those of what some alone may see ({})"),
    Sign(verdict.LOGIN, "few fields", _is("fields"), 0, "little but a field to fill in is there"),
    Sign(verdict.LOGIN, "lead", statement("log-in demanded"), 3, 'it begins with "{}", above a form for a log-in'),
    Sign(verdict.LOGIN, "teaser", statement("rest demanded"), 8, 'it is short, and says "{}"'),
    Sign(verdict.LOGIN, "rest", statement("rest counted"), DECIDES, 'it is short, and says "{}"'),
    Sign(verdict.LOGIN, "link", _has(_LEADS_TO_LOGIN), 1, "a link leads to a log-in"),
    Sign(verdict.LOGIN, "echo", _has(_LEADS_TO_LOGIN), 3, "what it asks for is the name of a link to a log-in"),
    Sign(verdict.LOGIN, "ways on", _is("log-in"), 1, "it leads on to a log-in alone"),
    Sign(
        verdict.LOGIN, "ways on", _is("log-in and registration"), 2, "it leads on to a log-in and a registration alone"
    ),
    Sign(
        verdict.LOGIN, "entrance", _is("log-in and registration"), 2, "it says little, and nothing else is to be done"
    ),
    Sign(verdict.LOGIN, "ways on", _is("subscription"), 2, "it leads on to a subscription, and to nothing to read"),
    Sign(verdict.LOGIN, "field", _is(parts("code field")), 3, "it asks for a code, and for nothing else ({})"),
    Sign(
        verdict.LOGIN,
        "for some",
        _has(parts("only")),
        3,
        'it says little, is for some alone ("{}"), and leads on to a log-in',
    ),
    Sign(verdict.LOGIN, "app", _has("."), 3, "it says little, and leads on to an app alone ({})"),
    Sign(verdict.LOGIN, "not free", _is("not free"), DECIDES, "it says that it is not free to read, and it is short"),
    Sign(
        verdict.LOGIN,
        "paywall",
        _is(parts("paywall mark")),
        DECIDES,
        "its parts are those of a paywall ({}), and it is short",
    ),
    Sign(verdict.LOGIN, "title", name("log in"), 3, 'its title is that of a log-in: "{}"'),
    Sign(verdict.LOGIN, "title", name("log-in demanded"), 3, 'its title asks for a log-in: "{}"'),
    Sign(verdict.LOGIN, "heading", name("log-in demanded"), 3, 'its heading asks for a log-in: "{}"'),
    Sign(verdict.LOGIN, "lesser heading", name("log-in demanded"), 2, 'a heading asks for a log-in: "{}"'),
    Sign(verdict.LOGIN, "lesser heading", name("log in"), 1, 'a heading is that of a log-in: "{}"'),
    Sign(verdict.LOGIN, "heading", name("log in"), 2, 'its heading is that of a log-in: "{}"'),
    Sign(verdict.LOGIN, "statement", statement("log-in demanded"), 3, 'it says "{}"'),
    Sign(verdict.LOGIN, "statement in a post", name("log-in demanded"), 3, 'it says "{}"'),
    Sign(verdict.LOGIN, "remark", statement("log-in demanded"), 1, 'it says "{}"'),
    Sign(verdict.LOGIN, "button", name("log in"), 1, 'a button is named "{}"'),
)

CHALLENGE_SIGNS = (
    *_stock(verdict.CHALLENGE, "stock challenge", "is that of a block or a test for robots"),
    Sign(verdict.CHALLENGE, "status", _is("403|405|406|451"), 1, "the server answered {}"),
    Sign(verdict.CHALLENGE, "header", _is(_CHALLENGE_HEADER), DECIDES, "the answer's head says so: {}"),
    Sign(verdict.CHALLENGE, "script", _has(parts("challenge script")), 5, "its script is one that tests browsers"),
    Sign(
        verdict.CHALLENGE,
        "script alone",
        _has(parts("browser test script")),
        5,
        "next to nothing but a test of browsers is there",
    ),
    Sign(verdict.CHALLENGE, "frame", _has(parts("captcha")), 3, "a frame shows a captcha"),
    Sign(verdict.CHALLENGE, "mark", _is(parts("challenge mark")), 4, "its parts are those of a challenge ({})"),
    Sign(
        verdict.CHALLENGE, "mark", _is(parts("region mark")), 4, "its parts are those of a page for some countries ({})"
    ),
    Sign(verdict.CHALLENGE, "mark", _is(parts("captcha mark")), 1, "it has a captcha ({})"),
    Sign(
        verdict.CHALLENGE, "mark of no form", _is(parts("captcha mark")), 2, "nothing but a captcha is to be filled in"
    ),
    Sign(verdict.CHALLENGE, "form", _has(r"captcha|/sorry/|/challenge|__cf_chl"), 3, "a form leads to a challenge"),
    Sign(verdict.CHALLENGE, "redirect", _is(_CHALLENGE_ADDRESS), 4, "it was redirected to the address of a challenge"),
    Sign(
        verdict.CHALLENGE,
        "picture and field",
        _has("."),
        4,
        "it says little, and all there is to do is to fill in one field beside a picture",
    ),
    Sign(
        verdict.CHALLENGE,
        "ticked",
        _has(parts("robot or person")),
        4,
        'it says little, and all there is to do is to tick a box ("{}")',
    ),
    Sign(verdict.CHALLENGE, "sole control", name("person"), 3, 'all there is to do is to say "{}"'),
    Sign(verdict.CHALLENGE, "reload", _has(parts("reload")), 3, "it says little, and asks for itself again by script"),
    Sign(verdict.CHALLENGE, "reload", _is("refresh"), 4, "it says little, and is to be loaded again by itself"),
    *_worded(verdict.CHALLENGE, "challenge", "that of a block or a test for robots"),
)

LIMITED_SIGNS = (
    *_stock(verdict.LIMITED, "stock limited", "is that of too many requests"),
    Sign(verdict.LIMITED, "status", _is("429|420"), 1, "the server answered {}"),
    Sign(verdict.LIMITED, "status without captcha", _is("429|420"), DECIDES, "the server answered {}"),
    Sign(verdict.LIMITED, "page status", _is("429"), 5, "it says that its status is {}"),
    Sign(verdict.LIMITED, "header", _is(r"retry-after: .*"), 2, "the answer asks to wait ({})"),
    Sign(verdict.LIMITED, "redirect", _is(_LIMITED_ADDRESS), 4, "it was redirected to the address of a refusal"),
    Sign(verdict.LIMITED, "sole control", name("try again"), 2, 'it says little, and all there is to do is "{}"'),
    *_worded(verdict.LIMITED, "limited", "that of too many requests"),
)

CONSENT_SIGNS = (
    Sign(verdict.CONSENT, "stock", statement("stock consent"), 4, 'it says "{}", as well-known services do'),
    Sign(
        verdict.CONSENT, "redirect", _is(_CONSENT_ADDRESS), 5, "it was redirected to an address that asks for consent"
    ),
    Sign(verdict.CONSENT, "way back", _has(_WAY_BACK), 1, "that address says where to lead back to"),
    Sign(verdict.CONSENT, "address", _is(_CONSENT_ADDRESS), 2, "its address is one that asks for consent"),
    Sign(verdict.CONSENT, "form", _has(r"consent|" + parts("consent name")), 2, "a form leads to a consent"),
    Sign(verdict.CONSENT, "title", name("consent"), 3, 'its title asks for consent or age: "{}"'),
    Sign(verdict.CONSENT, "heading", name("consent"), 1, 'a heading asks for consent or age: "{}"'),
    Sign(verdict.CONSENT, "lesser heading", name("consent"), 1, 'a heading asks for consent or age: "{}"'),
    Sign(verdict.CONSENT, "sole heading", name("consent"), 2, 'its heading asks for consent or age: "{}"'),
    Sign(verdict.CONSENT, "statement", statement("consent"), 1, 'it says "{}"'),
    Sign(verdict.CONSENT, "statement alone", statement("consent"), 1, "it tells of nothing else"),
    Sign(verdict.CONSENT, "question", statement("age"), 3, 'it asks "{}"'),
    Sign(verdict.CONSENT, "choice", name("agree"), 3, 'it says one thing, and all there is to do is to answer "{}"'),
    Sign(verdict.CONSENT, "choice", name("refuse"), 3, 'it asks one thing, and all there is to do is to answer "{}"'),
    Sign(verdict.CONSENT, "way in", _has("."), 3, "it asks one thing, and an answer leads to the same address ({})"),
    Sign(verdict.CONSENT, "sole control", name("of age"), 3, 'it says little, and all there is to do is to say "{}"'),
    Sign(verdict.CONSENT, "tick", _has("."), 3, 'it says little, and all there is to do is to tick a box and to "{}"'),
    Sign(
        verdict.CONSENT, "sole field", _is(parts("birth field")), 3, "it asks for a date of birth, and for nothing else"
    ),
    Sign(verdict.CONSENT, "notice alone", _has("."), 6, "nothing but a consent dialogue is there ({})"),
    Sign(verdict.CONSENT, "frame alone", _has(parts("consent frame")), 3, "nothing but a frame asks for consent"),
    Sign(verdict.CONSENT, "nothing but consent", _has("."), 5, "nearly all of its text is about consent"),
    Sign(verdict.CONSENT, "notice", _has("."), 2, 'little else stands there than "{}"'),
    Sign(verdict.CONSENT, "button", name("agree"), 1, 'a button agrees: "{}"'),
)

GONE_SIGNS = (
    *_stock(verdict.GONE, "stock gone", "is that of a page for what is not found"),
    Sign(verdict.GONE, "status", _is("404|410"), DECIDES, "the server answered {}"),
    Sign(verdict.GONE, "page status", _is("404|410"), 6, "it says that its status is {}"),
    Sign(verdict.GONE, "led to", _is(_GONE_ADDRESS), 9, "it was redirected to an address for what is not found"),
    Sign(verdict.GONE, "redirect", _is(_GONE_ADDRESS), 4, "it was redirected to an address for what is not found"),
    Sign(verdict.GONE, "front", _has("."), DECIDES, "the site's front page came in its place"),
    Sign(verdict.GONE, "canonical", _is(_GONE_ADDRESS), 4, "it gives an address for what is not found as its own"),
    Sign(verdict.GONE, "canonical", _is("front"), 2, "it gives the front page as its own address"),
    Sign(
        verdict.GONE,
        "unlike its address",
        _has("."),
        2,
        "it says little, keeps search engines away, and has no word of the address that was asked for ({})",
    ),
    Sign(verdict.GONE, "ways on", _is("home"), 1, "it leads on to the front page alone"),
    Sign(verdict.GONE, "mark", _is(parts("gone mark")), 3, "its parts are those of a page for what is not found ({})"),
    Sign(
        verdict.GONE,
        "board message",
        _has("."),
        3,
        "a forum's message stands there, and nothing that anybody posted ({})",
    ),
    Sign(verdict.GONE, "robots", _has("noindex"), 1, "it does not want to be found by search engines"),
    Sign(verdict.GONE, "title", name("error"), 2, 'its title is that of an error: "{}"'),
    *_worded(verdict.GONE, "gone", "that of a page for what is not found"),
)

SHELL_SIGNS = (
    Sign(verdict.SHELL, "empty root", _is(parts("root")), 3, "what its scripts fill is empty (#{})"),
    Sign(verdict.SHELL, "empty root", _has("."), 1, "a part of it is empty (#{})"),
    Sign(verdict.SHELL, "mark", _is(parts("loading mark")), 2, "a part of it turns while it is loaded ({})"),
    Sign(verdict.SHELL, "script", _has(parts("state")), 2, "its content stands in a script"),
    Sign(verdict.SHELL, "script", _has("."), 1, "it has scripts"),
    Sign(verdict.SHELL, "noscript", statement("scripts demanded"), 3, 'it asks for JavaScript: "{}"'),
    Sign(verdict.SHELL, "statement", statement("scripts demanded"), 3, 'it asks for JavaScript: "{}"'),
    Sign(verdict.SHELL, "statement", statement("loading"), 2, 'all that it says is "{}"'),
)

ERROR_SIGNS = (Sign(verdict.ERROR, "status", _is("[45]..|0"), 1, "the server answered {}"),)

# Every sign. Where two verdicts have as much for them, the first of them is given.
SIGNS = (*CHALLENGE_SIGNS, *LIMITED_SIGNS, *LOGIN_SIGNS, *CONSENT_SIGNS, *GONE_SIGNS, *SHELL_SIGNS, *ERROR_SIGNS)
