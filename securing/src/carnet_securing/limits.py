"""Every bound of the securing layer, with its unit, in one frozen value.

Limits are enforced before parsing. They can be tightened with
`dataclasses.replace`; nothing in this package reads one from the outside.
Decision and figures: docs/adr/0005-limits.md.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds for one kind of input. Sizes are bytes of the encoded form, times are seconds."""

    compact_bytes: int
    disclosures: int
    header_bytes: int = 16 * 1024
    x5c_certificates: int = 5
    json_depth: int = 32
    key_binding_bytes: int = 4 * 1024
    request_object_bytes: int = 64 * 1024
    jwe_bytes: int = 256 * 1024
    jwks_bytes: int = 64 * 1024
    jwks_keys: int = 32
    did_document_bytes: int = 64 * 1024
    did_verification_methods: int = 64
    type_metadata_bytes: int = 256 * 1024
    type_metadata_extends: int = 8
    status_token_bytes: int = 2 * 1024 * 1024
    status_inflated_bytes: int = 8 * 1024 * 1024
    status_redirects: int = 3
    fetch_timeout: float = 3.0
    fetches_per_verification: int = 8
    verification_fetch_timeout: float = 8.0
    leeway: int = 60
    key_binding_past: int = 300


PRESENTATION: Final = Limits(compact_bytes=128 * 1024, disclosures=1_024)
"""What a stranger may send us: bounded to 100 ms of CPU and 64 MiB."""

ISSUED: Final = Limits(compact_bytes=8 * 1024 * 1024, disclosures=16_384)
"""What an issuer the wallet asked may answer: a whole mission history."""
