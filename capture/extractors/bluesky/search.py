"""What is done with each kind of scene: a post, an account, a hashtag; and with a post that is no longer listed."""

from __future__ import annotations

from collections.abc import Iterator
from weakref import WeakKeyDictionary

from capture.extractors.bluesky.account_posts import AccountPosts
from capture.extractors.bluesky.accounts import Accounts
from capture.extractors.bluesky.address import BlueskyAddress, read_address, read_tag, service_of
from capture.extractors.bluesky.at_uri import POST, AtUri, is_did, read_at_uri
from capture.extractors.bluesky.handle import resolve
from capture.extractors.bluesky.hashtag import find_hashtag
from capture.extractors.bluesky.listing import Shows
from capture.extractors.bluesky.pages import read_page
from capture.extractors.bluesky.records import Records, Wanted, pictures_of
from capture.extractors.bluesky.stored_answer import AnswerUnreadable, members_of
from capture.extractors.bluesky.thread import BlueskyThread
from capture.extractors.bluesky.xrpc import host_of, query, stored_of, xrpc_error
from capture.extractors.unreached import unreached
from capture.request.extractor import Fetch, FetchRequest, Finding, ItemReading, NotMine, PostGone, Unavailable
from capture.request.known import KnownPost
from capture.request.scene import Scene
from hashing.case.events import ProofRead
from hashing.case.kinds import ItemKind

# What was looked up of the accounts whose posts a round asks after: a thousand posts may be of one account.
_AGAIN: WeakKeyDictionary[Fetch, Records] = WeakKeyDictionary()
_BAD_REQUEST = 400


def search(scene: Scene, fetch: Fetch) -> Iterator[Finding]:
    """Yield the posts that belong to the scene, each with its proof and what it shows.

    Raises NotMine where an address turns out to be of another kind, or a server speaks another protocol.
    """
    accounts = Accounts(fetch)
    records = Records(accounts, fetch)
    # 1. A hashtag needs an AppView; one that is not the default must first show that it speaks the protocol.
    if tag := scene.tag or read_tag(scene.url):
        default = fetch.options.bluesky.appview.rstrip("/")
        appview = service_of(scene.url, default) if scene.tag else default
        if appview != default:
            demand_service(appview, fetch)
        yield from find_hashtag(tag, appview, records, fetch)
        return
    address = read_address(scene.url)
    if address is None:
        raise NotMine(f"{scene.url}: not the address of an account or a post")
    # 2. A DID is the account's lasting name; a handle must lead to one, and the account must claim the handle in turn.
    if is_did(address.account):
        yield from _find(address, address.account, accounts, records, fetch)
        return
    resolved = resolve(address.account, fetch)
    if resolved.did:
        yield from _find(address, resolved.did, accounts, records, fetch)
        yield from resolved.compare(accounts[resolved.did])
        return
    # 3. Where it leads nowhere: an address that merely looks like an account's is left to other extractors.
    reason = f"nothing leads from the handle {address.account} to an account: it may have changed or gone"
    if not address.certain:
        raise NotMine(f"{scene.url}: {reason}")
    yield from resolved.unread
    yield Unavailable(url=scene.url, reason=reason, found_in="scene")
    if not scene.url.startswith("at://"):
        yield FetchRequest(url=scene.url, kind=ItemKind.PAGE, found_in="scene")


def search_again(known: KnownPost, fetch: Fetch) -> Iterator[Finding]:
    """Ask the account's own server for a post; yield what it says now, or that it has gone, with the proof."""
    uri = read_at_uri(known.post.id)
    if uri is None:
        return
    if fetch not in _AGAIN:
        _AGAIN[fetch] = Records(Accounts(fetch), fetch)
    records, proof = _AGAIN[fetch], ""
    accounts = records.accounts
    # The finding of a post that is not there becomes "gone" only here, where it is known that the post was there
    # before.
    yield from accounts.look_up([uri.did])
    if not (accounts[uri.did].pds or accounts[uri.did].ended):
        return  # that nothing names a server says nothing of the post
    found_in = f"the watch: no longer listed, before {known.ref}"
    for finding in records.capture([Wanted(uri=uri, found_in=found_in)]):
        match finding:
            case ItemReading(events=(ProofRead() as event,)):
                proof = event.ref
                yield finding
            case Unavailable(url=name, reason=reason) if name == known.post.id:
                yield PostGone(id=name, reason=reason, after=proof)
            case _:
                yield finding


def _find(address: BlueskyAddress, did: str, accounts: Accounts, records: Records, fetch: Fetch) -> Iterator[Finding]:
    """Yield what an address leads to, now that it is known whose it is."""
    # A post is sought even of an account that has ended: its server may still give the record, or the AppView a copy.
    if address.rkey:
        uri = AtUri(did=did, collection=address.collection, rkey=address.rkey)
        yield from find_post(uri, records, fetch)
        return
    yield from accounts.look_up([did])
    if accounts[did].ended:
        yield Unavailable(url=f"at://{did}", reason=accounts[did].ended, found_in="scene")
    elif accounts[did].pds:
        yield from AccountPosts(accounts[did], accounts, records, fetch).find()


def demand_service(origin: str, fetch: Fetch) -> None:
    """Ask a host. Raises NotMine where it does not answer as a server of the AT Protocol does.

    Bluesky's own programs have `_health`; any other must answer a query without its parameters with an XRPC error.
    """
    host = host_of(origin)
    request = FetchRequest(
        url=f"{origin}/xrpc/_health",
        kind=ItemKind.DATA,
        found_in=f"whether {host} speaks the AT Protocol",
        optional=True,
    )
    stored = stored_of(fetch.get(request))
    try:
        if stored is not None and "version" in members_of(stored, fetch).members:
            return
    except AnswerUnreadable as error:
        raise NotMine(f"{host}: {error}") from error
    # Asked without `uris`, which it demands: only a server of the protocol answers that with 400 and an error in its
    # form.
    url = f"{origin}/xrpc/app.bsky.feed.getPosts"
    answer = fetch.get(FetchRequest(url=url, kind=ItemKind.DATA, found_in=request.found_in, optional=True))
    if not answer.status:
        raise NotMine(unreached(origin, answer.reason))
    if answer.status != _BAD_REQUEST or not all(xrpc_error(answer, fetch)):
        raise NotMine(f"{host}: does not speak the AT Protocol")


def find_post(uri: AtUri, records: Records, fetch: Fetch) -> Iterator[Finding]:
    """Yield a record with its proof and its photos, the post that it quotes, and the thread where the user wants it."""
    post = yield from records.capture_one(Wanted(uri=uri, found_in="scene"))
    quoted = read_at_uri(post.quotes) if post is not None else None
    if quoted is not None and quoted != uri:
        yield from records.capture_one(Wanted(uri=quoted, found_in=f"quoted in post {uri}"))
    if uri.collection == POST and fetch.options.thread:
        yield from BlueskyThread(uri, post, records, fetch).find()
    elif uri.collection == POST and post is None:
        yield from _copy(uri, fetch)


def _copy(uri: AtUri, fetch: Fetch) -> Iterator[Finding]:
    """Yield what the AppView still shows of a post that its account's server does not give."""
    appview = fetch.options.bluesky.appview.rstrip("/")
    url = query(appview, "app.bsky.feed.getPosts", uris=str(uri))
    found_in = f"post {uri}, as the AppView shows it"
    request = FetchRequest(url=url, kind=ItemKind.LISTING, found_in=found_in, optional=True)
    stored = stored_of(fetch.get(request))
    if stored is None:
        return
    shows = Shows(appview, fetch)
    try:
        page = read_page(stored, fetch, "posts", set(), views=True)
    except AnswerUnreadable as error:
        yield Unavailable(url=url, reason=str(error), found_in=request.found_in)
        return
    for listed in page.elements:
        # Nothing but the post that was asked for: a service may put any other into its answer.
        if listed.uri == uri:
            yield from shows.excerpt(listed, stored, request.found_in)
            yield from pictures_of(Wanted(uri=uri, found_in=request.found_in, shown=listed.element.shown))
