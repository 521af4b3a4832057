"""`carnet verifier`: what each command prints, and how it fails."""

import json
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from cryptography.hazmat.primitives import serialization

from carnet_cli.main import main
from carnet_securing import strict_json
from carnet_securing.jwe import encrypt_jwe
from carnet_securing.jwk import parse_public_jwk
from carnet_securing.jws import parse_jws
from carnet_securing.limits import PRESENTATION
from carnet_trust.trust_file import TrustData, trust_file_bytes
from carnet_verifier.service import Verifier
from support.certificates import chain
from support.commands import CARNET
from support.simulator import NOW, SimulatedIssuer, SimulatedWeb
from support.verifier_world import QUERY, Worker
from support.wallet_server import served
from support.wallet_world import WorldWeb

PASSPHRASE = "a passphrase of a test"
URL = "http://localhost:8701"


@dataclass
class Shop:
    """Runs commands on one folder, in this process."""

    folder: Path
    capture: pytest.CaptureFixture[str]
    said: str = ""

    @property
    def directory(self) -> Path:
        """The verifier's folder."""
        return self.folder / "shop"

    def run(self, command: str, *arguments: str, code: int = 0) -> Any:
        """One command; its JSON."""
        self.capture.readouterr()
        done = main(["verifier", command, str(self.directory), *arguments, "--json"])
        out, self.said = self.capture.readouterr()
        assert done == code, self.said
        return json.loads(out) if out else None

    def file(self, name: str, data: bytes | str) -> str:
        """Write a file and return its path."""
        path = self.folder / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return str(path)

    def question(self, query: object = QUERY) -> str:
        """A file with a question."""
        return self.file("question.json", json.dumps(query))


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARNET_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("CARNET_ALLOW_LOOPBACK_HTTP", "1")
    monkeypatch.setattr("carnet_cli.commands.verifier.system_now", lambda: NOW)


@pytest.fixture
def unmade(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shop:
    return Shop(folder=tmp_path, capture=capsys)


@pytest.fixture
def shop(unmade: Shop) -> Shop:
    unmade.run("init", "--name", "Atelier Lumière", "--url", URL)
    return unmade


def test_init_says_under_which_name_it_asks(unmade: Shop) -> None:
    made = unmade.run("init", "--name", "Atelier", "--url", "https://shop.example:8443")
    assert made == {
        "name": "Atelier",
        "url": "https://shop.example:8443",
        "client_id": "decentralized_identifier:did:web:shop.example%3A8443",
    }
    assert PASSPHRASE not in unmade.said


def test_ask_and_answer(shop: Shop) -> None:
    asked = shop.run("ask", "--query", shop.question())
    assert set(asked) == {"id", "request_uri", "result_uri", "result_token"}
    assert asked["request_uri"].startswith("openid4vp://?client_id=decentralized_identifier")
    waiting = shop.run("answer", asked["id"])
    assert waiting["outcome"] is None
    assert waiting["ground"] is None
    assert (waiting["standing"], waiting["checks"], waiting["claims"]) == ("open", [], {})


def test_an_unsigned_question_carries_itself(shop: Shop) -> None:
    asked = shop.run("ask", "--query", shop.question(), "--unsigned")
    parameters = parse_qs(urlsplit(asked["request_uri"]).query)
    assert parameters["client_id"][0].startswith("redirect_uri:http://localhost:8701/response/")
    assert "request_uri" not in parameters


def test_a_question_nobody_answers_in_time(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = shop.run("ask", "--query", shop.question())
    monkeypatch.setattr("carnet_cli.commands.verifier.system_now", lambda: NOW + 600)
    assert shop.run("answer", asked["id"])["standing"] == "expired"
    assert main(["verifier", "answer", str(shop.directory), asked["id"]]) == 0
    assert "This says nothing about the person." in shop.capture.readouterr().out


def test_whom_it_trusts_is_changed_and_refreshed(shop: Shop) -> None:
    web = WorldWeb()
    with served(web) as address:
        issuer = SimulatedIssuer(web, url=address)
        trust = trust_file_bytes(TrustData.of([issuer.entry()]))
        changed = shop.run("trust", shop.file("trust.json", trust))
        assert changed == {"issuers": [address]}
        done = shop.run("refresh")
        assert done["issuers"] == [{"iss": address, "keys": 1, "lists": 1, "types": 0}]
        assert done["problems"] == []
        web.is_down = True
        failed = shop.run("refresh", code=1)
        assert failed["problems"]
        assert "not fetched" in shop.said
    empty = shop.run("trust", shop.file("trust.json", '{"entries":[]}'))
    assert empty == {"issuers": []}


# What goes wrong


INIT: dict[str, tuple[list[str], int, str]] = {
    "no-name": (["--name", "", "--url", URL], 1, "malformed"),
    "invisible-name": (["--name", "a\u202eb", "--url", URL], 1, "malformed"),
    "slash": (["--name", "A", "--url", URL + "/"], 1, "malformed"),
    "plain-http": (["--name", "A", "--url", "http://shop.example"], 1, "malformed"),
    "no-url": (["--name", "A", "--url", "shop"], 1, "malformed"),
    "trust-missing": (["--name", "A", "--url", URL, "--trust", "nowhere"], 2, "usage"),
    "certificate-alone": (["--name", "A", "--url", URL, "--certificate", "x"], 2, "usage"),
    "key-alone": (["--name", "A", "--url", URL, "--key", "x"], 2, "usage"),
    "hash-alone": (["--name", "A", "--url", URL, "--x509-hash"], 2, "usage"),
}


@pytest.mark.parametrize(("arguments", "code", "kind"), INIT.values(), ids=INIT)
def test_init_refuses_and_leaves_nothing(
    unmade: Shop, arguments: list[str], code: int, kind: str
) -> None:
    refused = unmade.run("init", *arguments, code=code)
    assert refused["error"]["kind"] == kind
    assert refused["error"]["message"] in unmade.said
    assert not unmade.directory.exists()


@pytest.mark.parametrize(
    ("url", "flag", "stored"),
    [
        (URL, [], True),
        ("https://shop.example", [], False),
        ("https://shop.example", ["--allow-loopback-http"], True),
    ],
    ids=["own-address", "no", "flag"],
)
def test_the_folder_remembers_whether_loopback_is_spoken_to(
    unmade: Shop, monkeypatch: pytest.MonkeyPatch, url: str, flag: list[str], stored: bool
) -> None:
    monkeypatch.delenv("CARNET_ALLOW_LOOPBACK_HTTP")
    unmade.run("init", "--name", "A", "--url", url, *flag)
    with closing(Verifier.open(unmade.directory, passphrase=None)) as verifier:
        assert verifier.settings.allow_loopback_http is stored


def test_a_certificate_of_another_host(unmade: Shop) -> None:
    made = chain(dns="shop.example")
    key = made.leaf.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    files = ["--certificate", unmade.file("c", made.leaf.pem), "--key", unmade.file("k", key)]
    refused = unmade.run("init", "--name", "A", "--url", "https://x.example", *files, code=1)
    assert refused["error"]["kind"] == "malformed"
    done = unmade.run("init", "--name", "A", "--url", "https://shop.example", *files)
    assert done["client_id"] == "x509_san_dns:shop.example"
    assert not any(b"PRIVATE" in path.read_bytes() for path in unmade.directory.glob("*.*"))


def test_a_second_verifier_is_not_made_over_the_first(shop: Shop) -> None:
    before = {path.name: path.read_bytes() for path in shop.directory.glob("*.json")}
    refused = shop.run("init", "--name", "B", "--url", URL, code=1)
    assert refused["error"]["kind"] == "conflict"
    assert before == {path.name: path.read_bytes() for path in shop.directory.glob("*.json")}


@pytest.mark.parametrize(
    "command", [["refresh"], ["answer", "q"], ["ask", "--query", "Q"], ["serve", "--port", "0"]]
)
def test_there_is_no_verifier_there(unmade: Shop, command: list[str]) -> None:
    command = [unmade.question() if word == "Q" else word for word in command]
    refused = unmade.run(*command, code=1)
    assert refused["error"]["kind"] == "not_found"
    assert "init" in refused["error"]["hint"]


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("{", "malformed"),
        ("", "malformed"),
        ('{"a":1,"a":2}', "duplicate_member"),
        ("[" * 100, "too_deep"),
        ("[]", "malformed"),
        ('{"credentials":[]}', "malformed"),
        ('"' + "x" * 300_000 + '"', "too_large"),
        (json.dumps(QUERY).replace("title", "birthdate"), "policy_unmet"),
        (json.dumps(QUERY).replace("title", "union_membership"), "policy_unmet"),
    ],
    ids=range(9),
)
def test_questions_that_may_not_be_asked(shop: Shop, query: str, kind: str) -> None:
    refused = shop.run("ask", "--query", shop.file("q.json", query), code=1)
    assert refused["error"]["kind"] == kind


def test_P16_a_question_for_nearly_everything_is_refused_with_a_hint(shop: Shop) -> None:
    names = ["title", "skills", "level", "assessment", "hours", "month"]
    names += ["given_name", "family_name", "usual_name"]
    asked = QUERY["credentials"][0] | {"claims": [{"path": [name]} for name in names]}
    question = shop.file("all.json", json.dumps({"credentials": [asked]}))

    refused = shop.run("ask", "--query", question, code=1)["error"]

    assert refused["kind"] == "policy_unmet"
    assert refused["message"] == "This request wants nearly everything."
    assert refused["hint"].startswith("Ask only for what you need")


@pytest.mark.parametrize("name", ["nobody", "q", "..", "%00", "q'--", "é"])
def test_an_answer_nobody_asked_for(shop: Shop, name: str) -> None:
    assert shop.run("answer", name, code=1)["error"]["kind"] == "not_found"


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "settings-truncated": (
        lambda folder: (folder / "verifier.json").write_bytes(b'{"format":"carnet-ver'),
        "vault_corrupt",
    ),
    "settings-open-to-others": (
        lambda folder: (folder / "verifier.json").chmod(0o644),
        "forbidden",
    ),
    "trust-truncated": (lambda folder: (folder / "trust.json").write_bytes(b"{"), "malformed"),
    "trust-missing": (lambda folder: (folder / "trust.json").unlink(), "not_found"),
    "database": (
        lambda folder: (folder / "verifier.sqlite3").write_bytes(b"no database" * 500),
        "vault_corrupt",
    ),
}


@pytest.mark.parametrize(("damage", "kind"), DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["refresh"], ["answer", "q"]])
def test_a_damaged_folder_is_one_plain_error(
    shop: Shop, damage: Callable[[Path], object], kind: str, command: list[str]
) -> None:
    for path in shop.directory.glob("verifier.sqlite3-*"):
        path.unlink()
    damage(shop.directory)
    refused = shop.run(*command, code=1)
    assert refused["error"]["kind"] == kind
    assert str(shop.directory) not in refused["error"]["message"]


@pytest.mark.parametrize("emptied", [False, True], ids=["gone", "emptied"])
def test_a_lost_database_is_made_anew_and_it_says_so(shop: Shop, emptied: bool) -> None:
    asked = shop.run("ask", "--query", shop.question())
    assert "a new one was made" not in shop.said
    database = shop.directory / "verifier.sqlite3"
    database.unlink()
    if emptied:
        database.touch()
    assert shop.run("answer", asked["id"], code=1)["error"]["kind"] == "not_found"
    assert "a new one was made" in shop.said
    again = shop.run("ask", "--query", shop.question())
    assert "a new one was made" not in shop.said
    assert shop.run("answer", again["id"])["standing"] == "open"


def test_asking_needs_no_key(shop: Shop) -> None:
    (shop.directory / "request-key.json").unlink()
    assert shop.run("ask", "--query", shop.question())["id"]


@pytest.mark.parametrize("damaged", [b"{", b"", None], ids=["half", "empty", "missing"])
def test_damaged_trust_is_named_and_can_be_chosen_again(shop: Shop, damaged: bytes | None) -> None:
    own = shop.directory / "trust.json"
    own.unlink() if damaged is None else own.write_bytes(damaged)
    refused = shop.run("refresh", code=1)["error"]
    assert refused["message"].startswith("trust.json of the verifier")
    assert "verifier trust" in refused["hint"]
    shop.run("trust", shop.file("new.json", '{"entries":[]}'))
    shop.run("refresh")


@pytest.mark.parametrize("keep", [0, 1, 100, -1], ids=["empty", "one", "half", "last"])
def test_a_truncated_key(shop: Shop, keep: int) -> None:
    key = shop.directory / "request-key.json"
    key.write_bytes(key.read_bytes()[:keep])
    assert shop.run("serve", "--port", "0", code=1)["error"]["kind"] == "vault_corrupt"


def test_a_wrong_passphrase(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARNET_PASSPHRASE", "quite another one")
    refused = shop.run("serve", "--port", "0", code=1)
    assert refused["error"]["kind"] == "vault_passphrase"
    assert "quite another" not in json.dumps(refused) + shop.said
    monkeypatch.setenv("CARNET_PASSPHRASE", PASSPHRASE)
    wrong = shop.file("wrong", "another of a file\n")
    refused = shop.run("serve", "--port", "0", "--passphrase-file", wrong, code=1)
    assert refused["error"]["kind"] == "vault_passphrase"


@pytest.mark.parametrize("command", ["serve", "init"])
def test_without_passphrase_and_terminal(
    shop: Shop, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CARNET_PASSPHRASE")
    arguments = {"serve": ["--port", "0"], "init": ["--name", "A", "--url", URL]}[command]
    refused = shop.run(command, *arguments, code=2)
    assert refused["error"]["kind"] == "usage"
    assert "CARNET_PASSPHRASE" in refused["error"]["hint"]


def test_a_port_in_use(shop: Shop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = shop.run("serve", "--port", port, code=1)
    assert refused["error"]["kind"] == "unavailable"
    assert port in refused["error"]["message"]
    assert "--port" in refused["error"]["hint"]


@pytest.mark.parametrize(
    "command", [["serve", "--port", "0"], ["refresh"]], ids=["serve", "refresh"]
)
@pytest.mark.parametrize("content", [None, "", "no certificates"], ids=["none", "empty", "other"])
@pytest.mark.parametrize("named_by", ["option", "variable"])
def test_roots_that_cannot_be_read_are_told_at_once(
    shop: Shop,
    command: list[str],
    content: str | None,
    named_by: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    roots = str(shop.folder / "nowhere.pem") if content is None else shop.file("r.pem", content)
    by_variable = named_by == "variable"
    if by_variable:
        monkeypatch.setenv("CARNET_CA_FILE", roots)
    refused = shop.run(*command, *([] if by_variable else ["--ca-file", roots]), code=2)
    assert refused["error"]["kind"] == "usage"
    assert refused["error"]["message"].endswith(roots)
    assert "PEM" in refused["error"]["hint"]


@pytest.mark.parametrize("port", ["-1", "65536", "x", ""])
def test_ports_there_are_not(shop: Shop, port: str) -> None:
    assert main(["verifier", "serve", str(shop.directory), "--port", port]) == 2


# As its own process


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[tuple[Path, str, "subprocess.Popen[bytes]"]]:
    """A verifier that serves on a port the test chose, by the real clock."""
    issuer = SimulatedIssuer(SimulatedWeb(), now=1_700_000_000)
    trust = tmp_path / "trust.json"
    trust.write_bytes(trust_file_bytes(TrustData.of([issuer.entry()])))
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://localhost:{listener.getsockname()[1]}"
    folder = str(tmp_path / "shop")
    arguments = ["--name", "Atelier", "--url", url, "--trust", str(trust)]
    mode = ["--response-mode", "direct_post"]
    assert main(["verifier", "init", folder, *arguments, *mode]) == 0
    process = subprocess.Popen(
        [
            *CARNET,
            "verifier",
            "serve",
            folder,
            "--port",
            "0",
            "--socket-fd",
            str(listener.fileno()),
        ],
        pass_fds=[listener.fileno()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    )
    listener.close()
    assert process.stdout is not None
    assert select.select([process.stdout], [], [], 60)[0]
    assert b"Listening" in process.stdout.readline()
    yield Path(folder), url, process
    process.kill()
    process.communicate()


def test_it_serves_and_ends_when_told(
    serving: tuple[Path, str, "subprocess.Popen[bytes]"],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    folder, url, process = serving
    capsys.readouterr()
    question = tmp_path / "question.json"
    question.write_text(json.dumps(QUERY))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("carnet_cli.commands.verifier.system_now", lambda: int(time.time()))
        assert main(["verifier", "ask", str(folder), "--query", str(question), "--json"]) == 0
        asked = json.loads(capsys.readouterr().out)
        with httpx2.Client(timeout=20) as client:
            link = parse_qs(urlsplit(asked["request_uri"]).query)["request_uri"][0]
            assert link.startswith(url)
            jws = parse_jws(client.get(link).content, limits=PRESENTATION)
            claims = strict_json.loads_object(jws.unverified_payload, max_bytes=65536)
            form = {"error": "access_denied", "state": claims["state"]}
            answer = client.post(
                claims["response_uri"],
                content=urlencode(form),
                headers={"content-type": "application/x-www-form-urlencoded"},
            )
            assert answer.status_code == 200
            token = {"authorization": f"Bearer {asked['result_token']}"}
            assert client.get(asked["result_uri"], headers=token).json()["standing"] == "declined"
        assert main(["verifier", "answer", str(folder), asked["id"], "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["standing"] == "declined"
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)
    assert process.returncode in {0, -signal.SIGTERM, 130, 143}
    assert PASSPHRASE.encode() not in out + err
    assert b"Traceback" not in err


def test_a_worker_of_the_simulator_answers(shop: Shop) -> None:
    """The same folder, asked by the command and answered through the library."""
    web = SimulatedWeb()
    issuer = SimulatedIssuer(web)
    trust = trust_file_bytes(TrustData.of([issuer.entry()]))
    shop.run("trust", shop.file("trust.json", trust))
    asked = shop.run("ask", "--query", shop.question(), "--unsigned")
    read = {k: v[0] for k, v in parse_qs(urlsplit(asked["request_uri"]).query).items()}
    verifier = Verifier.open(shop.directory, passphrase=None)
    verifier.refresh(web, now=NOW)
    worker = Worker.with_certificate(issuer)
    shown = worker.present(audience=read["client_id"], nonce=read["nonce"])
    token = json.dumps({"certificate": [shown]})
    jwk = json.loads(read["client_metadata"])["jwks"]["keys"][0]
    payload = json.dumps({"vp_token": json.loads(token), "state": read["state"]}).encode()
    jwe = encrypt_jwe(payload, key=parse_public_jwk(jwk), enc="A128GCM", kid=jwk["kid"])
    verifier.receive(asked["id"], urlencode({"response": jwe}).encode(), now=NOW)
    verifier.close()
    done = shop.run("answer", asked["id"])
    assert (done["outcome"], done["ground"], done["standing"]) == ("verified", None, "answered")
    assert done["claims"]["certificate"][0]["claims"]["month"]
    assert main(["verifier", "answer", str(shop.directory), asked["id"]]) == 0
    lines = shop.capture.readouterr().out
    assert lines.startswith("Vérifié : ")
    assert "Mois de fin / Month of completion: " in lines
