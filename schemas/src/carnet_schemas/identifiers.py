"""Identifiers that a credential carries, each checked for its published form.

ESCO addresses start with `http://` because they are names, not links; they are never
rewritten. A pseudonym is random and drawn per worker, so that two workers who met the
same client cannot be joined on it.
"""

from typing import Annotated, Final, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints

from carnet_schemas.faults import refuse

_UUID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
ESCO_SKILL_PATTERN: Final = rf"^http://data\.europa\.eu/esco/skill/{_UUID}$"
ESCO_OCCUPATION_PATTERN: Final = rf"^http://data\.europa\.eu/esco/occupation/{_UUID}$"
ESCO_VERSION_PATTERN: Final = r"^[0-9]{1,2}\.[0-9]{1,2}(\.[0-9]{1,2})?$"
ROME_SHEET_PATTERN: Final = r"^[A-N][0-9]{4}$"
ROME_OGR_PATTERN: Final = r"^[0-9]{1,6}$"
RNCP_SHEET_PATTERN: Final = r"^RNCP[0-9]{1,6}$"
RNCP_BLOCK_PATTERN: Final = r"^RNCP[0-9]{1,6}BC[0-9]{2}$"
RS_SHEET_PATTERN: Final = r"^RS[0-9]{1,6}$"
PSEUDONYM_PATTERN: Final = r"^[A-Za-z0-9_-]{22,43}$"
DIGEST_PATTERN: Final = r"^sha256-[A-Za-z0-9+/]{43}=$"
_HTTPS_PATTERN: Final = r"^https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[!-~]*)?$"


def _https(text: str) -> str:
    try:
        parts = urlsplit(text)
        refused = not parts.hostname or parts.port == 0 or "@" in parts.netloc or "\\" in text
    except ValueError:
        refused = True
    if refused:
        raise refuse("An address is not a plain https address.")
    return text


# Random, 128 to 256 bits, base64url.
Pseudonym: TypeAlias = Annotated[str, StringConstraints(pattern=PSEUDONYM_PATTERN)]
# A sha-256 hash in the syntax of Subresource Integrity.
Digest: TypeAlias = Annotated[str, StringConstraints(pattern=DIGEST_PATTERN)]
# An https address in ASCII (an international host name is written as punycode).
HttpsUrl: TypeAlias = Annotated[
    str, StringConstraints(max_length=500, pattern=_HTTPS_PATTERN), AfterValidator(_https)
]
# The SIREN of an organisation in the French register.
Siren: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[0-9]{9}$")]
ReleaseName: TypeAlias = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,19}$")
]
CodeText: TypeAlias = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$")
]
Count: TypeAlias = Annotated[int, Field(ge=0, le=1_000_000)]
