"""The pages of a link, in the language that its reader chose; what is needed for them is loaded with this module."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import DictLoader, Environment, StrictUndefined

if TYPE_CHECKING:
    from intelligence.receiving.link import Link

_PAGE = files("intelligence.receiving") / "page"
STYLE = (_PAGE / "page.css").read_bytes()
SCRIPT = (_PAGE / "page.js").read_bytes()
_NAME = "page.html.j2"
_THOUSAND = 1000


def sized(count: int) -> str:
    """Write a number of bytes for people; "?" where it is not known."""
    if count < 0:
        return "?"
    value, units = float(count), ["B", "kB", "MB", "GB"]
    while value >= _THOUSAND and len(units) > 1:
        value, units = value / _THOUSAND, units[1:]
    return f"{value:.1f} {units[0]}" if units[0] != "B" else f"{count} B"


def _filled(text: str, **values: str) -> str:
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _environment() -> Environment:
    # Everything on the page passes autoescape: names of files are the sender's own words.
    made = Environment(
        loader=DictLoader({_NAME: (_PAGE / _NAME).read_text("utf-8")}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"sized": sized, "filled": _filled}
    return made


_TEMPLATE = _environment().get_template(_NAME)


def page(
    texts: Mapping[str, Mapping[str, str]], language: str, view: str, *, link: Link | None = None, **more: str
) -> bytes:
    """Return a page: `consent`, `files`, `receipt`, or `told`, which says `problem` alone."""
    state = link.state if link is not None else None
    shown = {"problem": "", "contact": "", "up": "../", **more}
    uploads = [(upload, link.folder.arrived(upload)) for upload in state.kept()] if link and state else []
    return _TEMPLATE.render(
        t=texts[language],
        lang=language,
        languages=texts.items() if view == "consent" else (),
        view=view,
        uploads=uploads,
        number=state.number if state else "",
        finished=state.finished if state else "",
        **shown,
    ).encode()


def receipt(texts: Mapping[str, str], link: Link) -> bytes:
    """Return the receipt as text: what `sha256sum --check` takes, with the rest as comments."""
    state = link.state
    head = [texts["receipt_title"], f"{texts['receipt_number']}: {state.number}", f"{texts['time']}: {state.finished}"]
    lines = [f"# {line}" for line in head]
    for upload in state.kept():
        # A name with a line break would add lines that nobody sent.
        name = "".join(sign if sign.isprintable() else "_" for sign in upload.name.rpartition("/")[2])
        if upload.sha256:
            lines.append(f"{upload.sha256}  {name}")
        else:
            lines.append(f"# {name}: {texts['receipt_not_whole']}: {link.folder.arrived(upload):,} B")
    return ("\n".join(lines) + "\n").encode()
