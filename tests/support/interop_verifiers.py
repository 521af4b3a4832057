"""Verifiers written by others, asked one by one whether they accept what we made."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jwcrypto.jwk import JWK
from sd_jwt.verifier import SDJWTVerifier

from carnet_securing.jwk import PublicJwk
from support.interop import ORACLE_PYTHON, Stranger

NAMES = ("@sd-jwt/sd-jwt-vc", "sd-jwt", "openvc-core", "polaris-oid4vp")


@dataclass(frozen=True, kw_only=True)
class Document:
    """What is checked, and everything a verifier is told about it."""

    token: str
    issuer: str
    key: PublicJwk
    now: int
    nonce: str | None = None
    audience: str | None = None
    vct: str | None = None
    status: str | None = None
    published: dict[str, Any] | None = None
    """The issuer's own JWT VC issuer metadata, where it has been fetched."""
    metadata: str | None = None
    """Type metadata to hold the claims to, where the library does that."""

    def message(self, name: str) -> dict[str, Any]:
        """The line for a program that drives the library."""
        message: dict[str, Any] = {
            "by": name,
            "token": self.token,
            "issuer": self.issuer,
            "issuerKey": self.key.to_json(),
            "now": self.now,
            "nonce": self.nonce,
            "audience": self.audience,
            "vct": self.vct,
            "status": self.status,
            "published": self.published,
        }
        return message if self.metadata is None else message | {"metadata": self.metadata}


Verdict = dict[str, Any]
"""`claims` of what was accepted, else `refused` with the library's own words."""


@dataclass
class Peers:
    """All of them; `ask` has one verify a document."""

    _ask: dict[str, Callable[[Document], Verdict]]

    def ask(self, name: str, document: Document) -> Verdict:
        """What one library says."""
        return self._ask[name](document)


def _sd_jwt(document: Document) -> Verdict:
    """The reference library: signature, disclosures and key binding; times are its caller's."""
    try:
        verifier = SDJWTVerifier(
            document.token,
            lambda _issuer, _header: JWK(**document.key.bare().to_json()),
            document.audience,
            document.nonce,
        )
        return {"claims": verifier.get_verified_payload()}
    except Exception as error:  # noqa: BLE001 - it has no error of its own: all it raises refuses
        return {"refused": f"{type(error).__name__}: {error}"}


@contextmanager
def peers(logs: Path) -> Iterator[Peers]:
    """Start the programs that drive the libraries, until the block ends."""
    with ExitStack() as stack:
        node = stack.enter_context(Stranger.node("checker.mjs", log=logs / "checker.log"))
        oracle = stack.enter_context(
            Stranger([str(ORACLE_PYTHON), "oracle.py"], log=logs / "oracle.log")
        )
        yield Peers(
            {
                "@sd-jwt/sd-jwt-vc": lambda one: node.ask("verify", **one.message(NAMES[0])),
                "sd-jwt": _sd_jwt,
                "openvc-core": lambda one: oracle.ask("verify", **one.message(NAMES[2])),
                "polaris-oid4vp": lambda one: oracle.ask("verify", **one.message(NAMES[3])),
            }
        )
