"""`carnet issuer`: what each command prints, and how it fails."""

import io
import json
import os
import select
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from carnet_cli.main import main
from carnet_issuer.service import Issuer
from carnet_issuer.store.tables import OFFERS
from carnet_securing.errors import ErrorKind, UndeterminedError
from support.commands import CARNET_AT_A_TERMINAL
from support.issuer_service import CLASS_LIST, TEMPLATE, BareWallet


class Office:
    """Runs commands on one folder, in this process."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.school = folder / "school"
        self._capsys = capsys

    def run(self, *arguments: str, code: int = 0) -> Any:
        self._capsys.readouterr()
        done = main(["issuer", arguments[0], str(self.school), *arguments[1:], "--json"])
        captured = self._capsys.readouterr()
        assert done == code, captured.err
        self.talk = captured.err
        return json.loads(captured.out) if captured.out else None

    def file(self, name: str, data: bytes) -> str:
        path = self.folder / name
        path.write_bytes(data)
        return str(path)

    def fill(self) -> list[dict[str, Any]]:
        template = self.run("template", self.file("t.toml", TEMPLATE))["id"]
        self.run("import", self.file("c.csv", CLASS_LIST), "--template", template)
        found: list[dict[str, Any]] = self.run("list")
        return found


@pytest.fixture
def office(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Office:
    monkeypatch.setenv("CARNET_PASSPHRASE", "a passphrase of a test")
    office = Office(tmp_path, capsys)
    office.run("init", "--name", "École", "--url", "http://localhost:8700")
    return office


def test_from_class_list_to_offer(office: Office) -> None:
    template = office.run("template", office.file("t.toml", TEMPLATE))
    assert template["id"]
    report = office.run("import", office.file("c.csv", CLASS_LIST), "--template", template["id"])
    assert (report["imported"], report["rejected"], report["rows"]) == (30, [], 30)
    found = office.run("list")
    assert len(found) == 30
    assert set(found[0]) >= {"id", "holder", "type", "state"}
    assert {each["state"] for each in found} == {"ready"}
    picture = office.folder / "offer.png"
    offer = office.run("offer", "--record", found[0]["id"], "--png", str(picture))
    assert offer["offer_uri"].startswith("openid-credential-offer://?credential_offer_uri=")
    assert len(offer["tx_code"]) == 6
    assert picture.read_bytes().startswith(b"\x89PNG")
    bare = office.run("offer", "--record", found[1]["id"], "--no-tx-code", "--by-value")
    assert bare["tx_code"] is None
    assert "credential_offer=" in bare["offer_uri"]
    assert [each["state"] for each in office.run("list")[:3]] == ["offered", "offered", "ready"]


def test_rejected_rows_come_with_number_reason_and_a_file_to_correct(office: Office) -> None:
    template = office.run("template", office.file("t.toml", TEMPLATE))["id"]
    rows = b"Nom;Pr\xe9nom;heures\nA;B;14\nC;;14\n\n=1;D;14\nE;F;dix\n"
    rejected = office.folder / "rejected.csv"
    report = office.run(
        "import", office.file("c.csv", rows), "--template", template, "--rejected", str(rejected)
    )
    assert report["imported"] == 1
    assert [(row["row"], row["code"]) for row in report["rejected"]] == [
        (3, "given_name_missing"),
        (5, "formula"),
        (6, "hours_not_a_number"),
    ]
    assert all(row["reason"] for row in report["rejected"])
    assert report["imported"] + len(report["rejected"]) + report["blank"] == report["rows"]
    assert b"'=1" in rejected.read_bytes()


@pytest.mark.parametrize("place", ["nowhere/offer.png", ".", "link.png"])
def test_a_picture_with_no_place_leaves_the_earlier_offer_open(office: Office, place: str) -> None:
    record = office.fill()[0]["id"]
    (office.folder / "link.png").symlink_to(office.folder / "elsewhere")
    office.run("offer", "--record", record)
    before = offers_of(office)
    refused = office.run("offer", "--record", record, "--png", str(office.folder / place), code=1)
    assert refused["error"]["kind"] in {"not_found", "conflict"}
    assert "--png" in refused["error"]["hint"]
    assert offers_of(office) == before == [("open",)]
    assert not (office.folder / "elsewhere").exists()


def test_a_picture_too_dense_leaves_the_earlier_offer_open(office: Office) -> None:
    record = office.fill()[0]["id"]
    office.run("offer", "--record", record)
    picture = office.folder / "offer.png"
    refused = office.run("offer", "--record", record, "--by-value", "--png", str(picture), code=1)
    assert refused["error"]["kind"] == "too_large"
    assert offers_of(office) == [("open",)]
    assert not picture.exists()


def test_a_picture_lost_at_the_last_moment_costs_no_offer(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = office.fill()[0]["id"]
    monkeypatch.setattr("carnet_cli.commands.issuer.write_private_file", full_disk)
    offer = office.run("offer", "--record", record, "--png", str(office.folder / "x.png"), code=1)
    assert offer["offer_uri"]
    assert len(offer["tx_code"]) == 6
    assert offer["error"]["kind"] == "storage_full"
    assert "not written" in office.talk


def test_a_picture_is_private_and_replaces_the_one_before(office: Office) -> None:
    record = office.fill()[0]["id"]
    picture = office.folder / "offer.png"
    office.run("offer", "--record", record, "--png", str(picture))
    first = picture.read_bytes()
    office.run("offer", "--record", record, "--png", str(picture))
    assert picture.read_bytes() != first
    assert stat.S_IMODE(picture.stat().st_mode) == 0o600


@pytest.mark.parametrize("place", ["nowhere/rejected.csv", ".", "c.csv", "link.csv"])
def test_rejected_rows_with_no_place_import_nothing(office: Office, place: str) -> None:
    template = office.run("template", office.file("t.toml", TEMPLATE))["id"]
    rows = office.file("c.csv", b"Nom;Prenom\nA;B\nC;\n")
    (office.folder / "link.csv").symlink_to(office.folder / "elsewhere")
    where = str(office.folder / place)
    arguments = ("import", rows, "--template", template, "--rejected")
    refused = office.run(*arguments, where, code=1)
    assert refused["error"]["kind"] in {"not_found", "conflict"}
    assert "--rejected" in refused["error"]["hint"]
    assert office.run("list") == []
    assert (office.folder / "c.csv").read_bytes().startswith(b"Nom;")
    good = office.folder / "good.csv"
    assert office.run(*arguments, str(good))["rows"] == 2
    assert stat.S_IMODE(good.stat().st_mode) == 0o600
    assert not list(office.folder.glob(".*"))


def test_the_report_is_printed_when_its_file_fails(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = office.run("template", office.file("t.toml", TEMPLATE))["id"]
    rows = office.file("c.csv", b"Nom;Prenom\nA;B\nC;\n")
    monkeypatch.setattr("carnet_cli.commands.issuer.write_private_file", full_disk)
    where = str(office.folder / "rejected.csv")
    report = office.run("import", rows, "--template", template, "--rejected", where, code=1)
    assert len(report["rejected"]) == 1
    assert report["error"]["kind"] == "storage_full"


def full_disk(path: Path, data: bytes, *, replace: bool = False) -> None:
    raise UndeterminedError(ErrorKind.STORAGE_FULL, "There is no room left to write.")


def test_columns_are_told_to_the_person(office: Office) -> None:
    template = office.run("template", office.file("t.toml", TEMPLATE))["id"]
    rows = "Nom;Prénom;Mail;Date de fin;N°;Note /20;%;Nationalité\nA;B;;2026;1;12;3;x\n"
    office.run("import", office.file("c.csv", rows.encode()), "--template", template)
    assert office.talk.splitlines() == [
        "Columns: Nom (family name), Prénom (first name), Mail (mail).",
        "Not used: Date de fin, N°, Note /20, %.",
        "Left out, never on a certificate: Nationalité.",
    ]
    office.run("import", office.file("d.csv", b"Nom;Prenom\nC;D\n"), "--template", template)
    assert office.talk.splitlines() == ["Columns: Nom (family name), Prenom (first name)."]


def test_a_namesake_is_never_made_in_silence(office: Office) -> None:
    template = office.run("template", office.file("t.toml", TEMPLATE))["id"]

    def imported(name: str, rows: str, *more: str) -> tuple[int, list[str]]:
        file = office.file(name, f"Nom,Prenom,Mail\n{rows}".encode())
        report = office.run("import", file, "--template", template, *more)
        assert all("--another" in row["reason"] for row in report["rejected"])
        assert all("--another" in row["reason_fr"] for row in report["rejected"])
        return report["imported"], [row["code"] for row in report["rejected"]]

    assert imported("d1.csv", "Zwei,Mal,z@e.org\nEins,Mal,\n") == (2, [])
    again = (0, ["already_imported", "already_imported"])
    assert imported("d2.csv", "Zwei,Mal,\nEins,Mal,e@e.org\n") == again
    assert imported("d3.csv", "ZWEI,mal,other@e.org\n") == (1, [])
    # The office says so, row by row, and saying it twice of one row is saying it once.
    assert imported("d2.csv", "Zwei,Mal,\nEins,Mal,e@e.org\n", "--another", "3") == (
        1,
        ["already_imported"],
    )
    assert imported("d2.csv", "Zwei,Mal,\nEins,Mal,e@e.org\n", "--another", "3") == again
    twice = "Drei,Mal,\nDrei,Mal,\n"
    assert imported("d4.csv", twice) == (1, ["duplicate"])
    assert imported("d5.csv", twice.replace("Drei", "Vier"), "--another", "3") == (2, [])


@pytest.mark.parametrize("row", ["1", "3", "9", "0", "-1"])
def test_another_person_stands_in_a_row_of_the_list(office: Office, row: str) -> None:
    template = office.run("template", office.file("t.toml", TEMPLATE))["id"]
    rows = office.file("c.csv", b"Nom;Prenom\nA;B\n;\n")
    refused = office.run("import", rows, "--template", template, "--another", row, code=1)
    assert refused["error"]["kind"] == "not_found"
    assert refused["error"]["hint"]
    assert office.run("list") == []


def test_one_in_place_of_a_withdrawn_certificate(office: Office) -> None:
    template = office.run("template", office.file("t.toml", TEMPLATE))["id"]
    rows = office.file("c.csv", b"Nom;Prenom\nA;B\n")
    office.run("import", rows, "--template", template)
    (record,) = office.run("list")
    office.run("withdraw", record["id"], "--reason", "issued_in_error")
    for command in (["offer", "--record", record["id"]], ["resume", record["id"]]):
        refused = office.run(*command, code=1)["error"]
        assert "--another" in refused["hint"]
    assert office.run("import", rows, "--template", template)["imported"] == 0
    assert office.run("import", rows, "--template", template, "--another", "2")["imported"] == 1
    assert [each["state"] for each in office.run("list")] == ["withdrawn", "ready"]


@pytest.mark.parametrize(
    ("arguments", "lives"),
    [
        ([], 7 * 86_400),
        (["--expires-in", "60"], 60),
        (["--expires-in", "2592000"], 2_592_000),
        (["--no-tx-code"], 600),
        (["--no-tx-code", "--expires-in", "60"], 60),
        (["--no-tx-code", "--expires-in", "600"], 600),
        (["--no-tx-code", "--expires-in", "601"], None),
        (["--no-tx-code", "--expires-in", "864000"], None),
        (["--expires-in", "2592001"], None),
    ],
)
def test_I02_how_long_an_offer_lives(
    office: Office, monkeypatch: pytest.MonkeyPatch, arguments: list[str], lives: int | None
) -> None:
    record = office.fill()[0]["id"]
    now = _now()
    monkeypatch.setattr("carnet_cli.commands.issuer.system_now", lambda: now)
    offer = ("offer", "--record", record, *arguments)
    if lives is not None:
        assert office.run(*offer)["expires_at"] == now + lives
        return
    refused = office.run(*offer, code=1 if "--no-tx-code" in arguments else 2)["error"]
    assert refused["kind"] in {"policy_unmet", "usage"}
    assert offers_of(office) == []


def offers_of(office: Office) -> list[tuple[str]]:
    with Issuer.open(office.school) as issuer, issuer._database.read() as connection:
        return [(row.state,) for row in connection.execute(OFFERS.select())]


def test_withdraw_pause_and_resume(office: Office) -> None:
    one, two, *_ = (each["id"] for each in office.fill())
    assert office.run("pause", one, "--reason", "under_review")["state"] == "paused"
    assert office.run("resume", one, "--reason", "under_review")["state"] == "ready"
    assert office.run("withdraw", two, "--reason", "issued in error")["state"] == "withdrawn"
    refused = office.run("resume", two, "--reason", "review_ended", code=1)
    assert refused["error"]["kind"] == "conflict"
    refused = office.run("offer", "--record", two, code=1)
    assert refused["error"]["kind"] == "status_revoked"
    refused = office.run("pause", two, "--reason", "contested", code=1)
    assert refused["error"]["message"] == "A withdrawn certificate cannot be put on hold."
    states = {each["id"]: (each["state"], each["reason"]) for each in office.run("list")}
    assert (states[one], states[two]) == (("ready", None), ("withdrawn", "issued_in_error"))
    assert office.run("withdraw", two, "--reason", "replaced")["reason"] == "issued_in_error"


@pytest.mark.parametrize("why", ["key_stolen", "fraud_established", "issued_in_error"])
def test_a_resumption_names_the_pause_it_ends_and_no_other(office: Office, why: str) -> None:
    one, two, *_ = (each["id"] for each in office.fill())
    office.run("pause", one, "--reason", "under_review")
    refused = office.run("resume", one, "--reason", why, code=1)["error"]
    assert refused["kind"] == "conflict"
    assert "review_ended" in refused["hint"]
    assert "key_stolen" not in refused["hint"]
    assert office.run("resume", one)["state"] == "ready"
    office.run("pause", two, "--reason", why)
    assert office.run("resume", two, "--reason", why)["state"] == "ready"
    assert office.run("resume", two, code=1)["error"]["hint"]


@pytest.mark.parametrize(
    ("arguments", "code", "kind"),
    [
        (["offer", "--record", "nobody"], 1, "not_found"),
        (["withdraw", "nobody", "--reason", "replaced"], 1, "not_found"),
        (["withdraw", "nobody", "--reason", "because"], 2, "usage"),
        (["import", "{csv}", "--template", "tnone"], 1, "not_found"),
        (["import", "{nothing}", "--template", "tnone"], 2, "usage"),
        (["import", "{toml}", "--template", "tnone"], 1, "not_found"),
        (["template", "{csv}"], 1, "malformed"),
        (["template", "{nothing}"], 2, "usage"),
        (["init", "--name", "x", "--url", "http://localhost:1"], 1, "conflict"),
    ],
)
def test_bad_input_gets_one_typed_error(
    office: Office, arguments: list[str], code: int, kind: str
) -> None:
    names = {
        "csv": office.file("c.csv", CLASS_LIST),
        "toml": office.file("t.toml", TEMPLATE),
        "nothing": str(office.folder / "nothing"),
    }
    answer = office.run(*(part.format(**names) for part in arguments), code=code)
    assert answer["error"]["kind"] == kind
    assert "Traceback" not in office.talk


@pytest.mark.parametrize("arguments", [["withdraw", "x"], ["offer"], ["serve"], ["unheard-of"]])
def test_usage_is_exit_status_two(office: Office, arguments: list[str]) -> None:
    assert main(["issuer", arguments[0], str(office.school), *arguments[1:]]) == 2


def test_without_a_passphrase_and_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CARNET_PASSPHRASE", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    code = main(
        ["issuer", "init", str(tmp_path / "x"), "--name", "x", "--url", "http://localhost:1"]
    )
    assert code == 2
    assert "--passphrase-file" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_a_port_in_use(office: Office) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        answer = office.run("serve", "--port", str(taken.getsockname()[1]), code=1)
    assert answer["error"]["kind"] == "unavailable"
    assert "--port" in answer["error"]["hint"]


@pytest.mark.parametrize("emptied", [False, True], ids=["gone", "emptied"])
@pytest.mark.parametrize(
    "command",
    [
        ["list"],
        ["offer", "--record", "r"],
        ["withdraw", "r", "--reason", "replaced"],
        ["template", "t.toml"],
        ["serve", "--port", "0"],
    ],
    ids=lambda command: command[0],
)
def test_E22_a_lost_database_is_never_replaced(
    office: Office, emptied: bool, command: list[str]
) -> None:
    office.file("t.toml", TEMPLATE)
    database = office.school / "issuer.db"
    database.unlink()
    if emptied:
        database.touch()
    command = [str(office.folder / word) if word == "t.toml" else word for word in command]
    refused = office.run(*command, code=1)["error"]
    assert refused["kind"] == "vault_corrupt"
    assert "backup" in refused["hint"]
    assert not database.exists() or not database.stat().st_size


def test_a_wrong_passphrase(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARNET_PASSPHRASE", "another")
    answer = office.run("serve", "--port", "0", code=1)
    assert answer["error"]["kind"] == "vault_passphrase"


@pytest.fixture
def served(office: Office) -> Iterator[tuple["subprocess.Popen[bytes]", Office, int]]:
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [
            *CARNET_AT_A_TERMINAL,
            *("issuer", "serve", str(office.school), "--port", "0", "--json"),
            *("--parent-fd", str(reading)),
        ],
        pass_fds=[reading],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    )
    os.close(reading)
    assert process.stdout is not None
    try:
        yield process, office, writing
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()


def test_a_worker_claims_from_the_served_process(
    served: tuple["subprocess.Popen[bytes]", Office, int],
) -> None:
    process, office, writing = served
    record = office.fill()[0]["id"]
    assert process.stdout is not None
    ready = json.loads(process.stdout.readline())
    assert ready["url"] == "http://localhost:8700"
    metadata = f"http://localhost:{ready['port']}/.well-known/openid-credential-issuer"
    assert httpx2.get(metadata).json()["credential_issuer"] == ready["url"]
    offer = office.run("offer", "--record", record, "--by-value")
    shape = json.loads(httpx2.URL(offer["offer_uri"]).params["credential_offer"])
    (grant,) = shape["grants"].values()
    with BareWallet(f"http://localhost:{ready['port']}", now=_now()) as wallet:
        token = wallet.redeem(grant["pre-authorized_code"], offer["tx_code"]).json()
        nonce = wallet.nonce()
        proofs = [wallet.proof(key, nonce, aud=ready["url"]) for key in wallet.keys]
        assert wallet.ask(token["access_token"], proofs).status_code == 200
    assert office.run("list")[0]["state"] == "issued"
    os.close(writing)
    assert process.wait(timeout=20) == 0


def test_an_interrupt_ends_the_service(
    served: tuple["subprocess.Popen[bytes]", Office, int],
) -> None:
    process, _, writing = served
    assert process.stdout is not None
    assert select.select([process.stdout], [], [], 30)[0]
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.wait(timeout=20)
    os.close(writing)


def _now() -> int:
    from carnet_cli.settings import system_now

    return system_now()
