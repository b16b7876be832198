"""What a post said before it was edited (https://docs.joinmastodon.org/methods/statuses/#history)."""

from __future__ import annotations

from typing import NamedTuple

from capture.extractors.fediverse.attachment import read_attachments
from capture.extractors.fediverse.content import CUT, LONGEST, poll_text, read_content
from capture.extractors.json_value import Json, mapping, text, time
from capture.extractors.served_json import NotJson, ServedJson
from hashing.case.facts import Fact
from hashing.case.post import Edit, PostMedia

_MOST = 100  # Earlier wordings that are read; every one is kept in the history as served.


class EditHistory(NamedTuple):
    """The earlier wordings of a post, oldest first, the media that they showed, and what could not be read."""

    edits: tuple[Edit, ...]
    media: tuple[PostMedia, ...]
    problem: str = ""
    versions: int = 0  # Wordings that the history has, that of the post itself among them.


def history_of(served: ServedJson, edited: str, said: str, warning: str) -> EditHistory:
    """Read an edit history; the wording that the post has now, by its time or its words, is left out."""
    edits: list[Edit] = []
    media: list[PostMedia] = []
    problem, room = "", LONGEST
    try:
        for piece in served.elements(served.root):
            if len(edits) > _MOST:
                problem = f"more than {_MOST} wordings: the later ones are stored and not listed"
                break
            version = mapping(piece.value)
            edit = _edit(version, room)
            room -= len(edit.text)
            edits.append(edit)
            media += read_attachments(version.get("media_attachments"))
    except NotJson as error:
        problem = str(error)
    versions = len(edits)
    # The last wording of a history is the one that the post has now, which stands in the post itself.
    if edits and ((edited and edits[-1].time == edited) or (edits[-1].text, edits[-1].warning) == (said, warning)):
        edits.pop()
    return EditHistory(tuple(edits[:_MOST]), tuple({each.url: each for each in media}.values()), problem, versions)


def history_facts(history: EditHistory) -> tuple[Fact, ...]:
    """Return the earlier wordings as facts, for a history that is looked into beside its post."""
    facts = [Fact(f"wording of {edit.time or 'an unknown time'}", _said(edit), "history") for edit in history.edits]
    if history.problem:
        facts.append(Fact("could not be read", history.problem, "history"))
    return tuple(facts)


def _said(edit: Edit) -> str:
    return "\n\n".join(filter(None, (edit.warning, edit.text)))


def _edit(version: Json, room: int) -> Edit:
    said = poll_text(read_content(version.get("content")).text, version.get("poll"))
    if len(said) > room:
        said = said[: max(room - len(CUT), 0)] + CUT
    return Edit(time=time(version.get("created_at")), text=said, warning=text(version.get("spoiler_text"), 5000))
