"""DID documents (DID Core, Controlled Identifiers): which keys speak for a DID, and for what."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from carnet_securing import strict_json
from carnet_securing.did import did_web_url, parse_did_url, parse_multikey
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.fetch import Fetch
from carnet_securing.jwk import PublicJwk, parse_public_jwk
from carnet_securing.limits import Limits
from carnet_securing.strict_json import JsonObject

ASSERTION_METHOD: Final = "assertionMethod"
"""Signing claims about others: credentials, status lists."""
AUTHENTICATION: Final = "authentication"
"""Signing as oneself: requests, proofs."""

_RELATIONSHIPS: Final = (ASSERTION_METHOD, AUTHENTICATION)
# Both write the same bytes; the second is the older name for one key type.
_MULTIBASE_TYPES: Final = ("Multikey", "Ed25519VerificationKey2020")


class _Method(NamedTuple):
    identifier: str
    key: PublicJwk | None
    """None for a type of key that signs nothing here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DidDocument:
    """The keys of one DID. Each key's `kid` is its full identifier, `did#fragment`."""

    did: str
    _methods: tuple[_Method, ...] = field(repr=False)
    _relationships: dict[str, frozenset[str]] = field(repr=False)

    def keys(self, relationship: str) -> tuple[PublicJwk, ...]:
        """The usable keys that may be used for `relationship`."""
        allowed = self._relationships.get(relationship, frozenset())
        return tuple(m.key for m in self._methods if m.key and m.identifier in allowed)

    def key(self, kid: str, relationship: str) -> PublicJwk:
        """The key called `kid`, absolute or as `#fragment`, for `relationship`.

        Raises:
            InvalidError: `key_not_found`; `proof_purpose` when the document does not allow
                this key for `relationship`; `alg_not_allowed` for a type of key that signs
                nothing here.
        """
        identifier = f"{self.did}{kid}" if kid.startswith("#") else kid
        method = next((m for m in self._methods if m.identifier == identifier), None)
        if method is None:
            raise InvalidError(ErrorKind.KEY_NOT_FOUND, "A DID has no key of that name.")
        if identifier not in self._relationships.get(relationship, frozenset()):
            raise InvalidError(ErrorKind.PROOF_PURPOSE, "A key is not meant for this use.")
        if method.key is None:
            raise InvalidError(ErrorKind.ALG_NOT_ALLOWED, "This type of key is not accepted.")
        return method.key


def fetch_did_web(did: str, *, fetch: Fetch, limits: Limits, loopback_http: bool) -> DidDocument:
    """Fetch and read the document of a did:web.

    Raises:
        InvalidError: as `did_web_url` and `parse_did_document`.
        UndeterminedError: why it could not be fetched.
    """
    fetched = fetch.get(
        did_web_url(did, loopback_http=loopback_http),
        accept="application/did+json, application/json",
        max_bytes=limits.did_document_bytes,
    )
    return parse_did_document(fetched.unverified_body, did=did, limits=limits)


def parse_did_document(body: bytes, *, did: str, limits: Limits) -> DidDocument:
    """Read a DID document that must be about `did`.

    Methods of unknown key types are kept by name only. A method controlled by another DID
    is refused: nobody else's key may speak for this one here.

    Raises:
        InvalidError: `issuer_mismatch` when the document is about another DID or a method has
            another controller; `too_large` for too many methods; `malformed`,
            `duplicate_member`, `too_deep` and `header_not_allowed` (a private key) otherwise.
    """
    document = strict_json.loads_object(
        body, max_bytes=limits.did_document_bytes, max_depth=limits.json_depth
    )
    if document.get("id") != did:
        raise InvalidError(ErrorKind.ISSUER_MISMATCH, "A DID document is about another DID.")
    methods: dict[str, _Method] = {}
    relationships: dict[str, frozenset[str]] = {}
    for value in _list(document, "verificationMethod"):
        _add(methods, _method(value, did), limits)
    for relationship in _RELATIONSHIPS:
        names = set()
        for value in _list(document, relationship):
            if isinstance(value, str):
                names.add(_identifier(value, did))
            else:
                method = _method(value, did)
                _add(methods, method, limits)
                names.add(method.identifier)
        relationships[relationship] = frozenset(names)
    return DidDocument(did=did, _methods=tuple(methods.values()), _relationships=relationships)


def _list(document: JsonObject, name: str) -> Iterator[object]:
    value = document.get(name, [])
    if not isinstance(value, list):
        raise _malformed()
    yield from value


def _add(methods: dict[str, _Method], method: _Method, limits: Limits) -> None:
    if len(methods) >= limits.did_verification_methods:
        raise InvalidError(ErrorKind.TOO_LARGE, "A DID document has more keys than allowed.")
    if method.identifier in methods:
        raise _malformed()
    methods[method.identifier] = method


def _method(value: object, did: str) -> _Method:
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        raise _malformed()
    if value.get("controller") != did:
        raise InvalidError(ErrorKind.ISSUER_MISMATCH, "A DID document lists somebody else's key.")
    identifier = _identifier(value["id"], did)
    key = _key(value)
    return _Method(identifier, None if key is None else key._replace(kid=identifier))


def _key(method: JsonObject) -> PublicJwk | None:
    if "publicKeyJwk" in method and "publicKeyMultibase" in method:
        raise _malformed()
    try:
        if "publicKeyJwk" in method:
            return parse_public_jwk(method["publicKeyJwk"])
        if method.get("type") in _MULTIBASE_TYPES:
            multibase = method.get("publicKeyMultibase")
            if not isinstance(multibase, str):
                raise _malformed()
            return parse_multikey(multibase)
    except InvalidError as error:
        if error.kind is not ErrorKind.ALG_NOT_ALLOWED:
            raise
    return None


def _identifier(text: str, did: str) -> str:
    url = parse_did_url(f"{did}{text}" if text.startswith("#") else text)
    if url.fragment is None:
        raise _malformed()
    return url.text


def _malformed() -> InvalidError:
    return InvalidError(ErrorKind.MALFORMED, "A DID document is malformed.")
