"""How a decoded message fails to mean what it should: a kind, a place, one sentence.

The kinds are a part of the closed list of docs/adr/0003-error-kinds.md. They are
repeated here because schemas imports no other member; a test compares the lists.
"""

from enum import StrEnum


class SchemaErrorKind(StrEnum):
    """The kinds of the closed list that a schema can raise."""

    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    UNSUPPORTED_VERSION = "unsupported_version"
    ALG_NOT_ALLOWED = "alg_not_allowed"
    ISSUER_MISMATCH = "issuer_mismatch"
    VCT_MISMATCH = "vct_mismatch"
    CLAIM_MISSING = "claim_missing"
    POLICY_UNMET = "policy_unmet"
    QUERY_UNMET = "query_unmet"
    REQUEST_UNTRUSTED = "request_untrusted"
    NOT_FOUND = "not_found"


class SchemaError(Exception):
    """A decoded value is not what its schema says.

    Attributes:
        kind: one of `SchemaErrorKind`; tests and programs compare this.
        pointer: JSON pointer (RFC 6901) to the place, "" for the whole value. Names
            that the schema does not know are not quoted: the pointer stops above them.
        message: one plain sentence that never quotes the value.
        hint: what the person can do next; empty where the place says it.
    """

    def __init__(
        self, kind: SchemaErrorKind | str, pointer: str, message: str, *, hint: str = ""
    ) -> None:
        super().__init__(message)
        self.kind = SchemaErrorKind(kind)
        self.pointer = pointer
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        place = f" at {self.pointer}" if self.pointer else ""
        return f"{self.message}{place} [{self.kind}]"
