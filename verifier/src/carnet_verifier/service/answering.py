"""From a posted form to a stored result.

1. The form holds one VP token, one encrypted response, or one error.
2. An encrypted response opens with the key made for this one question.
3. `state` ties it to the question; without it nothing is stored and nothing is spent.
4. The answer is examined (`carnet_verifier.answers`).
5. Result and spent nonce are stored by one conditional update (`questions.finish`).

An answer in which nothing was made by its holder for this question, and a refusal, can come
from anybody who saw the question: each is noted and can be read, but ends nothing. The
question stays open for the holder's own answer until its time is over.
"""

from dataclasses import dataclass, field
from typing import Any

from carnet_schemas.dcql import parse_dcql
from carnet_schemas.form import parse_form
from carnet_schemas.oid4vp_request import ENC_SUPPORTED
from carnet_schemas.oid4vp_response import (
    EncryptedResponse,
    ErrorResponse,
    PlainResponse,
    parse_encrypted_payload,
    parse_response_form,
)
from carnet_securing import strict_json
from carnet_securing.errors import ErrorKind
from carnet_securing.jwe import DecryptionKey, decrypt_jwe
from carnet_securing.limits import Limits
from carnet_verifier.answers import Question, examine_answer
from carnet_verifier.examined import ExaminedAnswer
from carnet_verifier.service.errors import ServiceError
from carnet_verifier.service.questions import OpenQuestion, QuestionStore
from carnet_verifier.surroundings import Surroundings

MAX_FORM_BYTES = 512 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What a wallet posted, opened but not examined."""

    unverified_vp_token: str | None = field(repr=False)
    error: str | None
    state: str | None = field(repr=False)


def receive(
    body: bytes,
    *,
    question: OpenQuestion,
    store: QuestionStore,
    surroundings: Surroundings,
) -> None:
    """Take one answer to an open question and store what it is worth.

    Raises:
        CarnetError, SchemaError: the post is malformed, does not open, does not belong to the
            question (nothing is stored), or came second (`replay`).
    """
    posted = _open(body, question, surroundings.limits)
    question.check_state(posted.state)
    if posted.unverified_vp_token is None:
        store.note(
            question.id,
            standing="declined",
            report=None,
            wallet_error=posted.error,
            now=surroundings.now,
        )
        return
    examined = examine_answer(
        posted.unverified_vp_token,
        question=Question(
            query=parse_dcql(dict(question.query)),
            audience=question.audience,
            nonce=question.nonce,
        ),
        surroundings=surroundings,
    )
    report = examined.report.to_json()
    if not examined.spends_nonce:
        store.note(
            question.id, standing="open", report=report, wallet_error=None, now=surroundings.now
        )
        return
    store.finish(question.id, report=report, claims=claims_by_query(examined), now=surroundings.now)


def claims_by_query(examined: ExaminedAnswer) -> dict[str, Any]:
    """What was shown, by query id: type, issuer by name, and the disclosed claims."""
    return {
        query_id: [
            {
                "type": one.vct,
                "issuer": one.issuer,
                "issuer_name": dict(one.issuer_name),
                "expires_at": one.expires_at,
                "claims": dict(one.claims),
            }
            for one in several
        ]
        for query_id, several in examined.credentials.items()
    }


def _open(body: bytes, question: OpenQuestion, limits: Limits) -> Posted:
    """Steps 1 and 2."""
    try:
        text = body.decode("ascii")
    except UnicodeDecodeError:
        raise ServiceError(ErrorKind.MALFORMED, "An answer is posted as a form.") from None
    response = parse_response_form(parse_form(text, max_characters=MAX_FORM_BYTES))
    must_encrypt = question.decryption_key is not None
    match response:
        case PlainResponse():
            if must_encrypt:
                raise ServiceError(ErrorKind.MALFORMED, "This answer has to be encrypted.")
            return Posted(
                unverified_vp_token=response.unverified_vp_token_text,
                error=None,
                state=response.state,
            )
        case ErrorResponse():
            return Posted(unverified_vp_token=None, error=response.error, state=response.state)
        case EncryptedResponse():
            return _decrypt(response, question, limits)


def _decrypt(response: EncryptedResponse, question: OpenQuestion, limits: Limits) -> Posted:
    if question.decryption_key is None:
        raise ServiceError(ErrorKind.MALFORMED, "This answer is not expected to be encrypted.")
    plaintext = decrypt_jwe(
        response.unverified_jwe,
        decryption_key=DecryptionKey.from_private_bytes(question.decryption_key, kid=question.id),
        enc_allowed=ENC_SUPPORTED,
        limits=limits,
    )
    payload = parse_encrypted_payload(
        strict_json.loads(plaintext, max_bytes=limits.jwe_bytes, max_depth=limits.json_depth)
    )
    if isinstance(payload, ErrorResponse):
        return Posted(unverified_vp_token=None, error=payload.error, state=payload.state)
    token = {query_id: list(texts) for query_id, texts in payload.vp_token.items()}
    return Posted(unverified_vp_token=strict_json.dumps(token), error=None, state=payload.state)
