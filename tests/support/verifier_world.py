"""A verifier service with a simulated issuer it trusts, and a worker who can answer it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from fastapi.testclient import TestClient

from carnet_schemas.oid4vp_request import ResponseMode
from carnet_securing import strict_json
from carnet_securing.credential import IssuerKey, authenticate_credential, parse_credential
from carnet_securing.held import HeldSdJwt
from carnet_securing.jwe import encrypt_jwe
from carnet_securing.jwk import parse_public_jwk
from carnet_securing.jws import parse_jws
from carnet_securing.key_binding import bind
from carnet_securing.key_route import IssuerKeyRoute
from carnet_securing.limits import PRESENTATION
from carnet_securing.native import check_signature
from carnet_securing.signer import Signer
from carnet_securing.status_list import StatusReference
from carnet_trust.trust_file import TrustData
from carnet_verifier.service import Certificate, Verifier
from carnet_verifier.service.asking import AskedQuestion
from carnet_verifier.service.http.app import create_app
from support.clocks import SettableClock
from support.keys import signer as key_called
from support.simulator import NOW, SKILL_CERTIFICATE, SimulatedIssuer, SimulatedWeb

QUERY = {
    "credentials": [
        {
            "id": "certificate",
            "format": "dc+sd-jwt",
            "meta": {"vct_values": [SKILL_CERTIFICATE]},
            "claims": [{"path": ["title"]}, {"path": ["month"]}],
        }
    ]
}
ASKED = (("title",), ("month",))
FORM = {"content-type": "application/x-www-form-urlencoded"}


@dataclass
class Worker:
    """Somebody who holds one certificate and answers by hand, well or badly."""

    issuer: SimulatedIssuer
    key: Signer
    status: StatusReference
    held: HeldSdJwt

    @classmethod
    def with_certificate(cls, issuer: SimulatedIssuer, **changes: Any) -> "Worker":
        """A worker whose certificate was issued with `changes`."""
        key = key_called("worker")
        status = issuer.next_status()
        members: dict[str, Any] = {"holder_key": key.public_jwk, "status": status}
        issued = issuer.issue(**(members | changes))
        found = IssuerKey(
            issuer=issuer.iss, key=issuer.signer.public_jwk, route=IssuerKeyRoute.METADATA
        )
        authentic = authenticate_credential(
            parse_credential(issued, limits=PRESENTATION),
            issuer_key=found,
            check=check_signature,
            limits=PRESENTATION,
        )
        return cls(issuer=issuer, key=key, status=status, held=HeldSdJwt.of(authentic.sd_jwt))

    def present(
        self,
        *,
        audience: str,
        nonce: str,
        now: int = NOW,
        paths: Sequence[tuple[str | int, ...]] = ASKED,
        key: Signer | None = None,
    ) -> str:
        """A presentation of `paths`, bound as told."""
        return bind(
            self.held.select(list(paths)),
            audience=audience,
            nonce=nonce,
            now=now,
            signer=key or self.key,
        ).decode("ascii")

    def bare(self) -> str:
        """The same selection without key binding."""
        return self.held.select(list(ASKED)).decode("ascii")


@dataclass
class World:
    """A verifier, its HTTP face, the issuer it trusts and the web between them."""

    verifier: Verifier
    client: TestClient
    clock: SettableClock
    issuer: SimulatedIssuer
    web: SimulatedWeb

    @classmethod
    def make(
        cls,
        directory: Path,
        *,
        url: str = "https://shop.example",
        response_mode: ResponseMode = ResponseMode.DIRECT_POST,
        certificate: Certificate | None = None,
        trusted: bool = True,
    ) -> "World":
        """A fresh verifier whose lists are fresh."""
        web = SimulatedWeb()
        issuer = SimulatedIssuer(web)
        verifier = Verifier.create(
            directory / "shop",
            name="Atelier Lumière",
            url=url,
            passphrase="a pretend passphrase",
            trust=TrustData.of([issuer.entry()] if trusted else []),
            certificate=certificate,
            response_mode=response_mode,
            allow_loopback_http=False,
        )
        clock = SettableClock(NOW)
        client = TestClient(create_app(verifier, clock=clock), raise_server_exceptions=True)
        world = cls(verifier=verifier, client=client, clock=clock, issuer=issuer, web=web)
        world.refresh()
        return world

    def refresh(self) -> None:
        """What the timer does."""
        report = self.verifier.refresh(self.web, now=self.clock())
        assert not report.problems

    def ask(self, query: object = QUERY, *, unsigned: bool = False) -> AskedQuestion:
        """Ask a question."""
        return self.verifier.ask(query, unsigned=unsigned, now=self.clock())

    def request_claims(self, asked: AskedQuestion) -> dict[str, Any]:
        """What a wallet reads behind the link."""
        parameters = parse_qs(urlsplit(asked.request_uri).query)
        if "request_uri" not in parameters:
            read = {name: values[0] for name, values in parameters.items()}
            for name in ("dcql_query", "client_metadata"):
                read[name] = strict_json.loads(read[name], max_bytes=65536)
            return read
        answer = self.client.get(urlsplit(parameters["request_uri"][0]).path)
        assert answer.status_code == 200
        jws = parse_jws(answer.content, limits=PRESENTATION)
        return strict_json.loads_object(jws.unverified_payload, max_bytes=65536)

    def post(self, asked: AskedQuestion, form: dict[str, str] | str) -> Any:
        """Post a form to the answer's address."""
        body = form if isinstance(form, str) else urlencode(form)
        return self.client.post(f"/response/{asked.id}", content=body, headers=FORM)

    def answer(self, asked: AskedQuestion, *presentations: str, encrypt: bool = False) -> Any:
        """Post a VP token with these presentations, as a wallet does."""
        claims = self.request_claims(asked)
        token = {"certificate": list(presentations)}
        if not encrypt:
            form = {"vp_token": strict_json.dumps(token), "state": claims["state"]}
            return self.post(asked, form)
        jwk = claims["client_metadata"]["jwks"]["keys"][0]
        sealed = encrypt_jwe(
            strict_json.dumps_bytes({"vp_token": token, "state": claims["state"]}),
            key=parse_public_jwk(jwk),
            enc="A256GCM",
            kid=jwk["kid"],
        )
        return self.post(asked, {"response": sealed})

    def judged(self, asked: AskedQuestion) -> tuple[str | None, str | None]:
        """Outcome and ground of what was stored."""
        report = self.verifier.result(asked.id).report
        return (None, None) if report is None else (report["outcome"], report["ground"])
