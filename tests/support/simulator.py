"""The far side, in memory: a web that serves what it was given, and an issuer on it.

`SimulatedWeb` is a `Fetch` that counts. `SimulatedIssuer` publishes real documents on it and
signs real credentials with keys derived from its name. No socket, no mock: flow tests run
the same bytes a network would bring.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from carnet_schemas.catalog import (
    CREDENTIAL_TYPES,
    concealable_paths,
    type_metadata_bytes,
    type_metadata_integrity,
)
from carnet_securing.credential_issue import issue_credential
from carnet_securing.did import did_jwk_of
from carnet_securing.disclosure import Path
from carnet_securing.errors import ErrorKind, UndeterminedError
from carnet_securing.fetch import Fetched, FetchFailedError
from carnet_securing.issuer_key import metadata_url
from carnet_securing.jwk import PublicJwk
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.signer import Signer
from carnet_securing.status_list import STATUS_LIST_MEDIA_TYPE, StatusReference
from carnet_securing.status_list_build import StatusListBuilder, sign_status_list
from carnet_securing.strict_json import dumps_bytes
from carnet_securing.x509 import encode_x5c
from carnet_trust.entries import OrganisationClass, TrustEntry
from support.credential_samples import SKILL_CERTIFICATE as SKILL_CERTIFICATE_CLAIMS
from support.keys import signer as key_called

NOW = 1_800_000_000
DAY = 86_400
SKILL_CERTIFICATE = "urn:carnet:skill-certificate:1"

Body = bytes | Callable[[], bytes]


@dataclass(frozen=True, kw_only=True)
class Page:
    """What one address answers: a body, made anew at each request when it is a function."""

    body: Body
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class SimulatedWeb:
    """Addresses and their answers. What is not there fails as a host that does not answer."""

    pages: dict[str, Page | UndeterminedError] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    is_down: bool = False

    def put(
        self,
        url: str,
        body: Body,
        *,
        media_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Serve `body` at `url` from now on, with headers by lower-case name."""
        self.pages[url] = Page(body=body, media_type=media_type, headers=headers or {})

    def fail(self, url: str, kind: ErrorKind = ErrorKind.FETCH_FAILED) -> None:
        """Answer `url` with a failure from now on."""
        self.pages[url] = UndeterminedError(kind, "The simulated host does not answer.")

    def take_away(self, url: str, status: int = 404) -> None:
        """Answer `url` with a status other than 200 from now on."""
        self.pages[url] = FetchFailedError(
            ErrorKind.FETCH_FAILED, "The simulated host has no such page.", status=status
        )

    @property
    def total(self) -> int:
        """How many requests were made."""
        return self.calls.total()

    def get(self, url: str, *, accept: str, max_bytes: int, max_redirects: int = 0) -> Fetched:
        """As `Fetch.get`."""
        self.calls[url] += 1
        page = self.pages.get(url)
        if self.is_down or page is None:
            raise UndeterminedError(ErrorKind.FETCH_FAILED, "The simulated host does not answer.")
        if isinstance(page, FetchFailedError):
            raise FetchFailedError(page.kind, page.message, status=page.status)
        if isinstance(page, UndeterminedError):
            raise UndeterminedError(page.kind, page.message)
        body = page.body() if callable(page.body) else page.body
        if len(body) > max_bytes:
            raise UndeterminedError(ErrorKind.FETCH_TOO_LARGE, "The simulated answer is too large.")
        return Fetched(
            url=url, media_type=page.media_type, unverified_body=body, headers=page.headers
        )


class NoWeb:
    """A `Fetch` for what must stay offline: any request fails the test."""

    def get(self, url: str, *, accept: str, max_bytes: int, max_redirects: int = 0) -> Fetched:
        """Fail."""
        raise AssertionError("a connection was opened where none may be")


class SimulatedIssuer:
    """An issuer that signs credentials and publishes keys, status lists and types.

    Args:
        web: where it publishes.
        url: its identifier, and the address everything of it lies under.
        name: what its keys are derived from.
        route: how its key is found. With `did_jwk` its `iss` is the DID, published under `url`.
    """

    def __init__(
        self,
        web: SimulatedWeb,
        *,
        url: str = "https://school.example",
        name: str = "school",
        route: IssuerKeyRoute = IssuerKeyRoute.METADATA,
        algorithm: str = "ES256",
        now: int = NOW,
    ) -> None:
        self.web = web
        self.url = url
        self.route = route
        self.now = now
        self.signer: Signer = key_called(name, algorithm)
        self.x5c: tuple[bytes, ...] = ()
        self.published: list[PublicJwk] = [self.signer.public_jwk]
        self.iss = self._identifier()
        self.status_uri = f"{url}/status/4d6f1f0c2e8b4a7f9c3d5e6f7a8b9c0d"
        self.statuses = StatusListBuilder()
        self.status_ttl: int | None = 300
        self.status_lifetime: int | None = 7 * DAY
        self._next_index = 40_000
        self.publish()

    def _identifier(self) -> str:
        host = self.url.removeprefix("https://").replace("/", ":")
        match self.route:
            case IssuerKeyRoute.DID_JWK:
                return did_jwk_of(self.signer.public_jwk)
            case IssuerKeyRoute.DID_WEB:
                return f"did:web:{host}"
            case _:
                return self.url

    @property
    def kid(self) -> str | None:
        """The `kid` its tokens carry."""
        return self.signer.public_jwk.kid

    def publish(self) -> None:
        """Put keys, metadata, types and status lists on the web."""
        web = self.web
        web.put(metadata_url(self.url), self.metadata)
        did_folder = self.url if self.url.count("/") > 2 else f"{self.url}/.well-known"
        web.put(f"{did_folder}/did.json", self.did_document)
        web.put(metadata_url(self.url, well_known="oauth-authorization-server"), self.server)
        web.put(f"{self.url}/status", self.aggregation)
        web.put(self.status_uri, self.status_token, media_type=STATUS_LIST_MEDIA_TYPE)
        for vct in CREDENTIAL_TYPES:
            name = vct.split(":")[2]
            web.put(f"{self.url}/types/{name}/1", type_metadata_bytes(vct))

    def metadata(self) -> bytes:
        """JWT VC Issuer Metadata with the keys published now."""
        keys = [key.to_json() for key in self.published]
        return dumps_bytes({"issuer": self.url, "jwks": {"keys": keys}})

    def did_document(self) -> bytes:
        """The document of its did:web, one verification method for each key."""
        methods = [
            {
                "id": f"{self.iss}#{key.kid}",
                "type": "JsonWebKey",
                "controller": self.iss,
                "publicKeyJwk": key.to_json(),
            }
            for key in self.published
        ]
        names = [method["id"] for method in methods]
        return dumps_bytes(
            {"id": self.iss, "verificationMethod": methods, "assertionMethod": names}
        )

    def server(self) -> bytes:
        """Authorization server metadata that names the status aggregation."""
        return dumps_bytes(
            {"issuer": self.url, "status_list_aggregation_endpoint": f"{self.url}/status"}
        )

    def aggregation(self) -> bytes:
        """The status list aggregation."""
        return dumps_bytes({"status_lists": [self.status_uri]})

    def status_token(self) -> bytes:
        """The status list, signed anew at `self.now`."""
        lifetime = self.status_lifetime
        return sign_status_list(
            self.statuses.packed(),
            bits=self.statuses.bits,
            uri=self.status_uri,
            issued_at=self.now,
            expires_at=None if lifetime is None else self.now + lifetime,
            ttl=self.status_ttl,
            aggregation_uri=f"{self.url}/status",
            signer=self.signer,
            x5c=encode_x5c(self.x5c),
        ).encode("ascii")

    def withdraw(self, reference: StatusReference) -> None:
        """Set a credential's entry to invalid."""
        self.statuses.set(reference.index, 1)

    def pause(self, reference: StatusReference) -> None:
        """Set a credential's entry to suspended."""
        self.statuses.set(reference.index, 2)

    def rotate(self, name: str) -> None:
        """Sign with another key from now on, and publish it alone."""
        self.signer = key_called(name)
        self.published = [self.signer.public_jwk]

    def next_status(self) -> StatusReference:
        """A fresh place in its status list."""
        self._next_index += 7
        return StatusReference(uri=self.status_uri, index=self._next_index)

    def issue(
        self,
        claims: Mapping[str, Any] | None = None,
        *,
        vct: str = SKILL_CERTIFICATE,
        holder_key: PublicJwk | None = None,
        status: StatusReference | None = None,
        conceal: Collection[Path] | None = None,
        issued_at: int | None = None,
        expires_at: int | None = None,
        signer: Signer | None = None,
        x5c: Sequence[bytes] = (),
        issuer: str | None = None,
    ) -> str:
        """Sign one credential; every concealable claim of a known type is concealed."""
        content = dict(SKILL_CERTIFICATE_CLAIMS if claims is None else claims)
        known = vct in CREDENTIAL_TYPES
        if conceal is None:
            conceal = concealable_paths(vct, content) if known else ()
        return issue_credential(
            content,
            vct=vct,
            issuer=self.iss if issuer is None else issuer,
            conceal=conceal,
            holder_key=holder_key,
            status=status,
            issued_at=self.now - DAY if issued_at is None else issued_at,
            expires_at=self.now + 365 * DAY if expires_at is None else expires_at,
            vct_integrity=type_metadata_integrity(vct) if known else None,
            signer=signer or self.signer,
            x5c=x5c,
        )

    def entry(self, **changes: Any) -> TrustEntry:
        """A trust entry for it, with whatever should differ."""
        members: dict[str, Any] = {
            "iss": self.iss,
            "route": self.route,
            "types": (SKILL_CERTIFICATE,),
            "name": {"fr": "Centre de formation du Moulin", "en": "Mill Training Centre"},
            "klass": OrganisationClass.TRAINING_BODY,
        }
        return TrustEntry(**(members | changes))
