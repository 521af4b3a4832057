"""Take an SD-JWT apart and verify it: every rule of RFC 9901 sections 4 and 7.1.

The compact form only. Whether a key binding is wanted is the caller's decision,
never read from the input (section 7.3 step 1): see `carnet_securing.key_binding`.
"""

from collections.abc import Collection
from typing import NamedTuple

from carnet_securing import disclosure, strict_json
from carnet_securing.algorithms import SignatureCheck
from carnet_securing.digest_walk import Disclosed, reveal
from carnet_securing.errors import ErrorKind, InvalidError
from carnet_securing.jwk import PublicJwk
from carnet_securing.jws import UnverifiedJws, parse_jws, verify_jws
from carnet_securing.limits import Limits
from carnet_securing.strict_json import JsonObject


class UnverifiedSdJwt(NamedTuple):
    """The parts of a compact SD-JWT or SD-JWT+KB, well formed but not verified.

    Attributes:
        jws: the issuer-signed JWT.
        unverified_members: its payload, the objects in it as `strict_json.loads_members` leaves
            them.
        disclosures: each as it was received.
        key_binding: the last part as it was received, None for an SD-JWT without it.
        hashed_part: everything up to and including the last tilde, over which `sd_hash` goes.
    """

    jws: UnverifiedJws
    unverified_members: JsonObject
    disclosures: tuple[bytes, ...]
    key_binding: bytes | None
    hashed_part: bytes

    def __repr__(self) -> str:
        return f"UnverifiedSdJwt(disclosures={len(self.disclosures)})"

    @property
    def unverified_claims(self) -> JsonObject:
        """The payload as JSON, digests and all, parsed anew at each call.

        Raises:
            InvalidError: `duplicate_member`.
        """
        payload = self.jws.unverified_payload
        return strict_json.loads_object(payload, max_bytes=len(payload))


class VerifiedSdJwt(NamedTuple):
    """An SD-JWT whose signature and digests hold. Times and key binding are not checked yet.

    Attributes:
        header: the protected header.
        signed: the bytes of the signed payload.
        claims: the processed claims of RFC 9901 section 7.1, disclosed ones in place.
        disclosed: what was hidden and is shown, parents first.
        concealing: the claims at the top that hold digests at any depth, shown or not.
        hash_algorithm: the name that `_sd_alg` gives, or `sha-256`.
        key_binding: the unverified last part, None where there is none.
        hashed_part: the bytes `sd_hash` goes over.
        key: the key the signature was checked with.
    """

    header: JsonObject
    signed: bytes
    claims: JsonObject
    disclosed: tuple[Disclosed, ...]
    concealing: frozenset[str]
    hash_algorithm: str
    key_binding: bytes | None
    hashed_part: bytes
    key: PublicJwk

    def __repr__(self) -> str:
        return f"VerifiedSdJwt(disclosed={len(self.disclosed)}, key={self.key!r})"

    @property
    def payload(self) -> JsonObject:
        """The signed JSON, digests and all, parsed anew at each call."""
        return strict_json.loads_object(self.signed, max_bytes=len(self.signed))


def parse_sd_jwt(data: str | bytes, *, limits: Limits) -> UnverifiedSdJwt:
    """Split the compact form by the grammar of RFC 9901 section 4; nothing is verified.

    Sizes and counts are bounded before anything is decoded.

    Raises:
        InvalidError: `too_large`, `malformed`, and whatever parsing the JWT raises.
    """
    if len(data) > limits.compact_bytes:
        raise _too_large()
    raw = _ascii(data) if isinstance(data, str) else data
    jwt, tilde, rest = raw.partition(b"~")
    # One part more than allowed is split off, and no further one.
    disclosures = rest.split(b"~", limits.disclosures + 1)
    last = disclosures.pop()
    if len(disclosures) > limits.disclosures:
        raise _too_large()
    if not jwt or not tilde or b"" in disclosures:
        raise InvalidError(ErrorKind.MALFORMED, "The document is not a compact SD-JWT.")
    if last:
        if last.count(b".") != 2:
            raise InvalidError(
                ErrorKind.MALFORMED, "The last part of the document is not a key binding."
            )
        if len(last) > limits.key_binding_bytes:
            raise InvalidError(ErrorKind.TOO_LARGE, "The key binding is larger than allowed.")
    jws = parse_jws(jwt, limits=limits)
    payload = strict_json.loads_members(
        jws.unverified_payload, max_bytes=limits.compact_bytes, max_depth=limits.json_depth
    )
    if type(payload) is not tuple:
        raise InvalidError(ErrorKind.MALFORMED, "The signed payload is not a JSON object.")
    return UnverifiedSdJwt(
        jws,
        strict_json.members(payload),
        tuple(disclosures),
        last or None,
        raw[: len(raw) - len(last)],
    )


def verify_sd_jwt(
    unverified: UnverifiedSdJwt,
    *,
    key: PublicJwk,
    algorithms: Collection[str],
    types: Collection[str],
    check: SignatureCheck,
    limits: Limits,
    hash_algorithms: Collection[str] = disclosure.HASH_ALGORITHMS,
) -> VerifiedSdJwt:
    """Verify the signature and every digest, and put the disclosed claims in their places.

    The plan, with the steps of RFC 9901 section 7.1:

    1. Separate the parts: done by `parse_sd_jwt`.
    2. The issuer-signed JWT: algorithm allowed (2.a), signature by `key` (2.b), `typ` as
       expected (section 9.11), `_sd_alg` allowed (2.d). That `key` is the issuer's (2.c)
       is the caller's to ensure.
    3. Digests of the received text of each disclosure (3.a); each disclosure once.
    4. One walk finds each embedded digest, inserts what is disclosed, recursively, and
       drops the rest (3.b to 3.f); a digest met twice (4) or a disclosure that no digest
       names (5) is refused.

    Left to the caller: step 6, times and audience, and section 7.3, key binding.

    Args:
        algorithms: JOSE names that may have signed; none allows nothing.
        types: exact values of `typ` that are expected; none allows nothing.
        hash_algorithms: values of `_sd_alg` that are secure enough for the caller.

    Raises:
        InvalidError: what `verify_jws` raises, `hash_alg_not_allowed`, and what
            `carnet_securing.digest_walk.reveal` raises.
    """
    # 2.
    signed = verify_jws(unverified.jws, key=key, algorithms=algorithms, types=types, check=check)
    payload = unverified.unverified_members
    hash_algorithm = disclosure.check_hash_algorithm(
        payload.get(disclosure.HASH_NAME, disclosure.DEFAULT_HASH), allowed=hash_algorithms
    )
    # 3.
    received = unverified.disclosures
    by_digest = disclosure.by_digest(received, algorithm=hash_algorithm)
    if len(by_digest) != len(received):
        raise InvalidError(ErrorKind.DIGEST_DUPLICATE, "A shown claim was sent more than once.")
    # 4.
    revealed = reveal(payload, by_digest, limits=limits)
    return VerifiedSdJwt(
        signed.header,
        signed.payload,
        revealed.claims,
        revealed.disclosed,
        revealed.concealing,
        hash_algorithm,
        unverified.key_binding,
        unverified.hashed_part,
        signed.key,
    )


def _too_large() -> InvalidError:
    return InvalidError(ErrorKind.TOO_LARGE, "The document is larger than allowed.")


def _ascii(text: str) -> bytes:
    try:
        return text.encode("ascii")
    except UnicodeEncodeError:
        raise InvalidError(
            ErrorKind.MALFORMED, "The document holds characters that cannot be part of it."
        ) from None
