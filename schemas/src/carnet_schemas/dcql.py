"""DCQL whole: reading a question, answering it, and checking the answer."""

from carnet_schemas.dcql_answer import (
    CheckedAnswer,
    CheckedCredential,
    PresentedCredential,
    check_answer,
)
from carnet_schemas.dcql_match import (
    Candidate,
    CandidateMatch,
    Matches,
    QueryUnmetError,
    UnmetPart,
    UnmetReason,
    evaluate,
)
from carnet_schemas.dcql_query import (
    ClaimQuery,
    CredentialQuery,
    CredentialSet,
    DcqlQuery,
    TrustedAuthorities,
    parse_dcql,
)
from carnet_schemas.messages import FORMAT_SD_JWT_VC

__all__ = [
    "FORMAT_SD_JWT_VC",
    "Candidate",
    "CandidateMatch",
    "CheckedAnswer",
    "CheckedCredential",
    "ClaimQuery",
    "CredentialQuery",
    "CredentialSet",
    "DcqlQuery",
    "Matches",
    "PresentedCredential",
    "QueryUnmetError",
    "TrustedAuthorities",
    "UnmetPart",
    "UnmetReason",
    "check_answer",
    "evaluate",
    "parse_dcql",
]
