"""From the link of an offer to an offer whose issuer is known: OpenID4VCI 1.0 sections 4 and 12.

1. The link is read; an offer by reference is fetched by the guarded client (section 4.1.3).
2. The issuer's metadata is fetched from its own address and names exactly that issuer.
3. A server that gives tokens is found among those the issuer names, and its metadata names
   exactly that server.
4. Every offered credential is an SD-JWT VC bound to a key by a kind of proof made here, and
   the exchange can be encrypted where the issuer requires it.

Nothing of it is trusted yet: who the issuer is, the trust data says; what it signs is
checked in `acceptance`.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Final

from carnet_schemas.errors import SchemaError
from carnet_schemas.oauth import AuthorizationServerMetadata, parse_authorization_server_metadata
from carnet_schemas.oid4vci import (
    BINDING_JWK,
    FORMAT_SD_JWT_VC,
    CredentialConfiguration,
    CredentialIssuerMetadata,
    CredentialOffer,
    OfferByReference,
    OfferByValue,
    PreAuthorizedGrant,
    parse_credential_issuer_metadata,
    parse_credential_offer,
    parse_offer_uri,
)
from carnet_securing import strict_json
from carnet_securing.errors import ErrorKind, UndeterminedError
from carnet_securing.fetch import FetchFailedError
from carnet_securing.issuer_key import metadata_url
from carnet_securing.strict_json import JsonObject
from carnet_wallet.encryption import ExchangeEncryption, choose_encryption
from carnet_wallet.errors import OTHER_WALLET, ClaimRefusedError
from carnet_wallet.web import SMALL_BYTES, Web, as_kind, get_json, gone

PROOF_ALGORITHMS: Final = ("ES256", "Ed25519", "EdDSA")
"""What holder keys sign with, the preferred first."""


MOST_CERTIFICATES: Final = 32
"""Most certificates one offer gives: for each, the keys of its copies are made and kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedCredential:
    """One kind of certificate of an offer that this wallet can take."""

    configuration_id: str
    configuration: CredentialConfiguration
    algorithm: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedOffer:
    """An offer with the metadata of its issuer and of the server that gives the token."""

    offer: CredentialOffer = field(repr=False)
    grant: PreAuthorizedGrant = field(repr=False)
    metadata: CredentialIssuerMetadata
    server: AuthorizationServerMetadata
    wanted: tuple[WantedCredential, ...]
    encryption: ExchangeEncryption | None

    @property
    def issuer(self) -> str:
        """The issuer's identifier."""
        return self.offer.credential_issuer


def link_digest(uri: str) -> str:
    """A name for an offer's link that gives nothing of it away."""
    return hashlib.sha256(uri.strip().encode("utf-8", "surrogatepass")).hexdigest()


def read_offer(uri: str, *, web: Web) -> CredentialOffer:
    """Step 1.

    Raises:
        ClaimRefusedError: `not_found` or `expired` for an offer the issuer has taken away;
            `malformed`, `too_large` and other kinds of a bad link or offer.
        UndeterminedError: `fetch_blocked`, `fetch_failed` or `fetch_too_large`.
    """
    try:
        link = _parsed(uri)
        if isinstance(link, OfferByReference):
            return parse_credential_offer(_fetched_offer(link.uri, web=web))
        value = strict_json.loads_object(link.unverified_text, max_bytes=SMALL_BYTES)
        return parse_credential_offer(value)
    except SchemaError as error:
        raise _refused(error) from None


def _parsed(uri: str) -> OfferByReference | OfferByValue:
    try:
        return parse_offer_uri(uri)
    except SchemaError as error:
        raise ClaimRefusedError(
            as_kind(error),
            "This is not the link of an offer.",
            hint="Copy the whole link you were given.",
        ) from error


def _fetched_offer(url: str, *, web: Web) -> JsonObject:
    """An issuer takes an offer away once it was used or has ended, and says no more than that.

    A server that does not answer, or has a fault of its own, says nothing about the offer.
    """
    try:
        return get_json(web, url, max_bytes=SMALL_BYTES)
    except UndeterminedError as error:
        if error.kind is not ErrorKind.FETCH_FAILED:
            raise
        kind = gone(error.status) if isinstance(error, FetchFailedError) else None
        if kind is not None:
            raise ClaimRefusedError(
                kind,
                "This offer was already collected or has ended.",
                hint="Ask for a new offer.",
            ) from None
        raise UndeterminedError(
            error.kind,
            "This offer cannot be read now.",
            hint="Try again later. If it stays so, ask for a new offer.",
        ) from None


def resolve_offer(offer: CredentialOffer, *, web: Web) -> ResolvedOffer:
    """Steps 2 to 4.

    Raises:
        ClaimRefusedError: `issuer_mismatch`, `alg_not_allowed`, `too_large` for more than
            `MOST_CERTIFICATES`, `malformed` and others; a wallet that cannot take part of
            an offer takes nothing of it.
        UndeterminedError: as `read_offer`.
    """
    grant = offer.pre_authorized
    if grant is None:
        raise ClaimRefusedError(
            ErrorKind.POLICY_UNMET,
            "This offer wants a sign-in that this wallet does not have yet.",
            hint="Ask for an offer with a collection code.",
        )
    if len(offer.credential_configuration_ids) > MOST_CERTIFICATES:
        raise too_many_certificates()
    issuer = offer.credential_issuer
    try:
        # 2.
        members = get_json(web, metadata_url(issuer, well_known="openid-credential-issuer"))
        metadata = parse_credential_issuer_metadata(members, issuer=issuer)
        # 3.
        server = _find_server(metadata, grant, web=web)
        # 4.
        wanted = tuple(_wanted(metadata, name) for name in offer.credential_configuration_ids)
        encryption = choose_encryption(metadata)
    except SchemaError as error:
        raise _refused(error) from None
    return ResolvedOffer(
        offer=offer,
        grant=grant,
        metadata=metadata,
        server=server,
        wanted=wanted,
        encryption=encryption,
    )


def _find_server(
    metadata: CredentialIssuerMetadata, grant: PreAuthorizedGrant, *, web: Web
) -> AuthorizationServerMetadata:
    names = metadata.authorization_servers_for(grant.authorization_server)
    servers = []
    knows_its_wallets = False
    for name in names[:4]:
        members = get_json(web, metadata_url(name, well_known="oauth-authorization-server"))
        server = parse_authorization_server_metadata(members, issuer=name)
        # Section 12.3 takes an absent flag for false, but many issuers leave it out and take
        # a token request without `client_id` all the same, and this wallet is registered
        # nowhere. So a server is tried unless it says false itself; then the code is kept.
        if server.pre_authorized_grant_anonymous_access_supported is False:
            knows_its_wallets = True
        elif server.grants_pre_authorized_code():
            return server
        else:
            servers.append(server)
    if knows_its_wallets:
        raise ClaimRefusedError(
            ErrorKind.POLICY_UNMET,
            "This issuer gives certificates only to wallets it has registered.",
            hint=OTHER_WALLET,
        )
    if len(servers) == 1:
        # It lists no grant types; the offer itself says that the code is good here.
        return servers[0]
    raise ClaimRefusedError(
        ErrorKind.POLICY_UNMET,
        "The issuer names no place where its code can be used.",
        hint="Your offer was not used. Tell the issuer.",
    )


def _wanted(metadata: CredentialIssuerMetadata, name: str) -> WantedCredential:
    configuration = metadata.configuration(name)
    if configuration.format != FORMAT_SD_JWT_VC:
        raise _not_for_this_wallet(
            ErrorKind.UNSUPPORTED_VERSION, "This certificate has a form this wallet cannot keep."
        )
    proof = (configuration.proof_types_supported or {}).get("jwt")
    methods = configuration.cryptographic_binding_methods_supported or ()
    if proof is None or BINDING_JWK not in methods:
        raise _not_for_this_wallet(
            ErrorKind.ALG_NOT_ALLOWED, "This certificate cannot be bound to a key of this wallet."
        )
    if proof.key_attestations_required is not None:
        raise _not_for_this_wallet(
            ErrorKind.POLICY_UNMET, "The issuer wants a certified device; this wallet has none."
        )
    for algorithm in PROOF_ALGORITHMS:
        if algorithm in proof.proof_signing_alg_values_supported:
            return WantedCredential(
                configuration_id=name, configuration=configuration, algorithm=algorithm
            )
    raise _not_for_this_wallet(
        ErrorKind.ALG_NOT_ALLOWED, "The issuer wants signatures this wallet does not make."
    )


def too_many_certificates() -> ClaimRefusedError:
    """The refusal of an issuer that gives more at once than this wallet takes."""
    return ClaimRefusedError(
        ErrorKind.TOO_LARGE,
        "The issuer gives more certificates at once than this wallet takes.",
        hint="Ask the issuer for several offers.",
    )


def _not_for_this_wallet(kind: ErrorKind, message: str) -> ClaimRefusedError:
    return ClaimRefusedError(kind, message, hint=OTHER_WALLET)


def _refused(error: SchemaError) -> ClaimRefusedError:
    return ClaimRefusedError(as_kind(error), error.message, hint="Ask for a new offer.")
