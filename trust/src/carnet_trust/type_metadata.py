"""A type with everything it extends, merged into what is checked and shown.

SD-JWT VC-19, sections "Extending Type Metadata" to "Processing Type Metadata". A type that
extends another gains no authority from it: who may issue is `acceptance`'s question.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from carnet_schemas.catalog import CREDENTIAL_TYPES, type_metadata_bytes
from carnet_schemas.paths import Path
from carnet_securing.errors import ErrorKind, InvalidError, UndeterminedError
from carnet_securing.limits import PRESENTATION, Limits
from carnet_trust.dated import Dated, LookupAlert, Source
from carnet_trust.integrity import check_integrity
from carnet_trust.rule_tree import ClaimRule, RuleNode, build_tree
from carnet_trust.type_document import (
    ClaimDescription,
    Concealment,
    Label,
    TypeDocument,
    parse_type_document,
)

ReadDocument = Callable[[str, str | None], Dated[bytes]]
"""Reads the document of a type, given its name and the integrity its referrer signed."""

# From the most certain to the least: a merged type is as certain as its weakest document.
_CERTAINTY: Final = (Source.SHIPPED, Source.GIVEN, Source.CACHE, Source.FETCHED)


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeMetadata:
    """A merged type.

    Attributes:
        vct: the type that was asked for.
        lineage: it and everything it extends, itself first.
        labels: its names; those of the nearest document that has any.
        claims: one rule a path, those of the base first.
        tree: the same rules, as `type_claims` walks them.
    """

    vct: str
    lineage: tuple[str, ...]
    labels: tuple[Label, ...] = field(repr=False)
    claims: tuple[ClaimRule, ...] = field(repr=False)
    tree: RuleNode = field(repr=False, compare=False)


def resolve_type(
    vct: str, *, integrity: str | None, read: ReadDocument, limits: Limits
) -> Dated[TypeMetadata]:
    """Read a type and everything it extends, check every integrity value, and merge.

    1. Each document is read by the name its referrer gave, and hashed before it is parsed.
    2. A name met again is a cycle; more than `limits.type_metadata_extends` steps are refused.
    3. Documents are merged from the base up; `sd` and `mandatory` may only be tightened.

    Raises:
        InvalidError: `metadata_integrity`, `metadata_cycle`, `too_deep`, `vct_mismatch`,
            `malformed` or `too_large`.
        UndeterminedError: what `read` raises; for an extended type never `unavailable`, since
            it has rules that are not known.
    """
    documents: list[TypeDocument] = []
    dates: list[Dated[bytes]] = []
    wanted: tuple[str, str | None] | None = (vct, integrity)
    while wanted is not None:
        name, expected = wanted
        if name in [document.vct for document in documents]:
            raise InvalidError(ErrorKind.METADATA_CYCLE, "A type description extends itself.")
        if len(documents) > limits.type_metadata_extends:
            raise InvalidError(ErrorKind.TOO_DEEP, "A type description extends too many others.")
        found = read(name, expected) if not documents else _read_extended(read, name, expected)
        if expected is not None:
            check_integrity(found.value, expected)
        document = parse_type_document(found.value, vct=name, limits=limits)
        documents.append(document)
        dates.append(found)
        extends = document.extends
        wanted = None if extends is None else (extends, document.extends_integrity)
    alerts: dict[LookupAlert, None] = {alert: None for dated in dates for alert in dated.alerts}
    return Dated(
        value=_merge(documents),
        fetched_at=min(dated.fetched_at for dated in dates),
        source=max((dated.source for dated in dates), key=_CERTAINTY.index),
        alerts=tuple(alerts),
    )


def _read_extended(read: ReadDocument, name: str, integrity: str | None) -> Dated[bytes]:
    try:
        return read(name, integrity)
    except UndeterminedError as error:
        if error.kind is not ErrorKind.UNAVAILABLE:
            raise
        raise UndeterminedError(
            ErrorKind.FETCH_FAILED, "A type extends another whose description is not at hand."
        ) from None


@lru_cache(maxsize=32)
def shipped_type(vct: str) -> TypeMetadata | None:
    """The merged metadata of a type that ships with `carnet_schemas`, else None."""
    if vct not in CREDENTIAL_TYPES:
        return None
    document = parse_type_document(type_metadata_bytes(vct), vct=vct, limits=PRESENTATION)
    return _merge([document])


def shipped_document(vct: str) -> bytes | None:
    """The exact bytes of a type that ships with `carnet_schemas`, else None."""
    return type_metadata_bytes(vct) if vct in CREDENTIAL_TYPES else None


def within_shipped(vct: str, copy: bytes, *, limits: Limits) -> TypeMetadata:
    """What an issuer's copy of a shipped type says, held to what ships.

    Its rules may only be stricter, as if it extended ours; every word shown stays ours.

    Raises:
        InvalidError: `malformed` when it is looser, extends something, or is ill-formed;
            `vct_mismatch` or `too_large`.
    """
    ours = parse_type_document(type_metadata_bytes(vct), vct=vct, limits=PRESENTATION)
    theirs = parse_type_document(copy, vct=vct, limits=limits)
    if theirs.extends is not None:
        raise InvalidError(ErrorKind.MALFORMED, "A copy of a type description extends another.")
    merged, shipped = _merge([theirs, ours]), _merge([ours])
    words = {rule.path: rule.labels for rule in shipped.claims}
    claims = tuple(replace(rule, labels=words.get(rule.path, ())) for rule in merged.claims)
    return replace(shipped, claims=claims, tree=build_tree(claims))


def _merge(documents: list[TypeDocument]) -> TypeMetadata:
    """Merge documents, the asked one first and the base last."""
    rules: dict[Path, ClaimRule] = {}
    labels: tuple[Label, ...] = ()
    for document in reversed(documents):
        if document.labels is not None:
            labels = document.labels
        for claim in document.claims:
            inherited = rules.get(claim.path)
            rules[claim.path] = _new_rule(claim) if inherited is None else _extend(inherited, claim)
    claims = tuple(rules.values())
    return TypeMetadata(
        vct=documents[0].vct,
        lineage=tuple(document.vct for document in documents),
        labels=labels,
        claims=claims,
        tree=build_tree(claims),
    )


def _new_rule(claim: ClaimDescription) -> ClaimRule:
    return ClaimRule(
        path=claim.path,
        mandatory=bool(claim.mandatory),
        sd=claim.sd or Concealment.ALLOWED,
        labels=claim.labels or (),
    )


def _extend(inherited: ClaimRule, claim: ClaimDescription) -> ClaimRule:
    """Section "Limitations for `sd` and `mandatory`": stricter or the same, never looser."""
    sd = inherited.sd if claim.sd is None else claim.sd
    mandatory = inherited.mandatory if claim.mandatory is None else claim.mandatory
    if inherited.sd is not Concealment.ALLOWED and sd is not inherited.sd:
        raise InvalidError(ErrorKind.MALFORMED, "A type description changes what it extends.")
    if inherited.mandatory and not mandatory:
        raise InvalidError(ErrorKind.MALFORMED, "A type description drops a claim it must have.")
    labels = inherited.labels if claim.labels is None else claim.labels
    return replace(inherited, sd=sd, mandatory=mandatory, labels=labels)
