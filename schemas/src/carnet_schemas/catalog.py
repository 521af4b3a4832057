"""The credential types by `vct`: validate claims, say what is concealed, serve documents.

`validate_claims` is where every claims set passes, at issuing, at claiming and at
verifying: never-list first, then the type's model, then completeness and the rules across
claims. It does not say who may sign (`check_signer_may_say` here, and trust entries) nor
whether a signature holds (carnet_securing).
"""

import hashlib
from binascii import b2a_base64
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from carnet_schemas import never_list
from carnet_schemas.claim_table import Claim, CredentialType
from carnet_schemas.errors import SchemaError, SchemaErrorKind
from carnet_schemas.json_schema import REGISTERED_CLAIMS
from carnet_schemas.paths import ConcretePath, JsonObject, JsonValue, matches, select, to_pointer
from carnet_schemas.signer_classes import check_class
from carnet_schemas.strict_model import StrictModel, read
from carnet_schemas.types import (
    endorsement,
    fair_platform,
    learning_activity,
    mission,
    mission_history,
    reply,
    skill_certificate,
)

__all__ = [
    "CREDENTIAL_TYPES",
    "REGISTERED_CLAIMS",
    "CredentialType",
    "check_signer_may_say",
    "concealable_paths",
    "credential_type",
    "json_schema_bytes",
    "type_metadata_bytes",
    "type_metadata_integrity",
    "validate_claims",
    "value_words",
]

CREDENTIAL_TYPES: Final[Mapping[str, CredentialType]] = MappingProxyType(
    {
        each.vct: each
        for each in (
            skill_certificate.TYPE,
            learning_activity.TYPE,
            mission.TYPE,
            mission_history.TYPE,
            endorsement.TYPE,
            fair_platform.TYPE,
            reply.TYPE,
        )
    }
)


def credential_type(vct: str) -> CredentialType:
    """The type called exactly `vct` (SD-JWT VC-19 section 2.2.2.1: case-sensitive).

    Raises:
        SchemaError: `vct_mismatch` for any other string.
    """
    found = CREDENTIAL_TYPES.get(vct) if type(vct) is str else None
    if found is None:
        raise SchemaError(
            SchemaErrorKind.VCT_MISMATCH, "/vct", "This is not a credential type known here."
        )
    return found


def validate_claims(vct: str, claims: JsonObject, *, complete: bool) -> StrictModel:
    """Read the claims of a credential, and refuse what its type does not allow.

    Args:
        claims: the processed claims; those of the SD-JWT VC profile itself
            (`REGISTERED_CLAIMS`) may be among them and are not looked at.
        complete: True for a credential as issued, every disclosure in hand: all mandatory
            claims must be there. False for a presentation, where a concealable claim that
            is not there was hidden, not missing.

    Returns:
        The type's model (for example `SkillCertificate`).

    Raises:
        SchemaError: `vct_mismatch`, `policy_unmet` for a claim of the never-list or a
            statement the type refuses, `claim_missing`, `too_large` or `malformed`.
    """
    known = credential_type(vct)
    if type(claims) is not dict:
        raise SchemaError(SchemaErrorKind.MALFORMED, "", "Claims are not an object.")
    if claims.get("vct", vct) != vct:
        raise SchemaError(
            SchemaErrorKind.VCT_MISMATCH, "/vct", "The credential is of another type."
        )
    own = {name: value for name, value in claims.items() if name not in REGISTERED_CLAIMS}
    never_list.check(own)
    model = read(known.model, own)
    if complete:
        _check_complete(known, own)
    if known.check is not None:
        known.check(model, complete)
    return model


def check_signer_may_say(vct: str, claims: JsonObject, *, signer_class: str) -> None:
    """Refuse, before signing, what this class of signer may not say.

    Args:
        claims: complete claims, validated here again.
        signer_class: as in the trust entry; one of those in `signer_classes`.

    Raises:
        SchemaError: `policy_unmet`, or as `validate_claims`.
    """
    known = credential_type(vct)
    model = validate_claims(vct, claims, complete=True)
    check_class(
        signer_class,
        known.signers,
        pointer="",
        message="This class of signer may not sign this type of credential.",
    )
    if known.check_signer is not None:
        known.check_signer(model, signer_class)


def concealable_paths(vct: str, claims: JsonObject) -> list[ConcretePath]:
    """Every place of `claims` that issuing makes selectively disclosable.

    A parent comes before its children, and both are listed where both are concealed, so
    that a child can be shown without its siblings (RFC 9901 section 4.2.6).

    Raises:
        SchemaError: `vct_mismatch` for an unknown type.
    """
    return [
        path
        for claim in credential_type(vct).claims
        if claim.sd != "never"
        for path, _ in select(claims, claim.path)
    ]


def value_words(vct: str, path: ConcretePath, value: JsonValue, *, language: str) -> str | None:
    """What a person reads for a value of a closed list, or None where the value is the words.

    Args:
        path: the place of the value in the claims, with array indices.
        language: `fr` or `en`; another language gets English.

    Raises:
        SchemaError: `vct_mismatch` for an unknown type.
    """
    if type(value) not in (str, int):
        return None
    for claim in credential_type(vct).claims:
        if claim.words and matches(claim.path, path):
            words = claim.words.get(str(value), {})
            return words.get(language, words.get("en"))
    return None


def type_metadata_bytes(vct: str) -> bytes:
    """The type metadata document, exactly as it is served and hashed.

    Raises:
        SchemaError: `vct_mismatch` for an unknown type.
    """
    return _document(f"{credential_type(vct).slug}-1.vct.json")


def type_metadata_integrity(vct: str) -> str:
    """The `vct#integrity` value: sha-256 in standard base64 (SD-JWT VC-19 section 6)."""
    return _integrity(f"{credential_type(vct).slug}-1.vct.json")


def json_schema_bytes(vct: str) -> bytes:
    """The JSON Schema document of the type as issued, exactly as it ships."""
    return _document(f"{credential_type(vct).slug}-1.schema.json")


@cache
def _document(name: str) -> bytes:
    return (files("carnet_schemas") / "documents" / name).read_bytes()


@cache
def _integrity(name: str) -> str:
    digest = hashlib.sha256(_document(name)).digest()
    return f"sha256-{b2a_base64(digest, newline=False).decode('ascii')}"


def _check_complete(known: CredentialType, own: JsonObject) -> None:
    for claim in known.claims:
        if claim.mandatory and claim.sd != "never":  # the model requires the others itself
            _check_there(claim, own)
    _check_nothing_empty(own, ())


def _check_there(claim: Claim, own: JsonObject) -> None:
    name = claim.path[-1]
    for path, parent in select(own, claim.path[:-1]):
        if type(parent) is dict and name not in parent:
            raise SchemaError(
                SchemaErrorKind.CLAIM_MISSING,
                to_pointer((*path, name)),
                "A required claim is missing.",
            )


def _check_nothing_empty(value: JsonValue, path: ConcretePath) -> None:
    """An empty list or object is what hiding leaves behind; nobody issues one."""
    inner = value.items() if type(value) is dict else enumerate(value)
    for step, each in inner:
        if type(each) in (dict, list):
            if not each:
                raise SchemaError(
                    SchemaErrorKind.MALFORMED,
                    to_pointer((*path, step)),
                    "A claim is empty; leave it out instead.",
                )
            _check_nothing_empty(each, (*path, step))
