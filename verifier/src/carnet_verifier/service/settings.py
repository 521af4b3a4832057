"""What a verifier is, decided once at `init` and kept in `verifier.json`."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from carnet_hosting.errors import HostingError
from carnet_hosting.settings_file import SettingsFile
from carnet_hosting.web_address import check_web_address
from carnet_schemas.client_id import ClientIdPrefix, parse_client_id
from carnet_schemas.errors import SchemaError
from carnet_schemas.oid4vp import ResponseMode
from carnet_schemas.text import check_plain
from carnet_securing.errors import ErrorKind
from carnet_securing.strict_json import JsonObject
from carnet_verifier.service.errors import ServiceError

SETTINGS: Final = SettingsFile(
    name="verifier.json",
    role="verifier",
    version=1,
    when_absent="Run `carnet verifier init` first.",
    when_damaged="Restore verifier.json from a copy, or make a new verifier.",
)
_MAX_NAME: Final = 120


class Identification(StrEnum):
    """How the verifier proves who asks (OpenID4VP 1.0 section 5.9.3)."""

    DID_WEB = "did_web"
    DID_JWK = "did_jwk"
    X509_SAN_DNS = "x509_san_dns"
    X509_HASH = "x509_hash"

    @property
    def prefix(self) -> ClientIdPrefix:
        """The prefix of its client identifier."""
        return _PREFIXES[self]


_PREFIXES: Final = {
    Identification.DID_WEB: ClientIdPrefix.DECENTRALIZED_IDENTIFIER,
    Identification.DID_JWK: ClientIdPrefix.DECENTRALIZED_IDENTIFIER,
    Identification.X509_SAN_DNS: ClientIdPrefix.X509_SAN_DNS,
    Identification.X509_HASH: ClientIdPrefix.X509_HASH,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How long things live, in seconds.

    Attributes:
        question: between asking and the last moment an answer is taken.
        result: how long a result is kept, then it is deleted with its claims.
    """

    question: int = 600
    result: int = 24 * 3_600


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierSettings:
    """The settings of one verifier.

    Attributes:
        url: its address exactly as wallets will open it, without a trailing slash.
        client_id: the full identifier, prefix included, under which it asks.
        certificates: with `x509_*`, the DER chain as base64 text, leaf first.
        database: a SQLAlchemy URL; None for the SQLite file in the folder.
    """

    name: str
    url: str
    client_id: str
    identification: Identification
    response_mode: ResponseMode
    allow_loopback_http: bool
    certificates: tuple[str, ...] = ()
    database: str | None = field(default=None, repr=False)
    times: Times = Times()

    def save(self, directory: Path) -> None:
        """Write `verifier.json`, for the owner alone."""
        members: dict[str, Any] = {
            "name": self.name,
            "url": self.url,
            "client_id": self.client_id,
            "identification": str(self.identification),
            "response_mode": str(self.response_mode),
            "allow_loopback_http": self.allow_loopback_http,
            "certificates": list(self.certificates),
            "database": self.database,
        }
        SETTINGS.write(directory, members)

    @classmethod
    def load(cls, directory: Path) -> "VerifierSettings":
        """Read `verifier.json`, and check it as if a person had typed it.

        Raises:
            HostingError: as `SettingsFile.read`.
        """
        return SETTINGS.read(directory, cls._checked)

    @classmethod
    def _checked(cls, members: JsonObject) -> "VerifierSettings":
        settings = cls(
            name=_text(members["name"]),
            url=_text(members["url"]),
            client_id=_text(members["client_id"]),
            identification=Identification(members["identification"]),
            response_mode=ResponseMode(members["response_mode"]),
            allow_loopback_http=members["allow_loopback_http"] is True,
            certificates=tuple(_text(one) for one in members["certificates"]),
            database=None if members["database"] is None else _text(members["database"]),
        )
        try:
            check_settings_input(
                name=settings.name,
                url=settings.url,
                allow_loopback_http=settings.allow_loopback_http,
            )
            prefix = parse_client_id(settings.client_id).prefix
        except (ServiceError, HostingError, SchemaError):
            raise ValueError from None
        if prefix is not settings.identification.prefix:
            raise ValueError
        return settings


def check_settings_input(*, name: str, url: str, allow_loopback_http: bool) -> None:
    """Check what a person typed at `init`.

    Raises:
        ServiceError: `malformed` for the name.
        HostingError: `malformed` for the address, with what to write instead.
    """
    try:
        check_plain(name, max_characters=_MAX_NAME)
    except SchemaError:
        raise ServiceError(
            ErrorKind.MALFORMED,
            "The name is empty, too long, or has invisible characters.",
            hint=f"Type the name people know you by, {_MAX_NAME} characters at most.",
        ) from None
    check_web_address(
        url,
        allow_loopback_http=allow_loopback_http,
        called="The address",
        instead="Use https://your.name, or http://localhost:PORT with --allow-loopback-http.",
        spelling="Write it without a slash at the end.",
    )


def _text(value: object) -> str:
    if type(value) is not str:
        raise TypeError("not a text")
    return value
