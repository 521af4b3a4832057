"""By which key an asker signs: the prefix of its identifier decides, and nothing else.

OpenID4VP 1.0 section 5.9.3. A DID signs with a key of its document named by `kid`;
`x509_san_dns` and `x509_hash` sign with a leaf whose chain ends at a root of the wallet's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from carnet_schemas.client_id import ClientId, ClientIdPrefix
from carnet_schemas.oid4vp import REQUEST_OBJECT_TYPE
from carnet_securing import strict_json
from carnet_securing.algorithms import SIGNATURE_ALGORITHMS, SignatureCheck
from carnet_securing.did import key_of_did_url, parse_did_url
from carnet_securing.did_document import AUTHENTICATION, fetch_did_web
from carnet_securing.jwk import PublicJwk
from carnet_securing.jws import UnverifiedJws, verify_jws
from carnet_securing.limits import PRESENTATION
from carnet_securing.strict_json import JsonObject
from carnet_securing.x509 import ASKER_PURPOSES, DnsName, LeafHash, decode_x5c, verify_chain
from carnet_wallet.errors import untrusted
from carnet_wallet.web import Web

_TYPES: Final = frozenset({REQUEST_OBJECT_TYPE})


@dataclass(frozen=True, slots=True, kw_only=True)
class AskerKeys:
    """What authenticating an asker reaches for: documents, roots, and a signature check."""

    web: Web
    check: SignatureCheck
    roots: Callable[[], Sequence[bytes]]
    loopback_http: bool


def verified_claims(
    client_id: ClientId, jws: UnverifiedJws, *, keys: AskerKeys, now: int
) -> JsonObject:
    """What an asker signed, by the key that the prefix of its identifier leads to.

    Raises:
        RequestRefusedError, InvalidError: the asker is not authenticated.
        UndeterminedError: a document of the asker could not be fetched.
    """
    match client_id.prefix:
        case ClientIdPrefix.DECENTRALIZED_IDENTIFIER:
            key = _did_key(client_id.value, jws, keys=keys)
        case ClientIdPrefix.X509_SAN_DNS | ClientIdPrefix.X509_HASH:
            key = _leaf_key(client_id, jws, keys=keys, now=now)
        case _:
            raise untrusted("The asker is named in a way this wallet cannot check.")
    verified = verify_jws(
        jws, key=key, algorithms=SIGNATURE_ALGORITHMS, types=_TYPES, check=keys.check
    )
    return strict_json.loads_object(verified.payload, max_bytes=PRESENTATION.request_object_bytes)


def _did_key(did: str, jws: UnverifiedJws, *, keys: AskerKeys) -> PublicJwk:
    """The key `kid` names, which must be one of the very DID that asks (section 5.9.3)."""
    kid = jws.unverified_header.get("kid")
    if type(kid) is not str:
        raise untrusted("The request does not say which key signed it.")
    named = f"{did}{kid}" if kid.startswith("#") else kid
    url = parse_did_url(named)
    if url.did != did or url.fragment is None:
        raise untrusted("The request is signed by somebody else than the asker.")
    if url.method != "web":
        return key_of_did_url(named)
    document = fetch_did_web(
        did, fetch=keys.web, limits=PRESENTATION, loopback_http=keys.loopback_http
    )
    return document.key(named, AUTHENTICATION)


def _leaf_key(client_id: ClientId, jws: UnverifiedJws, *, keys: AskerKeys, now: int) -> PublicJwk:
    chain = decode_x5c(jws.unverified_header.get("x5c"), limits=PRESENTATION)
    by_name = client_id.prefix is ClientIdPrefix.X509_SAN_DNS
    expected = DnsName(client_id.value) if by_name else LeafHash(client_id.value)
    return verify_chain(
        chain,
        roots=keys.roots(),
        expected=expected,
        purposes=ASKER_PURPOSES,
        now=now,
        limits=PRESENTATION,
    ).key
