"""`carnet verify`: documents of real signers, and the exit status scripts depend on."""

import io
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from carnet_cli.main import main
from carnet_securing import strict_json
from carnet_securing.key_route import IssuerKeyRoute
from carnet_trust.trust_file import TrustData, trust_file_bytes
from support.commands import CARNET
from support.examining import AUDIENCE, NONCE, Bench, bound, on_screen
from support.keys import signer as key_called
from support.simulator import DAY, NOW, SKILL_CERTIFICATE, SimulatedIssuer, SimulatedWeb
from support.wallet_server import served
from support.wallet_world import WorldWeb

OFFLINE = "--offline"


@dataclass
class Counter:
    """Somebody at a counter who checks documents, with an issuer's key pinned."""

    folder: Path
    bench: Bench
    capture: pytest.CaptureFixture[str]
    said: str = ""

    def file(self, name: str, data: bytes | str) -> str:
        """Write a file and return its path."""
        path = self.folder / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return str(path)

    def trust(self, **changes: Any) -> str:
        """A trust file with the issuer's key in it."""
        issuer = self.bench.issuer
        members: dict[str, Any] = {
            "route": IssuerKeyRoute.PINNED,
            "keys": tuple(issuer.published),
        }
        entry = issuer.entry(**(members | changes))
        return self.file("trust.json", trust_file_bytes(TrustData.of([entry])))

    def status(self) -> str:
        """The issuer's status list as a file."""
        return self.file("status.jwt", self.bench.issuer.status_token())

    def verify(self, document: str, *arguments: str, code: int) -> Any:
        """Run `carnet verify` on a document, and return its JSON."""
        self.capture.readouterr()
        path = self.file("document.txt", document)
        assert main(["verify", path, *arguments, "--json"]) == code
        out, self.said = self.capture.readouterr()
        return strict_json.loads(out, max_bytes=10**7)


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("carnet_cli.commands.verify.system_now", lambda: NOW)
    monkeypatch.delenv("CARNET_ALLOW_LOOPBACK_HTTP", raising=False)
    monkeypatch.delenv("CARNET_CA_FILE", raising=False)


@pytest.fixture
def counter(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Counter:
    return Counter(folder=tmp_path, bench=Bench(), capture=capsys)


def test_0_verified(counter: Counter) -> None:
    found = counter.verify(
        counter.bench.issue(), "--trust", counter.trust(), "--status", counter.status(), OFFLINE,
        code=0,
    )  # fmt: skip
    assert (found["outcome"], found["ground"]) == ("verified", None)
    assert found["type"] == SKILL_CERTIFICATE
    assert found["claims"]["month"]
    assert not {"cnf", "status"} & set(found["claims"])
    assert counter.said == ""


def test_0_verified_without_a_status(counter: Counter) -> None:
    document = counter.bench.issue(status=None)
    counter.verify(document, "--trust", counter.trust(), OFFLINE, code=0)
    counter.verify(f"\n {document}\r\n", "--trust", counter.trust(), OFFLINE, code=0)


def test_10_genuine_but_unlisted(counter: Counter) -> None:
    stranger = SimulatedIssuer(SimulatedWeb(), name="stranger", route=IssuerKeyRoute.DID_JWK)
    document = stranger.issue()
    for arguments in ([OFFLINE], ["--trust", counter.trust(), OFFLINE], []):
        found = counter.verify(document, *arguments, code=10)
        assert (found["outcome"], found["ground"]) == ("genuine_unlisted", None)


@pytest.mark.parametrize("how", ["no-list", "list-of-another", "no-key"])
def test_11_could_not_be_checked(counter: Counter, how: str) -> None:
    document = counter.bench.issue()
    arguments = [OFFLINE, "--trust", counter.trust()]
    if how == "list-of-another":
        other = SimulatedIssuer(SimulatedWeb(), name="other", url="https://other.example")
        arguments += ["--status", counter.file("s", other.status_token())]
    if how == "no-key":
        arguments = [OFFLINE]
    found = counter.verify(document, *arguments, code=11)
    assert (found["outcome"], found["ground"]) == ("undetermined", None)
    assert found["what_to_do"]["fr"]


@pytest.mark.parametrize(
    "how",
    ["tampered", "expired", "withdrawn", "paused", "not-yet", "not-its-type", "rubbish", "empty"],
)
def test_12_rejected(counter: Counter, how: str) -> None:
    bench = counter.bench
    place = bench.issuer.next_status()
    changes: dict[str, Any] = {"status": place}
    entry: dict[str, Any] = {}
    match how:
        case "expired":
            changes |= {"expires_at": NOW - DAY, "issued_at": NOW - 9 * DAY}
        case "not-yet":
            changes |= {"issued_at": NOW + DAY}
        case "withdrawn":
            bench.issuer.withdraw(place)
        case "paused":
            bench.issuer.pause(place)
        case "not-its-type":
            entry = {"types": ("urn:carnet:mission:1",)}
    document = bench.issue(**changes)
    if how == "tampered":
        document = document.replace("~", "~WyJhIiwiYiIsImMiXQ~", 1)
    document = {"rubbish": "not a document", "empty": ""}.get(how, document)
    found = counter.verify(
        document, "--trust", counter.trust(**entry), "--status", counter.status(), OFFLINE,
        code=12,
    )  # fmt: skip
    grounds = {"not-yet": "not_yet_valid", "not-its-type": "policy_unmet"}
    assert found["outcome"] == "rejected"
    assert found["ground"] == grounds.get(how, how if how in found["ground"] else "not_authentic")


def test_an_answer_made_for_a_nonce(counter: Counter) -> None:
    document = bound(counter.bench.issue(status=None))
    trust = ["--trust", counter.trust(), OFFLINE]
    asked = ["--nonce", NONCE, "--audience", AUDIENCE]
    assert counter.verify(document, *trust, *asked, code=0)["outcome"] == "verified"
    for wrong in (
        ["--nonce", NONCE + "x", "--audience", AUDIENCE],
        ["--nonce", NONCE, "--audience", "x509_san_dns:other.example"],
        [],
    ):
        found = counter.verify(document, *trust, *wrong, code=12)
        assert found["ground"] == "not_for_you"
        assert found["claims"] == {}


def test_K01_a_stripped_answer_is_no_answer(counter: Counter) -> None:
    document = counter.bench.issue(status=None)
    asked = ["--nonce", NONCE, "--audience", AUDIENCE, OFFLINE, "--trust", counter.trust()]
    found = counter.verify(document, *asked, code=12)
    assert found["ground"] == "not_for_you"
    assert "kb_missing" in {check["kind"] for check in found["checks"]}


def test_a_code_from_a_screen(counter: Counter) -> None:
    issued = counter.bench.issue(status=None)
    trust = ["--trust", counter.trust(), OFFLINE]
    recorded = counter.verify(on_screen(issued), *trust, "--shown-max-age", "120", code=0)
    assert recorded["showing"] == "recorded"
    assert recorded["headline"]["en"].startswith("May be a copy.")
    digits = ["--shown-max-age", "120", "--code", "314159"]
    live = counter.verify(on_screen(issued, code="314159"), *trust, *digits, code=0)
    assert live["showing"] == "live"
    for document, arguments in (
        (on_screen(issued), digits),
        (on_screen(issued, code="271828"), digits),
        (on_screen(issued, now=NOW - 600), ["--shown-max-age", "120"]),
        (bound(issued), ["--shown-max-age", "120"]),
        (issued, ["--shown-max-age", "120"]),
        (on_screen(issued), []),
    ):
        found = counter.verify(document, *trust, *arguments, code=12)
        assert found["ground"] == "not_for_you"
        assert found["showing"] is None


USAGE: dict[str, list[str]] = {
    "nothing": [],
    "nonce-alone": ["D", "--nonce", "x"],
    "audience-alone": ["D", "--audience", "x"],
    "nonce-empty": ["D", "--nonce", "", "--audience", "x"],
    "code-alone": ["D", "--code", "123456"],
    "code-letters": ["D", "--shown-max-age", "60", "--code", "abcdef"],
    "code-short": ["D", "--shown-max-age", "60", "--code", "12345"],
    "code-other-digits": ["D", "--shown-max-age", "60", "--code", "١٢٣٤٥٦"],
    "age-zero": ["D", "--shown-max-age", "0"],
    "age-word": ["D", "--shown-max-age", "soon"],
    "both": ["D", "--nonce", "x", "--audience", "y", "--shown-max-age", "60"],
    "offline-types": ["D", "--offline", "--fetch-types"],
    "option": ["D", "--force"],
    "two": ["D", "D"],
    "no-file": ["nowhere.txt"],
    "folder": ["."],
    "no-trust": ["D", "--trust", "nowhere.json"],
    "no-status": ["D", "--status", "nowhere.jwt"],
    "no-roots": ["D", "--ca-file", "nowhere.pem"],
    "roots-of-nobody": ["D", "--ca-file", "D"],
    "no-name-of-a-file": ["D" * 5_000],
    "trust-empty": ["D", "--trust", "empty"],
    "trust-not-json": ["D", "--trust", "D"],
    "trust-a-folder": ["D", "--trust", "."],
    "trust-of-other-things": ["D", "--trust", "list"],
    "trust-too-much": ["D", "--trust", "much"],
    "status-empty": ["D", "--status", "empty"],
    "status-something-else": ["D", "--status", "list"],
    "status-too-much": ["D", "--status", "much"],
}


@pytest.mark.parametrize("arguments", USAGE.values(), ids=USAGE)
def test_2_wrong_usage(
    counter: Counter, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(counter.folder)
    counter.file("D", counter.bench.issue())
    counter.file("empty", "")
    counter.file("list", "[]")
    counter.file("much", " " * (9 * 1024 * 1024))
    assert main(["verify", *arguments]) == 2
    out, err = counter.capture.readouterr()
    assert out == ""
    assert "carnet: " not in err or "hint: " in err
    if {"--trust", "--status", "--ca-file"} & set(arguments):
        assert arguments[-1] in err


@pytest.mark.parametrize("arguments", [["D", "--nonce", "x"], ["nowhere.txt"]], ids=range(2))
def test_wrong_usage_as_json(
    counter: Counter, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(counter.folder)
    counter.file("D", "x")
    assert main(["verify", *arguments, "--json"]) == 2
    out, _ = counter.capture.readouterr()
    error = strict_json.loads_object(out, max_bytes=10**4)["error"]
    assert set(error) == {"kind", "message", "hint"}
    assert error["kind"] == "usage"


@pytest.mark.parametrize("data", ["", "[]", "{", '{"iss":"x"}', '{"entries":[{"iss":1}]}'])
def test_2_a_trust_file_that_does_not_read(counter: Counter, data: str) -> None:
    trust = counter.file("bad.json", data)
    found = counter.verify(counter.bench.issue(), "--trust", trust, OFFLINE, code=2)
    assert set(found) == {"error"}
    assert found["error"]["kind"] == "usage"
    assert trust in found["error"]["message"]
    assert found["error"]["message"] in counter.said
    assert found["error"]["hint"]


def test_2_there_is_no_stdin(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    assert main(["verify", "-", OFFLINE]) == 2
    assert "hint: " in counter.capture.readouterr().err


def test_a_code_from_a_screen_says_which_option_it_needs(counter: Counter) -> None:
    issued = counter.bench.issue(status=None)
    trust = ["--trust", counter.trust(), OFFLINE]
    counter.verify(on_screen(issued), *trust, code=12)
    assert "code from a screen" in counter.said
    assert "--shown-max-age" in counter.said
    counter.verify(on_screen(issued), *trust, "--nonce", "n", "--audience", "a", code=12)
    assert "--shown-max-age" in counter.said
    for other in (bound(issued), issued, "rubbish~x.y.z", "a.b.c~"):
        counter.capture.readouterr()
        main(["verify", counter.file("other", other), *trust])
        assert "--shown-max-age" not in counter.capture.readouterr().err
    counter.verify(bound(issued), *trust, "--shown-max-age", "120", code=12)
    assert "--shown-max-age" not in counter.said


def test_lines_for_a_person(counter: Counter) -> None:
    document = counter.file("d", counter.bench.issue(status=None))
    assert main(["verify", document, "--trust", counter.trust(), OFFLINE]) == 0
    out, err = counter.capture.readouterr()
    assert out.startswith("Vérifié : délivré par Centre de formation du Moulin")
    assert "Mois de fin / Month of completion: " in out
    assert err == ""
    assert "{" not in out


# With a connection


@pytest.fixture
def online(counter: Counter) -> Iterator[SimulatedIssuer]:
    web = WorldWeb()
    with served(web) as address:
        issuer = SimulatedIssuer(web, url=address)
        counter.bench.issuer = issuer
        yield issuer


def listed(counter: Counter, issuer: SimulatedIssuer) -> list[str]:
    path = counter.file("t.json", trust_file_bytes(TrustData.of([issuer.entry()])))
    return ["--trust", path, "--allow-loopback-http"]


def test_keys_and_lists_are_fetched(counter: Counter, online: SimulatedIssuer) -> None:
    place = online.next_status()
    document = counter.bench.issue(status=place)
    found = counter.verify(document, *listed(counter, online), code=0)
    sources = {check["id"]: check["source"] for check in found["checks"]}
    assert (sources["issuer_key"], sources["status"]) == ("fetched", "fetched")
    online.withdraw(place)
    found = counter.verify(document, *listed(counter, online), code=12)
    assert found["ground"] == "withdrawn"


def test_V25_offline_opens_no_connection(counter: Counter, online: SimulatedIssuer) -> None:
    document = counter.bench.issue()
    counter.verify(document, *listed(counter, online), OFFLINE, code=11)
    assert online.web.total == 0


def test_V25_what_a_type_means_is_only_fetched_when_told(
    counter: Counter, online: SimulatedIssuer
) -> None:
    vct = f"{online.url}/types/own/1"
    online.web.put(vct, strict_json.dumps_bytes({"vct": vct}))
    trust = trust_file_bytes(TrustData.of([online.entry(types=(vct,))]))
    arguments = ["--trust", counter.file("t", trust), "--allow-loopback-http"]
    document = online.issue({"x": 1}, vct=vct)
    found = counter.verify(document, *arguments, code=0)
    assert online.web.calls[vct] == 0
    assert {check["id"]: check["outcome"] for check in found["checks"]}["type"] == "not_applicable"
    counter.verify(document, *arguments, "--fetch-types", code=0)
    assert online.web.calls[vct] == 1


def test_a_list_in_hand_works_though_the_network_does_not(
    counter: Counter, online: SimulatedIssuer
) -> None:
    online.web.is_down = True
    document = counter.bench.issue()
    arguments = ["--trust", counter.trust(), "--allow-loopback-http"]
    counter.verify(document, *arguments, code=11)
    found = counter.verify(document, *arguments, "--status", counter.status(), code=0)
    assert {check["id"]: check["source"] for check in found["checks"]}["status"] == "given"


def test_loopback_is_not_spoken_to_unless_told(
    counter: Counter, online: SimulatedIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = counter.bench.issue()
    trust = listed(counter, online)[:2]
    counter.verify(document, *trust, code=11)
    assert online.web.total == 0
    monkeypatch.setenv("CARNET_ALLOW_LOOPBACK_HTTP", "1")
    counter.verify(document, *trust, code=0)


# As its own process, by the real clock


@dataclass
class Shell:
    """Runs `carnet` as a script does."""

    folder: Path

    def run(self, *arguments: str, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        """One command."""
        return subprocess.run(
            [*CARNET, *arguments],
            input=given,
            cwd=self.folder,
            env={**os.environ, "PYTHONWARNINGS": "error"},
            capture_output=True,
            check=False,
        )


def test_a_document_on_stdin(tmp_path: Path) -> None:
    issuer = SimulatedIssuer(SimulatedWeb(), now=1_700_000_000)
    worker = key_called("worker").public_jwk
    document = issuer.issue(holder_key=worker, expires_at=4_000_000_000).encode()
    entry = issuer.entry(route=IssuerKeyRoute.PINNED, keys=tuple(issuer.published))
    (tmp_path / "trust.json").write_bytes(trust_file_bytes(TrustData.of([entry])))
    shell = Shell(tmp_path)
    arguments = ["verify", "-", "--trust", "trust.json", "--offline", "--json"]
    good = shell.run(*arguments, given=document + b"\n")
    assert (good.returncode, good.stderr) == (0, b"")
    assert strict_json.loads_object(good.stdout, max_bytes=10**6)["outcome"] == "verified"
    for given in (b"", document[:-40], b"\xff" * 100, b"x" * (9 * 1024 * 1024)):
        bad = shell.run(*arguments, given=given)
        assert (bad.returncode, bad.stderr) == (12, b"")


def test_a_pipe_that_closes_early_is_no_traceback(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr("sys.stdout", Closed())
    document = counter.file("d", counter.bench.issue(status=None))
    assert main(["verify", document, "--trust", counter.trust(), OFFLINE]) == 1
