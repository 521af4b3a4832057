"""An issuer's folder: made whole or not at all, private, and refused when it was touched."""

import os
import stat
from pathlib import Path

import pytest

from carnet_hosting.errors import HostingError
from carnet_issuer.config import CONFIG, check_issuer_url, is_loopback_http
from carnet_issuer.errors import IssuerError
from carnet_issuer.nonces import new_nonce, nonce_expiry
from carnet_issuer.offer_picture import offer_png
from carnet_issuer.service import Issuer
from carnet_issuer.service_secrets import SECRETS_FILE, ServiceSecrets, read_secrets, write_secrets
from carnet_securing.errors import CarnetError, ErrorKind, UndeterminedError
from carnet_trust.entries import OrganisationClass, entry_from_json

NOW = 1_800_000_000
URL = "https://school.example/t/nord"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("x") / "school"
    Issuer.create(directory, name="École", url=URL, passphrase="one", now=NOW).close()
    return directory


def create(directory: Path, **changes: object) -> Issuer:
    options = {"name": "École", "url": URL, "passphrase": "one", "now": NOW} | changes
    return Issuer.create(directory, **options)  # type: ignore[arg-type] # a test may pass anything


def test_everything_in_it_is_for_its_owner_alone(made: Path) -> None:
    found = {path: stat.S_IMODE(path.stat().st_mode) for path in [made, *made.rglob("*")]}
    assert {mode for path, mode in found.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in found.items() if path.is_file()} == {0o600}
    assert len(found) >= 5


def test_no_secret_stands_in_the_clear(made: Path) -> None:
    for path in made.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert b'"d":' not in data
            assert b"PRIVATE" not in data
            assert b"one" not in data or path.name == "issuer.db"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "school.example",
        "https://school.example/",
        "https://school.example/t/x/",
        "https://school.example?x=1",
        "https://school.example#x",
        "https://user@school.example",
        "https://10.0.0.1",
        "https://localhost.localdomain/a/../b",
        "https://school.example/t/%2e%2e/x",
        "https://school.example/.well-known/x",
        "http://school.example",
        "http://127.0.0.1:8080",
        "ftp://school.example",
        "HTTPS://school.example:99999",
        "https://",
    ],
)
def test_an_address_no_wallet_could_open_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(HostingError) as caught:
        create(tmp_path / "x", url=url)
    assert "issuer" in caught.value.message
    assert caught.value.kind is ErrorKind.MALFORMED
    assert list(tmp_path.iterdir()) == []


def test_loopback_http_is_for_localhost_by_name() -> None:
    assert is_loopback_http("http://localhost:8080")
    assert not is_loopback_http("https://localhost:8080")
    check_issuer_url("http://localhost:8080", allow_loopback_http=True)
    with pytest.raises(HostingError):
        check_issuer_url("http://localhost:8080", allow_loopback_http=False)


@pytest.mark.parametrize("name", ["", " ", "x" * 200, "a\u202eb", "a\nb", " padded "])
def test_a_name_that_cannot_be_shown_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(IssuerError) as caught:
        create(tmp_path / "x", name=name)
    assert caught.value.kind is ErrorKind.MALFORMED
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(HostingError) as caught:
        create(tmp_path)
    assert caught.value.kind is ErrorKind.CONFLICT
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_an_empty_folder_is_used(tmp_path: Path) -> None:
    (tmp_path / "school").mkdir(mode=0o755)
    create(tmp_path / "school").close()
    assert stat.S_IMODE((tmp_path / "school").stat().st_mode) == 0o700


@pytest.mark.parametrize("passphrase", ["", "x" * 2000])
def test_a_passphrase_that_protects_nothing_leaves_nothing(tmp_path: Path, passphrase: str) -> None:
    with pytest.raises(CarnetError) as caught:
        create(tmp_path / "x", passphrase=passphrase)
    assert caught.value.kind is ErrorKind.VAULT_PASSPHRASE
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise UndeterminedError(ErrorKind.STORAGE_FULL, "There is no room left.")

    monkeypatch.setattr("carnet_issuer.service.write_config", full)
    with pytest.raises(UndeterminedError):
        create(tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_an_issuer(tmp_path: Path) -> None:
    with pytest.raises(HostingError) as caught:
        Issuer.open(tmp_path)
    assert caught.value.kind is ErrorKind.NOT_FOUND
    assert caught.value.message == "There is no issuer in this folder."
    assert "init" in caught.value.hint


@pytest.mark.parametrize(
    ("damage", "kind"),
    [
        (lambda _: "", "vault_corrupt"),
        (lambda text: text[:-5], "vault_corrupt"),
        (lambda text: text.replace('"version":1', '"version":2'), "unsupported_version"),
        (lambda text: text.replace("https://school", "http://school"), "malformed"),
        (lambda text: text.replace('"class":"training_body"', '"class":"nobody"'), "vault_corrupt"),
        (lambda text: text.replace('"batch_size":10', '"batch_size":10000'), "vault_corrupt"),
        (lambda text: text.replace('"batch_size":10', '"batch_size":true'), "vault_corrupt"),
        (lambda text: text.replace('"name":"École"', '"name":"a","name":"b"'), "vault_corrupt"),
        (lambda text: text.replace('"kty":"EC"', '"kty":"RSA"'), "vault_corrupt"),
    ],
)
def test_settings_that_were_damaged(tmp_path: Path, made: Path, damage: object, kind: str) -> None:
    text = (made / CONFIG.name).read_text()
    path = tmp_path / CONFIG.name
    path.write_text(damage(text))  # type: ignore[operator] # a table of plain functions
    path.chmod(0o600)
    with pytest.raises(CarnetError) as caught:
        Issuer.open(tmp_path)
    assert caught.value.kind == kind


def test_settings_that_others_can_change_are_not_used(tmp_path: Path, made: Path) -> None:
    path = tmp_path / CONFIG.name
    path.write_bytes((made / CONFIG.name).read_bytes())
    path.chmod(0o666)
    with pytest.raises(CarnetError) as caught:
        Issuer.open(tmp_path)
    assert caught.value.kind is ErrorKind.FORBIDDEN


def test_sealed_secrets_open_with_their_passphrase_only(tmp_path: Path) -> None:
    secrets = ServiceSecrets.generate()
    write_secrets(tmp_path, secrets, passphrase="right")
    opened = read_secrets(tmp_path, passphrase="right")
    assert opened.nonce_key == secrets.nonce_key
    assert opened.request_key.public_jwk == secrets.request_key.public_jwk
    with pytest.raises(CarnetError) as caught:
        read_secrets(tmp_path, passphrase="wrong")
    assert caught.value.kind is ErrorKind.VAULT_PASSPHRASE


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda data: data[:-1],
        lambda data: data + b"x",
        lambda data: data.replace(b"carnet-issuer-service", b"carnet-issuer-servicf"),
        lambda data: data.replace(b'"version":1', b'"version":2'),
        lambda data: data.replace(b"\n", b"\nAA", 1),
    ],
)
def test_sealed_secrets_that_were_damaged(tmp_path: Path, damage: object) -> None:
    write_secrets(tmp_path, ServiceSecrets.generate(), passphrase="right")
    path = tmp_path / SECRETS_FILE
    path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator] # as above
    with pytest.raises(CarnetError) as caught:
        read_secrets(tmp_path, passphrase="right")
    assert caught.value.kind in {ErrorKind.VAULT_CORRUPT, ErrorKind.VAULT_PASSPHRASE}


def test_the_trust_entry_is_one_that_trust_reads(made: Path) -> None:
    with Issuer.open(made) as issuer:
        looked_up = entry_from_json(issuer.trust_entry())
        pinned = entry_from_json(issuer.trust_entry(pinned=True))
    assert (looked_up.iss, looked_up.route.value) == (URL, "metadata")
    assert looked_up.klass is OrganisationClass.TRAINING_BODY
    assert "urn:carnet:skill-certificate:1" in looked_up.types
    assert "urn:carnet:fair-platform:1" not in looked_up.types
    assert len(pinned.keys) == 1


def test_a_nonce_is_ours_in_its_time_and_for_one_issuer() -> None:
    key = os.urandom(32)
    nonce = new_nonce(key, issuer=URL, expires_at=NOW + 300)
    assert nonce_expiry(key, nonce, issuer=URL, now=NOW + 299) == NOW + 300
    for other in (
        nonce_expiry(key, nonce, issuer=URL, now=NOW + 300),
        nonce_expiry(key, nonce, issuer=f"{URL}x", now=NOW),
        nonce_expiry(os.urandom(32), nonce, issuer=URL, now=NOW),
        nonce_expiry(key, nonce[:-1], issuer=URL, now=NOW),
        nonce_expiry(key, "", issuer=URL, now=NOW),
        nonce_expiry(key, "é", issuer=URL, now=NOW),
    ):
        assert other is None
    assert len({new_nonce(key, issuer=URL, expires_at=NOW) for _ in range(1000)}) == 1000


def test_the_picture_of_an_offer_reads_back(tmp_path: Path) -> None:
    import zxingcpp
    from PIL import Image

    link = f"openid-credential-offer://?credential_offer_uri={'x' * 100}"
    path = tmp_path / "offer.png"
    path.write_bytes(offer_png(link))
    with Image.open(path) as image:
        (found,) = zxingcpp.read_barcodes(image)
    assert found.text == link


@pytest.mark.parametrize("length", [300, 5000])
def test_a_link_too_long_for_cheap_phones_gets_no_picture(tmp_path: Path, length: int) -> None:
    with pytest.raises(IssuerError) as caught:
        offer_png("x" * length)
    assert caught.value.kind is ErrorKind.TOO_LARGE
    assert list(tmp_path.iterdir()) == []
