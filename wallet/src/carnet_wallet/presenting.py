"""From a consent to bytes, and from bytes to the asker: history first, then one post.

1. The consent is for this very request: same hash, same question (row P10).
2. Each certificate is shown by one copy, opened at the agreed places and no others, bound
   to the full client identifier and the nonce (OpenID4VP 1.0 sections 14.1.2 and 14.8).
3. What is shown to whom, and which copies are spent by it, is kept durably.
4. The answer is posted, encrypted where the asker wants that (section 8.3); redirects are
   not followed. What the asker says to it is kept with the history.

A request that breaks a rule whatever she holds is told so by its error code (section 8.5), at
the address its authenticated asker may name, and nobody else is told anything.

A worker who shows nothing, has nothing, or has nothing that fits sends the same message at
the same moment: `access_denied`, after she has seen the request, and to an authenticated
asker only (section 15.4.1, rows P18 and P22).
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from carnet_schemas.dcql import CandidateMatch
from carnet_schemas.errors import SchemaError
from carnet_schemas.form import encode_form
from carnet_schemas.messages import check_url_syntax
from carnet_schemas.oid4vp import (
    AuthorizationErrorBody,
    AuthorizationErrorCode,
    AuthorizationRequest,
    DirectPostResult,
    vp_token_json,
)
from carnet_securing import strict_json
from carnet_securing.errors import CarnetError, ErrorKind, UndeterminedError
from carnet_securing.jwe import encrypt_jwe
from carnet_securing.key_binding import bind
from carnet_securing.strict_json import JsonObject
from carnet_trust.askers import AskerKind, AskerName
from carnet_wallet.cards import HeldCard
from carnet_wallet.consent import Consent
from carnet_wallet.encryption import AnswerEncryption, answer_encryption
from carnet_wallet.errors import RequestRefusedError, closed_address
from carnet_wallet.fail_points import FailPoints, Moment
from carnet_wallet.records import Copy
from carnet_wallet.requests import ResolvedRequest, refused
from carnet_wallet.showings import Outcome, Showing, ShownCard
from carnet_wallet.vault.vault import Vault
from carnet_wallet.web import FORM, JSON, SMALL_BYTES, Answer, Web, read_answer


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedAnswer:
    """Everything of an answer before the last word: bytes that have not left."""

    body: bytes = field(repr=False)
    copies: tuple[Copy, ...] = field(repr=False)
    copies_before: tuple[Copy, ...] = field(repr=False)
    cards: tuple[ShownCard, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The asker has the answer.

    Attributes:
        continue_at: where it wants the browser to go on: a plain web address, else None.
        continue_refused: whether it named something that is none, and that was left out.
    """

    continue_at: str | None
    continue_refused: bool


def prepare_answer(
    resolved: ResolvedRequest,
    consent: Consent,
    cards: Mapping[str, HeldCard],
    *,
    now: int,
) -> PreparedAnswer:
    """Steps 1 and 2.

    Raises:
        RequestRefusedError: `conflict` when the consent is for another request.
    """
    # 1.
    if consent.request_digest != resolved.digest:
        raise RequestRefusedError(
            ErrorKind.CONFLICT,
            "The request has changed since you looked at it.",
            hint="Nothing was shown. Open the request again.",
        )
    # 2.
    request = resolved.request
    asker = request.client_id.text
    token: dict[str, list[str]] = defaultdict(list)
    copies: dict[str, Copy] = {}
    before: dict[str, Copy] = {}
    shown = []
    for found in consent.matches:
        one = cards[found.candidate_id]
        copy = copies.get(one.card.card_id) or one.copy_for(asker).copy
        before.setdefault(one.card.card_id, copy)
        token[found.query_id].append(_bound(found, copy, request, now=now))
        if asker not in copy.shown_to:
            copy = replace(copy, shown_to=(*copy.shown_to, asker))
        copies[one.card.card_id] = copy
        shown.append(ShownCard.of(one.card, copy, found.paths))
    try:
        payload: JsonObject = {"vp_token": vp_token_json(token)}
    except SchemaError as error:
        raise refused(error) from None
    return PreparedAnswer(
        body=_answer_form(payload, resolved),
        copies=tuple(copies.values()),
        copies_before=tuple(before.values()),
        cards=tuple(shown),
    )


def send_answer(
    prepared: PreparedAnswer,
    resolved: ResolvedRequest,
    asker: AskerName,
    *,
    vault: Vault,
    web: Web,
    fail_points: FailPoints,
    now: int,
) -> Sent:
    """Steps 3 and 4.

    Raises:
        VaultError: `storage_full`; nothing has left.
        RequestRefusedError: the asker has it and does not take it; `fetch_blocked` when the
            guard of the network let nothing out, and then nothing is kept of it.
        UndeterminedError: it is not known whether the asker has it; the history says so.
    """
    # 3.
    showing = Showing(
        at=now,
        asker=asker.client_id,
        asker_name=asker.name,
        known=asker.kind is AskerKind.KNOWN,
        request_digest=resolved.digest,
        cards=prepared.cards,
        outcome=Outcome.LEAVING,
    )
    fail_points.reach(Moment.BEFORE_HISTORY)
    vault.commit([showing.put(), *(copy.put() for copy in prepared.copies)])
    fail_points.reach(Moment.AFTER_HISTORY)
    # 4.
    fail_points.reach(Moment.BEFORE_SEND)
    try:
        answer = _post(resolved.request.response_uri, prepared.body, web=web)
    except UndeterminedError as error:
        if error.kind is ErrorKind.FETCH_BLOCKED:
            # A host whose name leads to a forbidden address: known before a byte is written.
            vault.commit([showing.remove(), *(copy.put() for copy in prepared.copies_before)])
            raise closed_address(error.kind) from None
        raise UndeterminedError(
            error.kind,
            "It is not sure that your answer arrived.",
            hint="Ask the person who asked. Your history notes what may have been shown.",
        ) from None
    vault.commit([showing.ended(Outcome.RECEIVED if answer.ok else Outcome.REFUSED).put()])
    if not answer.ok:
        raise RequestRefusedError(
            ErrorKind.UNAVAILABLE,
            "The other side did not take your answer.",
            hint="The request may have ended. Ask for a new code.",
        )
    return _sent(answer, web=web)


def send_refusal(resolved: ResolvedRequest, *, web: Web) -> bool:
    """Tell an authenticated asker `access_denied`, for every reason alike.

    Returns:
        Whether anything was sent. An asker nobody authenticated learns nothing, and one that
        cannot be reached is no concern of the worker.
    """
    if not resolved.asker_authenticated:
        return False
    request = resolved.request
    body = AuthorizationErrorBody(error=AuthorizationErrorCode.ACCESS_DENIED, state=request.state)
    try:
        _post(request.response_uri, _answer_form(body.to_json(), resolved), web=web)
    except CarnetError:
        return False
    return True


def send_error(error: RequestRefusedError, *, web: Web) -> bool:
    """Tell an authenticated asker which rule its request breaks, where that may be told.

    The code depends on the request and on this software, never on the worker or on what she
    holds, and no words go with it.

    Returns:
        Whether anything was sent; an asker that cannot be reached is no concern of the worker.
    """
    route = error.route
    if route is None or not error.wire_code:
        return False
    members = AuthorizationErrorBody(error=error.wire_code, state=route.state).to_json()
    # Section 8.3.1: an error may go in clear when no key of its asker can be used.
    body = _form(members, encryption=answer_encryption(route.encryption))
    try:
        _post(route.response_uri, body, web=web)
    except CarnetError:
        return False
    return True


def _bound(found: CandidateMatch, copy: Copy, request: AuthorizationRequest, *, now: int) -> str:
    selection = copy.held.select(found.paths)
    return bind(
        selection,
        audience=request.client_id.text,
        nonce=request.nonce,
        now=now,
        signer=copy.key.signer(),
    ).decode("ascii")


def _answer_form(payload: JsonObject, resolved: ResolvedRequest) -> bytes:
    state = resolved.request.state
    if state is not None:
        payload = {**payload, "state": state}
    return _form(payload, encryption=resolved.encryption)


def _form(payload: JsonObject, *, encryption: AnswerEncryption | None) -> bytes:
    if encryption is not None:
        key = encryption.asker_key
        text = encrypt_jwe(
            strict_json.dumps_bytes(payload), key=key, enc=encryption.cipher, kid=key.kid
        )
        return encode_form({"response": text}).encode("ascii")
    flat = {
        name: value if isinstance(value, str) else strict_json.dumps(value)
        for name, value in payload.items()
    }
    return encode_form(flat).encode("ascii")


def _post(address: str, body: bytes, *, web: Web) -> Answer:
    posted = web.post(address, body=body, content_type=FORM, accept=JSON, max_bytes=SMALL_BYTES)
    return read_answer(posted)


def _sent(answer: Answer, *, web: Web) -> Sent:
    """What came back: of the places to go on at, only one that could be opened here (X01).

    A fragment may follow the address: section 8.2 puts the response code there.
    """
    if answer.members.get("redirect_uri") is None:
        return Sent(continue_at=None, continue_refused=False)
    try:
        url = DirectPostResult.parse(answer.members).redirect_uri or ""
        check_url_syntax(url)
        web.check(url.partition("#")[0])
    except (SchemaError, UndeterminedError):
        return Sent(continue_at=None, continue_refused=True)
    return Sent(continue_at=url, continue_refused=False)
