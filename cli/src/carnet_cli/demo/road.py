"""The steps of the demo, in order; each is one `carnet` command in its own process."""

import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, Final, TypeVar

from carnet_cli.console import Console
from carnet_cli.demo.processes import BoundSocket, Household
from carnet_cli.demo.sweeper import MARKER
from carnet_cli.settings import child_environment
from carnet_securing import strict_json

_T = TypeVar("_T")
_STEPS: Final = 6
_BUYER: Final = "Atelier Lumière"
_MAX_TRUST: Final = 1024 * 1024
_QUERY: Final = {
    "credentials": [
        {
            "id": "certificate",
            "format": "dc+sd-jwt",
            "meta": {"vct_values": ["urn:carnet:skill-certificate:1"]},
            "claims": [{"path": ["title"]}, {"path": ["month"]}],
        }
    ]
}


@dataclass(slots=True)
class Road:
    """One run of the demo in its own folder."""

    console: Console
    household: Household
    _timings: dict[str, float] = field(init=False, default_factory=dict)
    _addresses: dict[str, str] = field(init=False, default_factory=dict)
    _advance: Callable[[], None] = field(init=False, repr=False)
    _preview: str = field(init=False, default="", repr=False)
    _record: str = field(init=False, default="", repr=False)

    @classmethod
    @contextmanager
    def start(cls, console: Console) -> Iterator["Road"]:
        """Make the folder and its passphrase; both go when the road is closed."""
        folder = Path(tempfile.gettempdir()) / f"carnet-demo-{secrets.token_hex(8)}"
        household = Household(
            folder=folder,
            environment=child_environment(
                CARNET_PASSPHRASE=secrets.token_urlsafe(24), CARNET_ALLOW_LOOPBACK_HTTP="1"
            ),
        )
        household.start_sweeper()
        try:
            folder.mkdir(mode=0o700)
            (folder / MARKER).touch()
            yield cls(console, household)
        finally:
            household.close()

    def travel(self) -> dict[str, Any]:
        """Walk the whole road and return what `--json` prints."""
        with self.console.progress("carnet demo", total=_STEPS) as advance:
            self._advance = advance
            imported = self._timed("class list imported", self._open_school)
            self._timed("verifier started", self._open_buyer)
            card = self._timed("certificate claimed", self._claim)
            first = self._timed("first answer", self._ask_and_answer)
            self._timed("certificate withdrawn", self._withdraw)
            second = self._timed("answer after withdrawal", self._ask_and_answer)
        return {
            "outcome": first["outcome"],
            "after_withdrawal": second["outcome"],
            "after_withdrawal_ground": second["ground"],
            "people": imported,
            "copies": card.get("copies"),
            "claims": first["claims"],
            "checks": first["checks"],
            "checks_after_withdrawal": second["checks"],
            "report": first.get("report"),
            "report_after_withdrawal": second.get("report"),
            "preview": self._preview,
            "addresses": self._addresses,
            "timings": self._timings,
        }

    def wait(self, console: Console) -> None:
        """Keep the services running until the person interrupts."""
        for name, address in self._addresses.items():
            console.say(f"{name}: {address}")
        console.say("Ctrl-C ends both services and removes what the demo made.")
        self.household.wait()

    def _path(self, name: str) -> str:
        return str(self.household.folder / name)

    def _timed(self, what: str, step: Callable[[], _T]) -> _T:
        started = time.monotonic()
        value = step()
        self._timings[what.replace(" ", "_")] = round(time.monotonic() - started, 3)
        self._advance()
        self.console.say(f"{len(self._timings)}/{_STEPS} {what}")
        return value

    def _open_school(self) -> int:
        bound = BoundSocket.bind()
        school = self._path("school")
        self._addresses["issuer"] = bound.url
        samples = resources.files("carnet_issuer") / "samples"
        step = self.household.step
        with resources.as_file(samples) as folder:
            step("issuer", "init", school, "--name", "École du Chantier", "--url", bound.url)
            template = step("issuer", "template", school, str(folder / "electrical-safety.toml"))
            report = step(
                "issuer", "import", school, str(folder / "class-list.csv"),
                "--template", template["id"],
            )  # fmt: skip
        entry = step("issuer", "trust-entry", school)
        Path(self._path("trust.json")).write_bytes(strict_json.dumps_bytes(entry))
        self.household.serve(["issuer", "serve", school], bound)
        return int(report["imported"])

    def _open_buyer(self) -> None:
        bound = BoundSocket.bind()
        buyer = self._path("buyer")
        self._addresses["verifier"] = bound.url
        asker = self.household.step(
            "verifier", "init", buyer, "--name", _BUYER, "--url", bound.url,
            "--trust", self._path("trust.json"),
        )  # fmt: skip
        self._let_the_worker_know(asker["client_id"], bound.url)
        self.household.serve(["verifier", "serve", buyer], bound)
        Path(self._path("query.json")).write_bytes(strict_json.dumps_bytes(_QUERY))

    def _let_the_worker_know(self, client_id: str, url: str) -> None:
        """The worker's own list names the school and this buyer, each with its one key."""
        school = strict_json.loads_object(
            Path(self._path("trust.json")).read_bytes(), max_bytes=_MAX_TRUST
        )
        buyer = {
            "iss": url,
            "route": "metadata",
            "types": [],
            "name": {"fr": _BUYER, "en": _BUYER},
            "class": "buyer",
            "asker": [client_id],
        }
        Path(self._path("known.json")).write_bytes(
            strict_json.dumps_bytes({"entries": [school, buyer]})
        )

    def _claim(self) -> dict[str, Any]:
        step = self.household.step
        step("wallet", "init", self._path("wallet"), "--trust", self._path("known.json"))
        self._record = step("issuer", "list", self._path("school"))[0]["id"]
        offer = step("issuer", "offer", self._path("school"), "--record", self._record)
        card: dict[str, Any] = step(
            "wallet", "claim", self._path("wallet"), offer["offer_uri"],
            "--tx-code", offer["tx_code"],
        )  # fmt: skip
        return card

    def _ask_and_answer(self) -> dict[str, Any]:
        step = self.household.step
        buyer = self._path("buyer")
        step("verifier", "refresh", buyer)
        asked = step("verifier", "ask", buyer, "--query", self._path("query.json"))
        shown = self.household.run(
            "wallet", "present", self._path("wallet"), asked["request_uri"], "--yes"
        )
        self._preview = self._preview or shown.talk
        answer: dict[str, Any] = step("verifier", "answer", buyer, asked["id"])
        return answer

    def _withdraw(self) -> None:
        self.household.step(
            "issuer", "withdraw", self._path("school"), self._record,
            "--reason", "issued_in_error",
        )  # fmt: skip
