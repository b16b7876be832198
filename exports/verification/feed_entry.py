"""Reading an entry of an XML feed a second time, as far as it is so plain that no two readers take it differently.

An entry is an item of its own, with the bytes that stand in the feed. Without the feed around them nobody knows which
prefix stands for which namespace, or which entities there are. So only elements are read that stand directly in the
entry, without a prefix and without attributes, each the only one of its kind, with neither markup nor references in it.
"""

from __future__ import annotations

import re

_CDATA = re.compile(r"<!\[CDATA\[.*?\]\]>", re.DOTALL)
_TAG = re.compile(r"<(?P<end>/?)(?P<name>[A-Za-z_][\w.:-]*)(?P<more>[^<>]*?)(?P<empty>/?)>")
# What an element may say, in whatever namespace.
_KINDS = {
    **dict.fromkeys(("guid", "id", "about"), "id"),
    "title": "title",
    **dict.fromkeys(("encoded", "content", "body", "description", "summary"), "text"),
}
_READ = frozenset({"guid", "id", "title", "description", "summary"})
_CHILD = 2  # The depth of what stands directly in an entry.
_MOST_TAGS = 2000


def plain_entry(data: bytes) -> dict[str, str]:
    """Return what an entry plainly says: `id`, `title` and `text`, each where no reader can take it differently.

    Nothing is returned of an entry with comments, instructions or declarations in it, or that is not ASCII: who knows
    in what encoding its feed was.
    """
    try:
        entry = _CDATA.sub("&", data.decode("ascii"))
    except UnicodeDecodeError:
        return {}
    tags = list(_TAG.finditer(entry)) if entry.count("<") <= _MOST_TAGS else []
    if not entry.startswith("<") or len(tags) != entry.count("<") or "\r" in entry or "about=" in entry:
        return {}
    found, counts, depth = dict[str, str](), dict.fromkeys(_KINDS.values(), 0), 0
    for tag, following in zip(tags, [*tags[1:], None], strict=True):
        if tag["end"]:
            depth -= 1
            continue
        depth += not tag["empty"]
        kind = _KINDS.get(tag["name"].rpartition(":")[2])
        if kind is None:
            continue
        counts[kind] += 1
        closed = following is not None and following["end"] and following["name"] == tag["name"]
        text = entry[tag.end() : following.start()] if following is not None else "&"
        if depth == _CHILD and tag["name"] in _READ and closed and not tag["more"] and not set("&>") & set(text):
            found[kind] = text.strip()
    return {kind: text for kind, text in found.items() if counts[kind] == 1} if depth == 0 else {}
