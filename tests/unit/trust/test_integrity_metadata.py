"""W3C SRI integrity values: the strongest known algorithm decides, alone."""

import base64
import hashlib

import pytest

from carnet_securing.errors import ErrorKind, InvalidError
from carnet_trust.integrity import check_integrity, integrity_of

DOCUMENT = b'{"vct":"https://a.example/t"}'


def sri(algorithm: str, document: bytes = DOCUMENT) -> str:
    digest = hashlib.new(algorithm, document).digest()
    return f"{algorithm}-{base64.b64encode(digest).decode('ascii')}"


GOOD, WRONG = sri("sha256"), sri("sha256", b"other")


@pytest.mark.parametrize(
    "integrity",
    [
        GOOD,
        sri("sha384"),
        sri("sha512"),
        f"  {GOOD}\t\n",
        f"{GOOD}?ct=application/json",
        f"{WRONG} {GOOD}",
        f"{WRONG} {sri('sha512')}",
        f"md5-AAAA sha1-BBBB {GOOD}",
        f"{sri('sha512', b'x')} {sri('sha512')} {WRONG}",
    ],
)
def test_accepts(integrity: str) -> None:
    check_integrity(DOCUMENT, integrity)


def test_writes_sha256_in_standard_base64() -> None:
    assert integrity_of(DOCUMENT) == GOOD


@pytest.mark.parametrize(
    "integrity",
    [
        "",
        " ",
        WRONG,
        GOOD.upper(),
        GOOD.replace("sha256", "SHA256"),
        GOOD.replace("sha256", "sha-256"),
        GOOD.rstrip("="),
        GOOD + "=",
        "sha256-",
        "sha256",
        GOOD.removeprefix("sha256-"),
        f"{GOOD} nonsense",
        f"{GOOD} {sri('sha512', b'x')}",
        f"{GOOD} sha512-AAAA",
        "sha256-" + hashlib.sha256(DOCUMENT).hexdigest(),
        "md5-" + base64.b64encode(hashlib.md5(DOCUMENT).digest()).decode(),  # noqa: S324 - refused
        "sha1-" + base64.b64encode(hashlib.sha1(DOCUMENT).digest()).decode(),  # noqa: S324 - refused
        "sha3-256-AAAA",
        " ".join([GOOD] * 60),
    ],
)
def test_refuses(integrity: str) -> None:
    with pytest.raises(InvalidError) as caught:
        check_integrity(DOCUMENT, integrity)
    assert caught.value.kind is ErrorKind.METADATA_INTEGRITY


def test_one_byte_decides() -> None:
    for position in range(len(DOCUMENT)):
        changed = bytearray(DOCUMENT)
        changed[position] ^= 1
        with pytest.raises(InvalidError):
            check_integrity(bytes(changed), GOOD)


def test_base64url_is_another_spelling_and_refused() -> None:
    documents = (str(number).encode() for number in range(100))
    document = next(d for d in documents if "+" in sri("sha256", d))
    check_integrity(document, sri("sha256", document))
    with pytest.raises(InvalidError):
        check_integrity(document, sri("sha256", document).replace("+", "-").replace("/", "_"))
