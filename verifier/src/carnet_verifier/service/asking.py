"""From a query to a stored request and the link a wallet receives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from carnet_schemas.asking import check_question
from carnet_schemas.client_id import ClientIdPrefix
from carnet_schemas.dcql import parse_dcql
from carnet_schemas.oid4vp_link import request_uri_by_reference, request_uri_by_value
from carnet_schemas.oid4vp_request import (
    ENC_SUPPORTED,
    ClientMetadata,
    EncryptionKeys,
    ResponseMode,
    request_object,
)
from carnet_securing import strict_json
from carnet_securing.jwe import DecryptionKey
from carnet_verifier.service.questions import NewQuestion, QuestionStore
from carnet_verifier.service.settings import VerifierSettings

_ALGORITHMS: Final = ["ES256", "ES384", "Ed25519"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedQuestion:
    """What the asker gets: the link for the wallet, and the secret that opens the result."""

    id: str
    request_uri: str = field(repr=False)
    result_uri: str
    result_token: str = field(repr=False)


def ask(
    unverified_query: object,
    *,
    unsigned: bool,
    settings: VerifierSettings,
    store: QuestionStore,
    now: int,
) -> AskedQuestion:
    """Store a new question and return its link.

    Args:
        unverified_query: the DCQL query as decoded JSON.
        unsigned: ask under `redirect_uri:`, by value; the wallet will say "unknown asker".

    Raises:
        SchemaError: the query is malformed, or asks for more than our question form allows.
        RequestError: a wallet that keeps the rules would refuse the request.
    """
    query = parse_dcql(unverified_query)
    check_question(query)
    new = NewQuestion.fresh()
    response_uri = f"{settings.url}/response/{new.id}"
    client_id = f"{ClientIdPrefix.REDIRECT_URI}:{response_uri}" if unsigned else settings.client_id
    key = (
        DecryptionKey.generate() if settings.response_mode is ResponseMode.DIRECT_POST_JWT else None
    )
    claims = request_object(
        client_id=client_id,
        response_mode=settings.response_mode,
        response_uri=response_uri,
        nonce=new.nonce,
        state=new.state,
        query=query,
        client_metadata=_metadata(new.id, key),
    )
    store.add(
        new,
        audience=client_id,
        query=query.to_json(),
        request=claims,
        decryption_key=None if key is None else key.private_bytes(),
        now=now,
        lifetime=settings.times.question,
    )
    link = (
        request_uri_by_value(claims, write_json=strict_json.dumps)
        if unsigned
        else request_uri_by_reference(client_id, f"{settings.url}/request/{new.id}")
    )
    return AskedQuestion(
        id=new.id,
        request_uri=link,
        result_uri=f"{settings.url}/result/{new.id}",
        result_token=new.result_token,
    )


def _metadata(question_id: str, key: DecryptionKey | None) -> ClientMetadata:
    """What the wallet must know to answer: formats, and the key of this one question."""
    formats: Mapping[str, dict[str, Any]] = {
        "dc+sd-jwt": {"sd-jwt_alg_values": _ALGORITHMS, "kb-jwt_alg_values": _ALGORITHMS}
    }
    if key is None:
        return ClientMetadata(vp_formats_supported=dict(formats))
    jwk = {**key.public_jwk.to_json(), "kid": question_id, "use": "enc", "alg": "ECDH-ES"}
    return ClientMetadata(
        jwks=EncryptionKeys(keys=(jwk,)),
        encrypted_response_enc_values_supported=tuple(ENC_SUPPORTED),
        vp_formats_supported=dict(formats),
    )
