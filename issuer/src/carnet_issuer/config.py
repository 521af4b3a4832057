"""What an issuer is, decided once at `init` and kept in `issuer.json`.

Identifiers are signed into every credential: the URL never changes afterwards, and is used
exactly as it was given (DESIGN section 4, decision 1). A tenant is a path, `/t/<id>`; each
tenant is a folder of its own with its own keys and database.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from carnet_hosting.settings_file import SettingsFile
from carnet_hosting.web_address import check_web_address
from carnet_issuer.errors import IssuerError
from carnet_issuer.signing_chain import SigningChain
from carnet_schemas.errors import SchemaError
from carnet_schemas.text import check_plain
from carnet_securing.errors import ErrorKind
from carnet_securing.jwk import PublicJwk, parse_public_jwk
from carnet_securing.limits import PRESENTATION
from carnet_securing.x509 import decode_x5c, encode_x5c
from carnet_trust.entries import MAX_NAME_CHARACTERS, OrganisationClass

CONFIG: Final = SettingsFile(
    name="issuer.json",
    role="issuer",
    version=1,
    when_absent="Make one with: carnet issuer init DIR --name NAME --url URL",
    when_damaged="Restore issuer.json from a backup.",
)
_DAY: Final = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How long things live, in seconds.

    Attributes:
        offer_with_code: the address of an offer that needs a collection code; it travels by
            mail. The codes got at that address live ten minutes (`grant_codes`).
        offer_without_code: an offer that whoever holds the link can take; never longer.
        longest_offer: of one that needs a collection code.
        token: from redeeming to the last repeat of a lost answer (DESIGN 4.9).
        nonce: between asking for a nonce and using it.
        proof_past: oldest `iat` of a proof; `proof_future` the latest, for clocks that differ.
        status_ttl: how long a reader may keep a status list before asking again.
        status_expiry: how long a status list is valid at all.
        signed_metadata: how long signed issuer metadata is valid.
    """

    offer_with_code: int = 7 * _DAY
    offer_without_code: int = 600
    longest_offer: int = 30 * _DAY
    token: int = 3_600
    nonce: int = 300
    proof_past: int = 360
    proof_future: int = 60
    status_ttl: int = 300
    status_expiry: int = _DAY
    signed_metadata: int = _DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerConfig:
    """The settings of one issuer.

    Attributes:
        url: the credential issuer identifier, which is `iss`, without a trailing slash.
        name: what it calls itself; readers trust the name in their own lists only.
        klass: its class; decides what it may say.
        allow_loopback_http: whether the URL is one for trying on this machine.
        signing_key: the public key in use; its private half is in a file named by its `kid`.
        database: a SQLAlchemy URL, None for the SQLite file in the folder.
        chain: the certificates of the signing key, None on the route by metadata.
        batch_size: most copies one claim may get.
        encryption_required: refuse credential requests that are not encrypted.
        created_at: Unix seconds.
    """

    url: str
    name: str
    klass: OrganisationClass
    allow_loopback_http: bool
    signing_key: PublicJwk
    created_at: int
    database: str | None = field(default=None, repr=False)
    chain: SigningChain | None = None
    batch_size: int = 10
    encryption_required: bool = False
    times: Times = Times()

    @property
    def path(self) -> str:
        """The path of the issuer's URL: empty, or `/t/<id>` for a tenant."""
        return urlsplit(self.url).path

    @property
    def x5c(self) -> tuple[bytes, ...]:
        """The certificates that go with every signature; empty without a chain."""
        return () if self.chain is None else self.chain.sent

    @property
    def algorithm(self) -> str:
        """The algorithm of the signing key."""
        return self.signing_key.alg or "ES256"


def check_issuer_url(url: str, *, allow_loopback_http: bool) -> None:
    """Check an issuer URL before it is signed into anything.

    Raises:
        HostingError: `malformed` for a trailing slash, query, fragment, or a URL that no wallet
            could open.
    """
    check_web_address(
        url,
        allow_loopback_http=allow_loopback_http,
        called="The address of the issuer",
        instead="Use https://your.name, or http://localhost:PORT for trying.",
        spelling="Write it exactly as it shall be signed, without a slash at the end.",
    )


def is_loopback_http(url: str) -> bool:
    """Whether a URL is plain http to this machine by name, as for trying and testing."""
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname == "localhost"


def check_name(name: str) -> str:
    """Check the issuer's own name.

    Raises:
        IssuerError: `malformed`.
    """
    try:
        return check_plain(name, max_characters=MAX_NAME_CHARACTERS)
    except SchemaError:
        raise IssuerError(
            ErrorKind.MALFORMED,
            "The name of the issuer is empty, too long, or has invisible characters.",
            hint=f"Type the name people know it by, {MAX_NAME_CHARACTERS} characters at most.",
        ) from None


def write_config(directory: Path, config: IssuerConfig) -> None:
    """Write a new issuer's settings; raises as `SettingsFile.write`."""
    shape: dict[str, Any] = {
        "url": config.url,
        "name": config.name,
        "class": config.klass.value,
        "allow_loopback_http": config.allow_loopback_http,
        "signing_key": config.signing_key.to_json(),
        "batch_size": config.batch_size,
        "encryption_required": config.encryption_required,
        "created_at": config.created_at,
    }
    if config.database is not None:
        shape["database"] = config.database
    if config.chain is not None:
        shape["x5c"] = encode_x5c(config.chain.sent)
        shape["root"] = encode_x5c([config.chain.root])
    CONFIG.write(directory, shape)


def read_config(directory: Path) -> IssuerConfig:
    """Read the settings of an issuer's folder; raises as `SettingsFile.read`.

    Raises:
        HostingError: `malformed` for an address that will not do.
    """
    return CONFIG.read(directory, _config)


def _config(shape: dict[str, Any]) -> IssuerConfig:
    kinds: dict[str, type] = {
        "url": str, "name": str, "class": str, "allow_loopback_http": bool, "signing_key": dict,
        "batch_size": int, "encryption_required": bool, "created_at": int,
    }  # fmt: skip
    if any(type(shape[name]) is not kind for name, kind in kinds.items()):
        raise TypeError
    database = shape.get("database")
    if not 2 <= shape["batch_size"] <= 100:
        raise ValueError
    if database is not None and type(database) is not str:
        raise TypeError
    check_issuer_url(shape["url"], allow_loopback_http=shape["allow_loopback_http"])
    return IssuerConfig(
        url=shape["url"],
        name=shape["name"],
        klass=OrganisationClass(shape["class"]),
        allow_loopback_http=shape["allow_loopback_http"],
        signing_key=parse_public_jwk(shape["signing_key"]),
        created_at=shape["created_at"],
        database=database,
        chain=_chain(shape),
        batch_size=shape["batch_size"],
        encryption_required=shape["encryption_required"],
    )


def _chain(shape: dict[str, Any]) -> SigningChain | None:
    if "x5c" not in shape:
        return None
    (root,) = decode_x5c(shape["root"], limits=PRESENTATION)
    return SigningChain(sent=decode_x5c(shape["x5c"], limits=PRESENTATION), root=root)
