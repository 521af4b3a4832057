"""The closed list of error kinds, and the two families of failure.

An `InvalidError` says that what was checked is wrong. An `UndeterminedError`
says that it could not be checked. Policy decides what the second one means;
no code turns one into the other. Messages never quote the input.
"""

from enum import StrEnum


class ErrorKind(StrEnum):
    """Stable names of everything that can go wrong (docs/adr/0003-error-kinds.md)."""

    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    DUPLICATE_MEMBER = "duplicate_member"
    UNSUPPORTED_VERSION = "unsupported_version"
    ALG_NOT_ALLOWED = "alg_not_allowed"
    HEADER_NOT_ALLOWED = "header_not_allowed"
    CRIT_UNSUPPORTED = "crit_unsupported"
    BAD_SIGNATURE = "bad_signature"
    KEY_NOT_FOUND = "key_not_found"
    KEY_AMBIGUOUS = "key_ambiguous"
    KEY_NOT_TRUSTED = "key_not_trusted"
    CHAIN_INVALID = "chain_invalid"
    ISSUER_MISMATCH = "issuer_mismatch"
    TYP_MISMATCH = "typ_mismatch"
    VCT_MISMATCH = "vct_mismatch"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    TIME_MISSING = "time_missing"
    HASH_ALG_NOT_ALLOWED = "hash_alg_not_allowed"
    DISCLOSURE_MALFORMED = "disclosure_malformed"
    DISCLOSURE_RESERVED_NAME = "disclosure_reserved_name"
    DISCLOSURE_COLLISION = "disclosure_collision"
    DIGEST_DUPLICATE = "digest_duplicate"
    DISCLOSURE_UNREFERENCED = "disclosure_unreferenced"
    CLAIM_MISSING = "claim_missing"
    KB_MISSING = "kb_missing"
    KB_UNEXPECTED = "kb_unexpected"
    KB_KEY_INVALID = "kb_key_invalid"
    KB_TYP = "kb_typ"
    KB_IAT = "kb_iat"
    KB_NONCE = "kb_nonce"
    KB_AUD = "kb_aud"
    KB_SD_HASH = "kb_sd_hash"
    REPLAY = "replay"
    STATUS_REVOKED = "status_revoked"
    STATUS_SUSPENDED = "status_suspended"
    STATUS_UNAVAILABLE = "status_unavailable"
    STATUS_INVALID = "status_invalid"
    STATUS_INDEX = "status_index"
    METADATA_INTEGRITY = "metadata_integrity"
    METADATA_CYCLE = "metadata_cycle"
    FETCH_BLOCKED = "fetch_blocked"
    FETCH_FAILED = "fetch_failed"
    FETCH_TOO_LARGE = "fetch_too_large"
    PROOF_PURPOSE = "proof_purpose"
    CRYPTOSUITE_MISMATCH = "cryptosuite_mismatch"
    CONTEXT_NOT_PINNED = "context_not_pinned"
    TERM_DROPPED = "term_dropped"
    CANON_BUDGET = "canon_budget"
    POLICY_UNMET = "policy_unmet"
    QUERY_UNMET = "query_unmet"
    REQUEST_UNTRUSTED = "request_untrusted"
    ORIGIN_MISMATCH = "origin_mismatch"
    VAULT_PASSPHRASE = "vault_passphrase"  # noqa: S105 - a name, not a secret
    VAULT_CORRUPT = "vault_corrupt"
    VAULT_ROLLBACK = "vault_rollback"
    VAULT_KDF_POLICY = "vault_kdf_policy"
    VAULT_BUSY = "vault_busy"
    STORAGE_FULL = "storage_full"
    BACKUP_INVALID = "backup_invalid"
    NOT_FOUND = "not_found"
    FORBIDDEN = "forbidden"
    CONFLICT = "conflict"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"


class CarnetError(Exception):
    """Base of every error Carnet raises on purpose, in any package that uses securing.

    Attributes:
        kind: stable name; tests and programs compare this, never the sentence.
        message: one plain sentence, without tokens, claims or passphrases.
        hint: what the person can do next; empty when there is nothing to do.
    """

    def __init__(self, kind: ErrorKind, message: str, *, hint: str = "") -> None:
        super().__init__(kind, message)  # both, so that it survives the way between processes
        self.kind = kind
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} [{self.kind}]"


class InvalidError(CarnetError):
    """What was checked is wrong: malformed, forged, expired, for somebody else."""


class UndeterminedError(CarnetError):
    """It could not be checked: unreachable, missing from the cache, too old."""
