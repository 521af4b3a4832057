"""Encrypted key files: every field of them is authenticated, and a lost one says so."""

import json
from pathlib import Path
from typing import Any

import pytest

from carnet_securing import base64url, key_file
from carnet_securing.errors import CarnetError, ErrorKind
from carnet_securing.key_file import read_key_file, write_key_file
from carnet_securing.sealing import KdfParameters, derive_key
from support.keys import signer

PASSPHRASE = "une phrase que l'on retient"
KEY = signer("key file")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("keys") / "issuer.key"
    write_key_file(path, KEY, passphrase=PASSPHRASE)
    return path.read_bytes()


def stored(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "stored.key"
    path.write_bytes(data)
    path.chmod(0o600)
    return path


def kind_of(path: Path, passphrase: str = PASSPHRASE) -> ErrorKind:
    with pytest.raises(CarnetError) as caught:
        read_key_file(path, passphrase=passphrase)
    return caught.value.kind


def with_header(data: bytes, **changed: Any) -> bytes:
    header, sealed = data.split(b"\n", 1)
    members = {**json.loads(header), **changed}
    return json.dumps(members, separators=(",", ":")).encode() + b"\n" + sealed


@pytest.mark.parametrize("passphrase", ["wrong", PASSPHRASE + " ", PASSPHRASE.upper(), ""])
def test_wrong_passphrase_does_not_open_it(tmp_path: Path, written: bytes, passphrase: str) -> None:
    assert kind_of(stored(tmp_path, written), passphrase) is ErrorKind.VAULT_PASSPHRASE


def test_any_truncation_is_refused_and_never_gives_a_key(
    tmp_path: Path, written: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The derived key does not depend on the sealed line: once is enough for all lengths.
    key = derive_key(PASSPHRASE, _kdf_of(written))
    monkeypatch.setattr(key_file, "derive_key", lambda *_: key)
    for length in range(len(written)):
        kind = kind_of(stored(tmp_path, written[:length]))
        assert kind in (ErrorKind.VAULT_CORRUPT, ErrorKind.VAULT_PASSPHRASE)


def test_any_flipped_bit_is_refused(
    tmp_path: Path, written: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = derive_key(PASSPHRASE, _kdf_of(written))
    monkeypatch.setattr(key_file, "derive_key", lambda *_: key)
    for position in range(len(written)):
        flipped = bytearray(written)
        flipped[position] ^= 1 << (position % 8)
        assert kind_of(stored(tmp_path, bytes(flipped))) in (
            ErrorKind.VAULT_CORRUPT,
            ErrorKind.VAULT_PASSPHRASE,
            ErrorKind.VAULT_KDF_POLICY,
            ErrorKind.UNSUPPORTED_VERSION,
        )


def _kdf_of(data: bytes) -> KdfParameters:
    return KdfParameters.from_json(json.loads(data.split(b"\n")[0])["kdf"])


@pytest.mark.parametrize(
    ("kdf", "kind"),
    [
        ({"memory_kib": 8}, ErrorKind.VAULT_KDF_POLICY),
        ({"passes": 1}, ErrorKind.VAULT_KDF_POLICY),
        ({"memory_kib": 64 * 1024 * 1024}, ErrorKind.VAULT_KDF_POLICY),
        ({"passes": 2**31}, ErrorKind.VAULT_KDF_POLICY),
        ({"name": "pbkdf2"}, ErrorKind.VAULT_KDF_POLICY),
        ({"passes": 4}, ErrorKind.VAULT_PASSPHRASE),
        ({"salt": "AAAAAAAAAAAAAAAAAAAAAA"}, ErrorKind.VAULT_PASSPHRASE),
    ],
)
def test_edited_kdf_parameters_neither_weaken_nor_exhaust(
    tmp_path: Path, written: bytes, kdf: dict[str, Any], kind: ErrorKind
) -> None:
    before = json.loads(written.split(b"\n")[0])["kdf"]
    edited = with_header(written, kdf={**before, **kdf})
    assert kind_of(stored(tmp_path, edited)) is kind


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"version": 2}, ErrorKind.UNSUPPORTED_VERSION),
        ({"version": 0}, ErrorKind.UNSUPPORTED_VERSION),
        ({"version": True}, ErrorKind.VAULT_CORRUPT),
        ({"version": "1"}, ErrorKind.VAULT_CORRUPT),
        ({"format": "other"}, ErrorKind.VAULT_CORRUPT),
        ({"algorithm": "RS256"}, ErrorKind.VAULT_CORRUPT),
        ({"algorithm": []}, ErrorKind.VAULT_CORRUPT),
        ({"extra": 1}, ErrorKind.VAULT_CORRUPT),
        ({"kdf": None}, ErrorKind.VAULT_CORRUPT),
        ({"algorithm": "Ed25519"}, ErrorKind.VAULT_PASSPHRASE),
        ({"kid": "another"}, ErrorKind.VAULT_PASSPHRASE),
    ],
)
def test_edited_header_is_refused(
    tmp_path: Path, written: bytes, changed: dict[str, Any], kind: ErrorKind
) -> None:
    assert kind_of(stored(tmp_path, with_header(written, **changed))) is kind


@pytest.mark.parametrize(
    "data",
    [b"", b"\n", b"\n\n", b"{}\n\n", b"not json\nAAAA\n", b"\x00" * 100, b'{"a":1,"a":1}\n\n'],
)
def test_other_files_are_corrupt(tmp_path: Path, data: bytes) -> None:
    assert kind_of(stored(tmp_path, data)) is ErrorKind.VAULT_CORRUPT


def test_larger_file_missing_file_and_open_file_are_refused(tmp_path: Path, written: bytes) -> None:
    assert kind_of(stored(tmp_path, written + b"\n" * 5_000)) is ErrorKind.TOO_LARGE
    assert kind_of(tmp_path / "no.key") is ErrorKind.NOT_FOUND
    path = stored(tmp_path, written)
    path.chmod(0o644)
    assert kind_of(path) is ErrorKind.FORBIDDEN


def test_existing_key_is_not_overwritten_unless_asked(tmp_path: Path) -> None:
    path = tmp_path / "k"
    write_key_file(path, KEY, passphrase=PASSPHRASE)
    before = path.read_bytes()
    with pytest.raises(CarnetError) as caught:
        write_key_file(path, signer("another"), passphrase=PASSPHRASE)
    assert caught.value.kind is ErrorKind.CONFLICT
    assert path.read_bytes() == before
    write_key_file(path, KEY, passphrase="another one", replace=True)
    assert kind_of(path) is ErrorKind.VAULT_PASSPHRASE
    assert read_key_file(path, passphrase="another one").public_jwk == KEY.public_jwk


@pytest.mark.parametrize("algorithm", ["ES256", "ES384", "EdDSA", "Ed25519"])
def test_key_comes_back_whole(tmp_path: Path, algorithm: str) -> None:
    path, key = tmp_path / "k", signer("key file", algorithm)
    write_key_file(path, key, passphrase=PASSPHRASE)
    back = read_key_file(path, passphrase=PASSPHRASE)
    assert back.algorithm == algorithm
    assert back.private_bytes() == key.private_bytes()
    assert back.public_jwk == key.public_jwk
    data = path.read_bytes()
    assert key.private_bytes() not in data
    assert base64url.encode_bytes(key.private_bytes()) not in data
    assert PASSPHRASE.encode() not in data
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["k"]
