"""What a page scene turned out to be, in a word, and what each word means for whoever asked for the page."""

from __future__ import annotations

CONTENT = "content"
THIN = "thin"
LOGIN = "login wall"
CHALLENGE = "challenge"
LIMITED = "rate limited"
CONSENT = "consent wall"
GONE = "gone"
SHELL = "shell"
STUB = "stub"
PART = "part"
UNREADABLE = "not readable"
ERROR = "server error"

# What a page may be for a program that asks for it, and not for a browser.
REVISABLE = frozenset({LOGIN, CHALLENGE, LIMITED, CONSENT, SHELL, THIN})

# Every verdict, with the sentence that it stands for.
MEANING = {
    CONTENT: "the page itself",
    THIN: "little of its own stands on this page, and it may not be what was asked for: look at it",
    LOGIN: "a log-in or a subscription was asked for in the page's place: lend a session (--session, --cookies)",
    CHALLENGE: "the site blocked the request or wants proof of a person: open it in a browser, and lend its --cookies",
    LIMITED: "the site turned the request away as one too many: wait, and capture it again",
    CONSENT: "the site asked for consent or age in the page's place: agree in a browser, and lend its --cookies",
    GONE: "the site says that there is nothing here, or no longer",
    SHELL: "only the shell came that scripts fill: it needs a browser (--rendered)",
    STUB: "a stub that leads on to another address",
    PART: "one part of several: the rest of it stands on further pages (--pages N)",
    UNREADABLE: "it came and is kept, and cannot be read",
    ERROR: "the server could not answer",
}
# In the words of every failure that says so: whatever else is asked of the site with this session fails as well.
SESSION_ENDED = "the session has ended"
