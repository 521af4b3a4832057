"""What a credential issuer says it can do: OpenID4VCI 1.0 section 12.2.

Display names and logos in it are the issuer's own word about itself. Nothing here
makes them trusted: people are shown names from a trust list.
"""

from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, model_validator

from carnet_schemas.errors import SchemaError, SchemaErrorKind
from carnet_schemas.faults import refuse
from carnet_schemas.messages import (
    FORMAT_SD_JWT_VC,
    ClaimPath,
    IssuerIdentifier,
    Message,
    NonEmptyArray,
    Text,
    Url,
    one_locale_each,
)
from carnet_schemas.paths import JsonObject, Path

BINDING_JWK: Final = "jwk"
MAX_CONFIGURATIONS: Final = 256
MAX_LOGO_CHARACTERS: Final = 128 * 1024

_Label = Annotated[str, Field(max_length=1024)]
_Locale = Annotated[str, Field(min_length=1, max_length=64)]


class Image(Message):
    """A logo or background: an address, https or data; never fetched without a decision."""

    uri: Annotated[str, Field(min_length=1, max_length=MAX_LOGO_CHARACTERS)]
    alt_text: _Label | None = None


class IssuerDisplay(Message):
    """How the issuer names itself in one language."""

    name: _Label | None = None
    locale: _Locale | None = None
    logo: Image | None = None


class Display(Message):
    """How a kind of credential looks in one language."""

    name: _Label
    locale: _Locale | None = None
    logo: Image | None = None
    description: Annotated[str, Field(max_length=4096)] | None = None
    background_color: Annotated[str, Field(max_length=64)] | None = None
    background_image: Image | None = None
    text_color: Annotated[str, Field(max_length=64)] | None = None


class ClaimDisplay(Message):
    """What a claim is called in one language."""

    name: _Label | None = None
    locale: _Locale | None = None


class ClaimDescription(Message):
    """OpenID4VCI 1.0 appendix B.2."""

    path: ClaimPath
    mandatory: bool | None = None
    display: Annotated[NonEmptyArray[ClaimDisplay], AfterValidator(one_locale_each)] | None = None


def _no_contradiction(claims: tuple[ClaimDescription, ...]) -> tuple[ClaimDescription, ...]:
    """OpenID4VCI 1.0 appendix B.3: a repeated or contradictory description stops the reading."""
    kinds: dict[Path, str] = {}
    seen: set[Path] = set()
    for claim in claims:
        if claim.path in seen:
            raise refuse("A claim is described twice.")
        seen.add(claim.path)
        for depth, step in enumerate(claim.path):
            kind = _step_kind(step)
            if kinds.setdefault(claim.path[:depth], kind) != kind:
                raise refuse("Two descriptions of claims contradict each other.")
    return claims


def _step_kind(step: str | int | None) -> str:
    if step is None:
        return "every element"
    return "member" if isinstance(step, str) else "one element"


class CredentialMetadata(Message):
    """How to show a credential when its own type metadata does not say."""

    display: Annotated[NonEmptyArray[Display], AfterValidator(one_locale_each)] | None = None
    claims: Annotated[NonEmptyArray[ClaimDescription], AfterValidator(_no_contradiction)] | None = (
        None
    )


class KeyAttestationRequirement(Message):
    """Which key storage and user authentication an issuer wants attested; may be empty."""

    key_storage: NonEmptyArray[Text] | None = None
    user_authentication: NonEmptyArray[Text] | None = None


class ProofType(Message):
    """What the issuer accepts as proof that the wallet holds a key."""

    proof_signing_alg_values_supported: NonEmptyArray[str | int]
    key_attestations_required: KeyAttestationRequirement | None = None


class CredentialConfiguration(Message):
    """One kind of credential on offer. Members of formats other than SD-JWT VC are ignored."""

    format: Text
    vct: Text | None = None
    scope: Text | None = None
    credential_signing_alg_values_supported: NonEmptyArray[str | int] | None = None
    cryptographic_binding_methods_supported: NonEmptyArray[Text] | None = None
    proof_types_supported: dict[str, ProofType] | None = None
    credential_metadata: CredentialMetadata | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.format == FORMAT_SD_JWT_VC and self.vct is None:
            raise refuse("An SD-JWT VC configuration names its type.")
        if self.proof_types_supported is not None and not self.proof_types_supported:
            raise refuse("The accepted kinds of proof are listed or left out.")
        return self

    @property
    def binds_keys(self) -> bool:
        """Whether credentials of this kind are bound to a key of the wallet."""
        return self.proof_types_supported is not None


def _check_binding(configuration: CredentialConfiguration) -> None:
    # Section 12.2.4: both or neither. Asked only of the format we issue and accept, because
    # the specification's own examples for other formats leave one out.
    bound = configuration.cryptographic_binding_methods_supported is not None
    if configuration.format == FORMAT_SD_JWT_VC and bound != configuration.binds_keys:
        raise SchemaError(
            SchemaErrorKind.MALFORMED,
            "/credential_configurations_supported",
            "Binding methods and kinds of proof come together.",
        )


class BatchIssuance(Message):
    """How many copies one request may ask for."""

    batch_size: Annotated[int, Field(ge=2)]


class JwkSet(Message):
    """Public keys as decoded JSON; securing reads each of them strictly."""

    keys: NonEmptyArray[JsonObject]

    @model_validator(mode="after")
    def _every_key_has_its_own_id(self) -> Self:
        ids = [key.get("kid") for key in self.keys]
        if any(type(kid) is not str for kid in ids) or len(set(ids)) != len(ids):
            raise refuse("Each key has an identifier of its own.")
        if any("d" in key or "k" in key for key in self.keys):
            raise refuse("A published key holds its secret part.")
        return self


class RequestEncryption(Message):
    """Keys and ciphers with which a wallet encrypts its credential request."""

    jwks: JwkSet
    enc_values_supported: NonEmptyArray[Text]
    zip_values_supported: NonEmptyArray[Text] | None = None
    encryption_required: bool


class ResponseEncryptionSupport(Message):
    """Ciphers with which the issuer can encrypt its answer."""

    alg_values_supported: NonEmptyArray[Text]
    enc_values_supported: NonEmptyArray[Text]
    zip_values_supported: NonEmptyArray[Text] | None = None
    encryption_required: bool


class CredentialIssuerMetadata(Message):
    """OpenID4VCI 1.0 section 12.2.4; read it with `parse_credential_issuer_metadata`."""

    credential_issuer: IssuerIdentifier
    credential_endpoint: Url
    authorization_servers: NonEmptyArray[IssuerIdentifier] | None = None
    nonce_endpoint: Url | None = None
    deferred_credential_endpoint: Url | None = None
    notification_endpoint: Url | None = None
    credential_request_encryption: RequestEncryption | None = None
    credential_response_encryption: ResponseEncryptionSupport | None = None
    batch_credential_issuance: BatchIssuance | None = None
    display: Annotated[NonEmptyArray[IssuerDisplay], AfterValidator(one_locale_each)] | None = None
    credential_configurations_supported: Annotated[
        dict[str, JsonObject], Field(max_length=MAX_CONFIGURATIONS)
    ]
    """By identifier, still as JSON: one we cannot read must not hide the others."""

    def configuration(self, identifier: str) -> CredentialConfiguration:
        """Read one kind of credential.

        Raises:
            SchemaError: `not_found` when the issuer does not name it, else `malformed`.
        """
        pointer = "/credential_configurations_supported"
        value = self.credential_configurations_supported.get(identifier)
        if value is None:
            raise SchemaError(
                SchemaErrorKind.NOT_FOUND, pointer, "The issuer does not name this credential."
            )
        configuration = CredentialConfiguration.parse(value, pointer=pointer)
        _check_binding(configuration)
        return configuration

    def authorization_servers_for(self, hint: str | None) -> tuple[str, ...]:
        """The servers that may give the token: the hinted one, or all the issuer names.

        Args:
            hint: `authorization_server` of the grant in the offer.

        Raises:
            SchemaError: `issuer_mismatch` when the hint is not among them (section 12.2.4).
        """
        servers = self.authorization_servers or (self.credential_issuer,)
        if hint is None:
            return servers
        if hint not in servers:
            raise SchemaError(
                SchemaErrorKind.ISSUER_MISMATCH,
                "/authorization_servers",
                "The offer names a server the issuer does not.",
            )
        return (hint,)


def parse_credential_issuer_metadata(value: object, *, issuer: str) -> CredentialIssuerMetadata:
    """Read an issuer's metadata and check that it speaks for the issuer that was asked.

    Args:
        value: decoded JSON, from the well-known address or from verified signed metadata.
        issuer: the identifier that address was made from; compared without normalisation.

    Raises:
        SchemaError: `malformed`, `too_large`, or `issuer_mismatch`.
    """
    metadata = CredentialIssuerMetadata.parse(value)
    if metadata.credential_issuer != issuer:
        raise SchemaError(
            SchemaErrorKind.ISSUER_MISMATCH,
            "/credential_issuer",
            "The metadata is of another issuer.",
        )
    return metadata
