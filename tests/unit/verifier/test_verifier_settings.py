"""`verifier.json` is checked as if just typed, and a folder is made whole or not at all."""

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from carnet_schemas.oid4vp_request import ResponseMode
from carnet_securing.errors import CarnetError, ErrorKind
from carnet_trust.trust_file import TrustData
from carnet_verifier.service import Verifier
from carnet_verifier.service import facade as facade_module
from carnet_verifier.service.settings import (
    Identification,
    VerifierSettings,
    check_settings_input,
)
from support.simulator import SimulatedIssuer, SimulatedWeb

PASSPHRASE = "a pretend passphrase"
SETTINGS = VerifierSettings(
    name="Atelier Lumière",
    url="https://shop.example",
    client_id="decentralized_identifier:did:web:shop.example",
    identification=Identification.DID_WEB,
    response_mode=ResponseMode.DIRECT_POST,
    allow_loopback_http=False,
)


def create(directory: Path, **changes: Any) -> Verifier:
    members: dict[str, Any] = {
        "name": "Atelier Lumière",
        "url": "https://shop.example",
        "passphrase": PASSPHRASE,
        "trust": TrustData.of([]),
        "certificate": None,
        "response_mode": ResponseMode.DIRECT_POST,
        "allow_loopback_http": False,
    }
    return Verifier.create(directory, **(members | changes))


def rewrite(directory: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change the members of `verifier.json`, by hand."""
    path = directory / "verifier.json"
    members = json.loads(path.read_text(encoding="utf-8"))
    replaced = change(members)
    path.write_text(json.dumps(members if replaced is None else replaced), encoding="utf-8")


def test_settings_are_read_as_they_were_written(tmp_path: Path) -> None:
    SETTINGS.save(tmp_path)
    assert VerifierSettings.load(tmp_path) == SETTINGS
    mode = stat.S_IMODE((tmp_path / "verifier.json").stat().st_mode)
    assert mode == 0o600


def test_a_folder_without_a_verifier(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(CarnetError) as caught:
            VerifierSettings.load(folder)
        assert caught.value.kind is ErrorKind.NOT_FOUND
        assert "init" in caught.value.hint


DAMAGE: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no-object": list,
    "another-format": lambda members: members.update(format="carnet-issuer"),
    "no-name": lambda members: members.pop("name") and None,
    "name-number": lambda members: members.update(name=7),
    "name-empty": lambda members: members.update(name=""),
    "name-control": lambda members: members.update(name="a\x1b[31mb"),
    "url-slash": lambda members: members.update(url="https://shop.example/"),
    "url-plain": lambda members: members.update(url="http://shop.example"),
    "url-file": lambda members: members.update(url="file:///etc/passwd"),
    "url-list": lambda members: members.update(url=["https://shop.example"]),
    "client-id": lambda members: members.update(client_id="shop"),
    "client-id-prefix": lambda members: members.update(client_id="x509_san_dns:shop.example"),
    "identification": lambda members: members.update(identification="attested"),
    "response-mode": lambda members: members.update(response_mode="fragment"),
    "certificates-text": lambda members: members.update(certificates=[1]),
    "certificates-none": lambda members: members.update(certificates=None),
    "database-number": lambda members: members.update(database=7),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damaged_settings_are_one_plain_error(
    tmp_path: Path, damage: Callable[[dict[str, Any]], Any]
) -> None:
    SETTINGS.save(tmp_path)
    rewrite(tmp_path, damage)
    with pytest.raises(CarnetError) as caught:
        VerifierSettings.load(tmp_path)
    assert caught.value.kind is ErrorKind.VAULT_CORRUPT
    assert caught.value.message == "The verifier's settings are damaged."
    assert caught.value.hint


@pytest.mark.parametrize(
    "data", [b"", b"{", b"\xff", b"[]", b'{"format":1,"format":1}', b"x" * 70_000], ids=range(6)
)
def test_settings_that_do_not_read(tmp_path: Path, data: bytes) -> None:
    SETTINGS.save(tmp_path)
    (tmp_path / "verifier.json").write_bytes(data)
    with pytest.raises(CarnetError) as caught:
        VerifierSettings.load(tmp_path)
    assert caught.value.kind in {ErrorKind.VAULT_CORRUPT, ErrorKind.TOO_LARGE}


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_settings_of_another_version(tmp_path: Path, version: Any) -> None:
    SETTINGS.save(tmp_path)
    rewrite(tmp_path, lambda members: members.update(version=version))
    with pytest.raises(CarnetError) as caught:
        VerifierSettings.load(tmp_path)
    assert caught.value.kind is ErrorKind.UNSUPPORTED_VERSION


def test_settings_open_to_others_are_not_used(tmp_path: Path) -> None:
    SETTINGS.save(tmp_path)
    (tmp_path / "verifier.json").chmod(0o644)
    with pytest.raises(CarnetError) as caught:
        VerifierSettings.load(tmp_path)
    assert caught.value.kind is ErrorKind.FORBIDDEN


def test_permission_for_loopback_is_never_a_text(tmp_path: Path) -> None:
    SETTINGS.save(tmp_path)
    rewrite(tmp_path, lambda members: members.update(allow_loopback_http="true"))
    assert VerifierSettings.load(tmp_path).allow_loopback_http is False


@pytest.mark.parametrize(
    ("changes", "loopback"),
    [
        ({"name": ""}, False),
        ({"name": "x" * 121}, False),
        ({"name": "a\u202eb"}, False),
        ({"name": "a\nb"}, False),
        ({"url": "https://shop.example/"}, False),
        ({"url": "https://shop.example/.well-known/x"}, False),
        ({"url": "https://shop.example/a%20b"}, False),
        ({"url": "https://user@shop.example"}, False),
        ({"url": "https://shop.example?x=1"}, False),
        ({"url": "https://shop.example#x"}, False),
        ({"url": "https://127.0.0.1"}, False),
        ({"url": "http://localhost:8000"}, False),
        ({"url": "http://shop.example"}, True),
        ({"url": "shop.example"}, False),
        ({"url": ""}, False),
    ],
    ids=range(15),
)
def test_what_a_person_types_is_checked(changes: dict[str, str], loopback: bool) -> None:
    typed = {"name": "Atelier", "url": "https://shop.example"} | changes
    with pytest.raises(CarnetError) as caught:
        check_settings_input(**typed, allow_loopback_http=loopback)
    assert caught.value.kind is ErrorKind.MALFORMED
    for value in changes.values():
        assert not value or value not in caught.value.message


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("https://shop.example", False),
        ("https://shop.example:8443/t/1", False),
        ("http://localhost:8000", True),
        ("http://127.0.0.1:8000", True),
    ],
)
def test_addresses_that_will_do(url: str, loopback: bool) -> None:
    check_settings_input(name="Atelier Lumière", url=url, allow_loopback_http=loopback)


def test_a_folder_that_holds_something_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "letter.txt").write_text("dear")
    with pytest.raises(CarnetError) as caught:
        create(tmp_path / "shop")
    assert caught.value.kind is ErrorKind.CONFLICT
    assert [path.name for path in tmp_path.rglob("*")] == ["shop", "letter.txt"]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "shop").write_text("dear")
    with pytest.raises(CarnetError) as caught:
        create(tmp_path / "shop")
    assert caught.value.kind is ErrorKind.CONFLICT
    assert (tmp_path / "shop").read_text() == "dear"


@pytest.mark.parametrize("name", ["write_key_file", "write_private_file"])
def test_a_full_disk_leaves_nothing_half_made(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise CarnetError(ErrorKind.STORAGE_FULL, "There is no room left to write.")

    monkeypatch.setattr(facade_module, name, full)
    with pytest.raises(CarnetError) as caught:
        create(tmp_path / "shop")
    assert caught.value.kind is ErrorKind.STORAGE_FULL
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "changes",
    [{"name": ""}, {"url": "http://shop.example"}, {"url": "https://shop.example/"}],
    ids=["name", "plain", "slash"],
)
def test_bad_input_leaves_nothing_behind(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(CarnetError):
        create(tmp_path / "shop", **changes)
    assert not list(tmp_path.iterdir())


def test_what_is_private_is_for_the_owner_alone(tmp_path: Path) -> None:
    create(tmp_path / "shop").close()
    for path in (tmp_path / "shop").rglob("*"):
        if path.is_file():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
    assert stat.S_IMODE((tmp_path / "shop").stat().st_mode) == 0o700
    assert PASSPHRASE not in repr(SETTINGS)


def test_wrong_passphrase_and_damaged_key(tmp_path: Path) -> None:
    create(tmp_path / "shop").close()
    with pytest.raises(CarnetError) as caught:
        Verifier.open(tmp_path / "shop", passphrase="another one")
    assert caught.value.kind is ErrorKind.VAULT_PASSPHRASE
    key = tmp_path / "shop" / "request-key.json"
    key.write_bytes(key.read_bytes()[:-10])
    with pytest.raises(CarnetError) as caught:
        Verifier.open(tmp_path / "shop", passphrase=PASSPHRASE)
    assert caught.value.kind is ErrorKind.VAULT_CORRUPT


@pytest.mark.parametrize("data", [b"", b"[]", b'{"entries":7}', b'{"iss":"x"}', b"{"])
def test_damaged_trust_trusts_nobody_silently(tmp_path: Path, data: bytes) -> None:
    create(tmp_path / "shop").close()
    (tmp_path / "shop" / "trust.json").write_bytes(data)
    with pytest.raises(CarnetError):
        Verifier.open(tmp_path / "shop", passphrase=None)


def test_trust_is_replaced_whole(tmp_path: Path) -> None:
    create(tmp_path / "shop").close()
    verifier = Verifier.open(tmp_path / "shop", passphrase=None)
    trust = TrustData.of([SimulatedIssuer(SimulatedWeb()).entry()])
    verifier.set_trust(trust)
    verifier.close()
    again = Verifier.open(tmp_path / "shop", passphrase=None)
    assert again.trust.entries == trust.entries
    again.close()


@pytest.mark.parametrize(
    ("database", "kind"),
    [
        ("mysql://x/y", ErrorKind.MALFORMED),
        ("not a url", ErrorKind.MALFORMED),
        ("sqlite:////tmp/elsewhere.sqlite3", ErrorKind.MALFORMED),
        ("", ErrorKind.MALFORMED),
    ],
)
def test_databases_that_will_not_do(tmp_path: Path, database: str, kind: ErrorKind) -> None:
    create(tmp_path / "shop").close()
    rewrite(tmp_path / "shop", lambda members: members.update(database=database))
    with pytest.raises(CarnetError) as caught:
        Verifier.open(tmp_path / "shop", passphrase=None)
    assert caught.value.kind is kind
    assert "postgresql" in caught.value.hint


def test_a_verifier_without_its_key_signs_nothing(tmp_path: Path) -> None:
    create(tmp_path / "shop").close()
    verifier = Verifier.open(tmp_path / "shop", passphrase=None)
    with pytest.raises(CarnetError) as caught:
        verifier.did_document()
    assert caught.value.kind is ErrorKind.FORBIDDEN
    verifier.close()
