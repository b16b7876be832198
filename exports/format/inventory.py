"""The content of manifest.json: what the views of the captures say, with paths as they are in the bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exports.errors import NotWhole
from exports.format.clocks import clocks_record
from exports.format.manifest import (
    FORMAT,
    CaptureRecord,
    CaseRecord,
    ChangeRecord,
    ExcerptRecord,
    ExchangeRecord,
    ExportRecord,
    FailedRecord,
    ItemRecord,
    Manifest,
    ProofRecord,
    RecoveredRecord,
    SealRecord,
    SignerRecord,
    SkippedRecord,
    TimestampRecord,
    TlsRecord,
    WarcRecord,
    WorkingCopyRecord,
)
from exports.format.posts import post_record
from hashing.case.capture_folder import CHECKPOINT
from hashing.case.case import CAPTURES, token_path
from hashing.case.redaction import CONTENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from exports.custody.continuity import Exhibit
    from exports.format.capture_view import CaptureView, ItemView
    from exports.format.manifest import DisclosureRecord
    from hashing.case.case import CaseInfo
    from hashing.case.events import Exchange, ProofRead, Stamped
    from hashing.case.facts import Fact
    from hashing.case.post import Post


def folder_in_bundle(capture: str) -> str:
    """Return where a capture stands in a bundle."""
    return f"data/{CAPTURES}/{capture}"


def manifest(
    info: CaseInfo,
    exported: ExportRecord,
    views: Iterable[CaptureView],
    exhibits: Mapping[str, Exhibit],
    stamped: Mapping[str, Stamped],
    disclosure: DisclosureRecord | None = None,
) -> Manifest:
    """Return the manifest of a bundle that holds these captures; `stamped` are the trusted times by capture.

    Raises NotWhole where a capture is not sealed.
    """
    return Manifest(
        format=FORMAT,
        case=CaseRecord(id=info.id, title=info.title, officer=info.officer, created=info.created),
        exported=exported,
        disclosure=disclosure,
        captures=tuple(
            _capture(
                view,
                exhibits.get(view.started.exhibit),
                stamped.get(view.started.capture),
                withheld=disclosure is not None and CONTENT in disclosure.redacted,
            )
            for view in views
        ),
    )


def _timestamp(stamped: Stamped, folder: str) -> TimestampRecord:
    return TimestampRecord(
        time=stamped.token_time,
        authority=stamped.authority,
        url=stamped.url,
        late=stamped.late,
        path=f"{folder}/{token_path(CHECKPOINT)}",
        sha256=stamped.token_sha256,
    )


def _capture(view: CaptureView, exhibit: Exhibit | None, stamped: Stamped | None, *, withheld: bool) -> CaptureRecord:
    started, finished, seal = view.started, view.finished, view.seal
    if seal is None or finished is None:
        raise NotWhole(f"{view.path}: not sealed")
    folder = folder_in_bundle(started.capture)
    refs = {entry.item.url: entry.item.ref for entry in reversed(view.items) if not entry.item.error_page}
    return CaptureRecord(
        capture=started.capture,
        exhibit=started.exhibit,
        scene=started.scene,
        status=view.status,
        reason=finished.reason,
        officer=started.officer,
        initials=started.initials,
        title=started.title,
        note=started.note,
        started=started.time,
        finished=finished.time,
        tool=started.tool,
        versions=started.versions,
        settings=started.settings,
        signer=SignerRecord(public_key=view.public_key, fingerprint=view.signer),
        seal=SealRecord(size=seal.size, root=seal.root, fingerprint=seal.fingerprint),
        timestamp=_timestamp(stamped, folder) if stamped else None,
        clock=clocks_record(view),
        items=tuple(_item(entry, folder, refs, withheld=withheld) for entry in view.items),
        failed=tuple(
            FailedRecord(time=each.time, url=each.url, reason=each.reason, found_in=each.found_in, ref=each.ref)
            for each in view.failed
        ),
        skipped=tuple(
            SkippedRecord(url=each.url, reason=each.reason, found_in=each.found_in, count=each.count)
            for each in view.skipped
        ),
        changed=tuple(
            ChangeRecord(
                time=each.time,
                id=each.id,
                change=each.change,
                before=each.before,
                after=each.after,
                reason=each.reason,
            )
            for each in view.changed
        ),
        recovered=tuple(
            RecoveredRecord(time=each.time, officer=each.officer, tool=each.tool, found=each.found)
            for each in view.recovered
        ),
        custody=exhibit.handed_over() if exhibit else (),
    )


def _item(entry: ItemView, folder: str, refs: Mapping[str, str], *, withheld: bool) -> ItemRecord:
    item, post = entry.item, entry.post
    return ItemRecord(
        ref=item.ref,
        kind=item.kind,
        source=item.source,
        url=item.url,
        final_url=item.final_url,
        found_in=item.found_in,
        alt=item.alt,
        claimed_name=item.claimed_name,
        captured=entry.captured,
        size=item.size,
        sha256=item.sha256,
        mime=item.mime,
        path=f"{folder}/{item.path}",
        withheld=withheld,
        content_encoding=item.content_encoding,
        partial=item.partial,
        error_page=item.error_page,
        exchange=_exchange(entry.exchange, folder) if entry.exchange else None,
        excerpt=ExcerptRecord(of=item.excerpt.of, offset=item.excerpt.offset) if item.excerpt else None,
        post=post_record(post, refs) if post else None,
        proof=_proof(entry.proof) if entry.proof else None,
        author=_author(post) if post else claimed(entry.facts, "author"),
        title=post.title if post else claimed(entry.facts, "title"),
        published=post.published if post else claimed(entry.facts, "published"),
        facts=entry.facts,
        working_copies=tuple(
            WorkingCopyRecord(path=f"{folder}/{copy.path}", size=copy.size, sha256=copy.sha256, how=copy.how)
            for copy in entry.working_copies
        ),
    )


def claimed(facts: Iterable[Fact], name: str) -> str:
    """Return the first claim of this name, the best-trusted one; "" where nothing claims it."""
    return next((str(fact.value) for fact in facts if fact.name == name), "")


def _author(post: Post) -> str:
    author = post.author
    return f"{author.name} ({author.handle})" if author.name and author.handle else author.name or author.handle


def _proof(proof: ProofRead) -> ProofRecord:
    return ProofRecord(
        did=proof.did,
        collection=proof.collection,
        rkey=proof.rkey,
        holds=bool(proof.record_cid),
        record_cid=proof.record_cid,
        rev=proof.rev,
        key=proof.key,
        post=proof.post,
        identity=proof.identity,
        problem=proof.problem,
    )


def _exchange(exchange: Exchange, folder: str) -> ExchangeRecord:
    warc, tls = exchange.warc, exchange.tls
    return ExchangeRecord(
        number=exchange.exchange,
        url=exchange.url,
        status=exchange.status,
        started=exchange.started,
        seconds=exchange.seconds,
        ip=exchange.ip,
        proxy=exchange.proxy,
        tls=TlsRecord(version=tls.version, cipher=tls.cipher, verified=tls.verified, chain=tls.chain) if tls else None,
        server_date=exchange.server_date,
        close_delimited=exchange.close_delimited,
        warc=WarcRecord(file=f"{folder}/{warc.file}", offset=warc.offset, record=warc.record) if warc else None,
    )
