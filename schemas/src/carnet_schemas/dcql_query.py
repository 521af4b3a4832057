"""DCQL, the language of a question: its shape, its rules and its bounds.

OpenID4VP 1.0 section 6. A query that exists is well formed:

1. identifiers have their character set and are unique (6.1, 6.3);
2. `claim_sets` names claims of the same credential query and never stands alone (6.4.1);
3. `credential_sets` names credential queries that exist (6.2);
4. an SD-JWT VC query names the types it accepts (appendix B.3.5);
5. every count is bounded before anything is evaluated.

Unknown members are ignored, as section 6 demands. Nothing is matched here.
"""

from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, model_validator

from carnet_schemas.faults import refuse
from carnet_schemas.messages import FORMAT_SD_JWT_VC, ClaimPath, Message, NonEmptyArray, Text
from carnet_schemas.paths import JsonObject

MAX_CREDENTIAL_QUERIES: Final = 32
MAX_CLAIMS: Final = 64
MAX_CLAIM_SETS: Final = 64
MAX_CREDENTIAL_SETS: Final = 16
MAX_OPTIONS: Final = 16
MAX_VALUES: Final = 64
MAX_AUTHORITIES: Final = 16

_Id = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9_\-]+$")]
_Value = Annotated[str, Field(max_length=1024)] | int | bool
_Ids = Annotated[NonEmptyArray[_Id], Field(max_length=MAX_CLAIMS)]


class ClaimQuery(Message):
    """One claim asked for (section 6.3). `values`: any of these, of the same JSON type."""

    id: _Id | None = None
    path: ClaimPath
    values: Annotated[NonEmptyArray[_Value], Field(max_length=MAX_VALUES)] | None = None


class TrustedAuthorities(Message):
    """Authorities of one kind that the asker accepts (section 6.1.1): `aki`, `etsi_tl`,
    `openid_federation`, or a kind this wallet does not know and so never matches."""

    type: Text
    values: Annotated[NonEmptyArray[Text], Field(max_length=MAX_VALUES)]


class CredentialQuery(Message):
    """One kind of credential asked for (section 6.1)."""

    id: _Id
    format: Text
    multiple: bool | None = None
    meta: JsonObject
    trusted_authorities: (
        Annotated[NonEmptyArray[TrustedAuthorities], Field(max_length=MAX_AUTHORITIES)] | None
    ) = None
    require_cryptographic_holder_binding: bool | None = None
    claims: Annotated[NonEmptyArray[ClaimQuery], Field(max_length=MAX_CLAIMS)] | None = None
    claim_sets: Annotated[NonEmptyArray[_Ids], Field(max_length=MAX_CLAIM_SETS)] | None = None

    @property
    def allows_several(self) -> bool:
        """Whether more than one credential may answer; false unless said."""
        return self.multiple is True

    @property
    def needs_holder_binding(self) -> bool:
        """Whether the holder must prove possession of her key; true unless said otherwise."""
        return self.require_cryptographic_holder_binding is not False

    @property
    def vct_values(self) -> tuple[str, ...]:
        """The accepted types of an SD-JWT VC; empty for other formats."""
        return tuple(self.meta["vct_values"]) if self.format == FORMAT_SD_JWT_VC else ()

    @property
    def claim_options(self) -> tuple[tuple[ClaimQuery, ...], ...]:
        """The sets of claims that each answer the query, the asker's favourite first.

        Without `claims` there is one option with no claim: nothing selectively
        disclosable is asked for (section 6.4.1).
        """
        if self.claims is None:
            return ((),)
        if self.claim_sets is None:
            return (self.claims,)
        by_id = {claim.id: claim for claim in self.claims}
        return tuple(tuple(by_id[name] for name in names) for names in self.claim_sets)

    @model_validator(mode="after")
    def _names_types(self) -> Self:
        if self.format != FORMAT_SD_JWT_VC:
            return self
        types = self.meta.get("vct_values")
        if type(types) is not list or not types or len(types) > MAX_VALUES:
            raise refuse("A query for an SD-JWT VC names the types it accepts.")
        if any(type(name) is not str or not name for name in types):
            raise refuse("The name of a type is text.")
        return self

    @model_validator(mode="after")
    def _claim_sets_name_claims(self) -> Self:
        names = [claim.id for claim in self.claims or () if claim.id is not None]
        if len(set(names)) != len(names):
            raise refuse("Two claims have the same identifier.")
        if self.claim_sets is None:
            return self
        if self.claims is None or len(names) != len(self.claims):
            raise refuse("Sets of claims need claims that all have identifiers.")
        if any(name not in names for option in self.claim_sets for name in option):
            raise refuse("A set of claims names a claim that is not there.")
        return self


_Option = Annotated[NonEmptyArray[_Id], Field(max_length=MAX_CREDENTIAL_QUERIES)]


class CredentialSet(Message):
    """A need that one of several combinations of credentials meets (section 6.2)."""

    options: Annotated[NonEmptyArray[_Option], Field(max_length=MAX_OPTIONS)]
    required: bool | None = None

    @property
    def is_required(self) -> bool:
        """True unless said otherwise."""
        return self.required is not False


def _unique_ids(queries: tuple[CredentialQuery, ...]) -> tuple[CredentialQuery, ...]:
    if len({query.id for query in queries}) != len(queries):
        raise refuse("Two credential queries have the same identifier.")
    return queries


class DcqlQuery(Message):
    """A whole question (section 6); read it with `parse_dcql`."""

    credentials: Annotated[
        NonEmptyArray[CredentialQuery],
        Field(max_length=MAX_CREDENTIAL_QUERIES),
        AfterValidator(_unique_ids),
    ]
    credential_sets: (
        Annotated[NonEmptyArray[CredentialSet], Field(max_length=MAX_CREDENTIAL_SETS)] | None
    ) = None

    @model_validator(mode="after")
    def _sets_name_queries(self) -> Self:
        known = {query.id for query in self.credentials}
        for needed in self.credential_sets or ():
            if any(name not in known for option in needed.options for name in option):
                raise refuse("A set of credentials names a query that is not there.")
        return self

    def credential(self, query_id: str) -> CredentialQuery | None:
        """The credential query with this identifier."""
        return next((query for query in self.credentials if query.id == query_id), None)

    @property
    def needs_state(self) -> bool:
        """Whether an answer may come without holder binding, so that `state` is needed (5.3)."""
        return any(not query.needs_holder_binding for query in self.credentials)


def parse_dcql(value: object, *, pointer: str = "/dcql_query") -> DcqlQuery:
    """Read a DCQL query.

    Args:
        value: decoded JSON.
        pointer: where it stands in the message, for the error.

    Raises:
        SchemaError: `malformed`, or `too_large` beyond a bound.
    """
    return DcqlQuery.parse(value, pointer=pointer)
