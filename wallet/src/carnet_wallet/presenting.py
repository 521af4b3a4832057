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
from carnet_schemas.oid4vp import (
    AuthorizationErrorBody,
    AuthorizationErrorCode,
    AuthorizationRequest,
    DirectPostResult,
    EncryptionChoice,
    ResponseMode,
    choose_encryption,
    vp_token_json,
)
from carnet_securing import strict_json
from carnet_securing.errors import CarnetError, ErrorKind, UndeterminedError
from carnet_securing.jwe import encrypt_jwe
from carnet_securing.jwk import parse_public_jwk
from carnet_securing.key_binding import bind
from carnet_securing.strict_json import JsonObject
from carnet_trust.askers import AskerKind, AskerName
from carnet_wallet.cards import HeldCard
from carnet_wallet.consent import Consent
from carnet_wallet.errors import RequestRefusedError
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
    cards: tuple[ShownCard, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The asker has the answer. `continue_at` is where it wants the browser to go on."""

    continue_at: str | None


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
    shown = []
    for found in consent.matches:
        one = cards[found.candidate_id]
        copy = copies.get(one.card.card_id) or one.copy_for(asker).copy
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
        body=_answer_form(payload, request), copies=tuple(copies.values()), cards=tuple(shown)
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
        RequestRefusedError: the asker has it and does not take it.
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
    return Sent(continue_at=_continue_at(answer))


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
        _post(request.response_uri, _answer_form(body.to_json(), request), web=web)
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
    try:
        body = _form(members, encryption=route.encryption)
    except CarnetError:
        # Section 8.3.1: an error may go in clear when its asker's key cannot be used.
        body = _form(members, encryption=None)
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


def _answer_form(payload: JsonObject, request: AuthorizationRequest) -> bytes:
    if request.state is not None:
        payload = {**payload, "state": request.state}
    encrypted = request.response_mode is ResponseMode.DIRECT_POST_JWT
    return _form(
        payload, encryption=choose_encryption(request.client_metadata) if encrypted else None
    )


def _form(payload: JsonObject, *, encryption: EncryptionChoice | None) -> bytes:
    if encryption is not None:
        key = parse_public_jwk(encryption.jwk)
        text = encrypt_jwe(
            strict_json.dumps_bytes(payload), key=key, enc=encryption.enc, kid=key.kid
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


def _continue_at(answer: Answer) -> str | None:
    try:
        return DirectPostResult.parse(answer.members).redirect_uri
    except SchemaError:
        return None
