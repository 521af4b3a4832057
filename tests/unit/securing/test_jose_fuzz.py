"""Any bytes give a typed error or a value, never another exception (bounded examples)."""

import json
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carnet_securing import base64url, strict_json
from carnet_securing.algorithms import precheck_ed25519
from carnet_securing.errors import CarnetError
from carnet_securing.jwe import DecryptionKey, decrypt_jwe, encrypt_jwe, parse_jwe_header
from carnet_securing.jwk import PublicJwk, parse_jwks, parse_public_jwk, select_key
from carnet_securing.jws import parse_jws, sign_jws, verify_jws
from carnet_securing.jwt import check_times
from carnet_securing.key_file import read_key_file
from carnet_securing.limits import PRESENTATION
from carnet_securing.native import check_signature
from carnet_securing.sealing import KdfParameters, open_sealed
from carnet_securing.signer import SoftwareSigner
from support.keys import signer

# A fixed seed: the suite is the same each time. Long campaigns run elsewhere.
bounded = settings(
    max_examples=300,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

KEY = signer("fuzz")
DECRYPTION_KEY = DecryptionKey.from_private_bytes(signer("fuzz jwe").private_bytes())
SIGNED = sign_jws(b'{"iat":1}', signer=KEY, typ="t", header={"kid": "k"}).encode()
ENCRYPTED = encrypt_jwe(b"{}", key=DECRYPTION_KEY.public_jwk, enc="A128GCM", kid=None).encode()

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
NAMES = ["alg", "typ", "kid", "jwk", "x5c", "crit", "b64", "enc", "epk", "zip", "apu", "apv", "cty",
         "kty", "crv", "x", "y", "d", "k", "use", "key_ops", "keys", "exp", "nbf", "iat", "salt",
         "memory_kib", "passes", "lanes", "name"]  # fmt: skip
WORDS = ["ES256", "EdDSA", "none", "ECDH-ES", "A128GCM", "EC", "OKP", "P-256", "Ed25519", "sig",
         "argon2id", KEY.public_jwk.x, KEY.public_jwk.y, "t", "AA"]  # fmt: skip
likely_values = values | st.sampled_from(WORDS) | st.lists(st.sampled_from(WORDS), max_size=3)
likely_objects = st.dictionaries(
    st.sampled_from(NAMES) | st.text(max_size=6),
    likely_values | st.dictionaries(st.sampled_from(NAMES), likely_values, max_size=6),
    max_size=8,
)


def mutations(seed: bytes) -> st.SearchStrategy[bytes]:
    """The seed with a slice replaced by something else."""
    edges = st.integers(0, len(seed))
    return st.tuples(
        edges, edges, st.binary(max_size=12) | st.sampled_from([b".", b"..", b"=", b"~"])
    ).map(lambda cut: seed[: min(cut[:2])] + cut[2] + seed[max(cut[:2]) :])


def typed(run: Callable[[], Any]) -> Any:
    """The value, or None after a typed error; anything else fails the test."""
    try:
        return run()
    except CarnetError:
        return None


def compact(header: object, rest: bytes) -> bytes:
    text = json.dumps(header, allow_nan=True).encode("utf-8", "surrogatepass")
    return base64url.encode_bytes(text) + b"." + rest


@bounded
@given(st.binary(max_size=200) | values.map(lambda value: json.dumps(value).encode()))
def test_strict_json_agrees_with_the_standard_parser_where_it_accepts(raw: bytes) -> None:
    value = typed(lambda: strict_json.loads(raw, max_bytes=1_000))
    if value is not None:
        assert value == json.loads(raw)
        assert typed(lambda: strict_json.loads(strict_json.dumps(value), max_bytes=9_999)) == value


@bounded
@given(st.binary(max_size=100) | st.text(max_size=100))
def test_base64url_accepts_only_what_it_would_write(raw: bytes | str) -> None:
    decoded = typed(lambda: base64url.decode(raw))
    if decoded is not None:
        assert base64url.encode(decoded) == (raw if isinstance(raw, str) else raw.decode())


@bounded
@given(st.binary(max_size=300) | mutations(SIGNED) | st.text(max_size=100))
def test_any_bytes_as_jws(raw: bytes | str) -> None:
    unverified = typed(lambda: parse_jws(raw, limits=PRESENTATION))
    if unverified is not None:
        verified = typed(
            lambda: verify_jws(
                unverified,
                key=KEY.public_jwk,
                algorithms=["ES256"],
                types=["t"],
                check=check_signature,
            )
        )
        assert (verified is not None) == (raw == SIGNED or raw == SIGNED.decode())


@bounded
@given(likely_objects, st.binary(max_size=40))
def test_any_object_as_jws_header(header: dict[str, Any], payload: bytes) -> None:
    token = compact(header, base64url.encode_bytes(payload) + b".AAAA")
    unverified = typed(lambda: parse_jws(token, limits=PRESENTATION))
    if unverified is not None:
        assert (
            typed(
                lambda: verify_jws(
                    unverified,
                    key=KEY.public_jwk,
                    algorithms=["ES256", "EdDSA"],
                    types=["t"],
                    check=check_signature,
                )
            )
            is None
        )
    typed(lambda: sign_jws(payload, signer=KEY, typ="t", header=header))


@bounded
@given(st.binary(max_size=300) | mutations(ENCRYPTED) | st.text(max_size=100))
def test_any_bytes_as_jwe(raw: bytes | str) -> None:
    plaintext = typed(
        lambda: decrypt_jwe(
            raw, decryption_key=DECRYPTION_KEY, enc_allowed=["A128GCM"], limits=PRESENTATION
        )
    )
    assert (plaintext is not None) == (raw == ENCRYPTED or raw == ENCRYPTED.decode())


@bounded
@given(likely_objects)
def test_any_object_as_jwe_header(header: dict[str, Any]) -> None:
    for members in (header, {"alg": "ECDH-ES", "enc": "A128GCM", **header}):
        token = compact(members, b".AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA")
        typed(partial(parse_jwe_header, token, limits=PRESENTATION))
        opened = typed(
            partial(
                decrypt_jwe,
                token,
                decryption_key=DECRYPTION_KEY,
                enc_allowed=["A128GCM"],
                limits=PRESENTATION,
            )
        )
        assert opened is None


@bounded
@given(values | likely_objects)
def test_any_value_as_key_or_set_of_keys(value: Any) -> None:
    base = KEY.public_jwk.bare().to_json()
    keys: list[PublicJwk] = []
    for candidate in (value, {**base, **value} if isinstance(value, dict) else base):
        key = typed(partial(parse_public_jwk, candidate))
        if key is not None:
            keys.append(key)
            assert parse_public_jwk(key.to_json()) == key
            assert len(key.thumbprint) == 43
            typed(partial(check_signature, "ES256", key, b"", bytes(64)))
            typed(partial(encrypt_jwe, b"", key=key, enc="A128GCM", kid=None))
    typed(lambda: parse_jwks(value, limits=PRESENTATION))
    typed(lambda: parse_jwks({"keys": [base, value]}, limits=PRESENTATION))
    typed(lambda: select_key(tuple(keys), kid=None, algorithm="ES256"))


@bounded
@given(likely_objects, st.integers(), st.integers(0, 10_000))
def test_any_object_as_claims_with_times(claims: dict[str, Any], now: int, leeway: int) -> None:
    typed(lambda: check_times(claims, now=now, leeway=leeway, require=["exp"]))


@bounded
@given(
    st.sampled_from(["ES256", "ES384", "EdDSA"]), st.binary(max_size=100), st.binary(max_size=20)
)
def test_any_bytes_as_signature_or_private_key(algorithm: str, raw: bytes, message: bytes) -> None:
    assert (
        typed(lambda: check_signature(algorithm, signer("f", algorithm).public_jwk, message, raw))
        is None
    )
    typed(lambda: precheck_ed25519(raw[:32], raw[32:]))
    for length in (32, 48, len(raw)):
        padded = raw[:length].ljust(length, b"\1")
        typed(partial(SoftwareSigner.from_private_bytes, algorithm, padded))
        typed(partial(DecryptionKey.from_private_bytes, padded))


@bounded
@given(values | likely_objects)
def test_any_value_as_kdf_parameters(value: Any) -> None:
    base = KdfParameters.fresh().to_json()
    typed(lambda: KdfParameters.from_json(value))
    if isinstance(value, dict):
        known = {name: member for name, member in value.items() if name in base}
        typed(lambda: KdfParameters.from_json({**base, **known}))


@bounded
@given(st.binary(max_size=200))
def test_any_bytes_as_sealed_box_or_key_file(raw: bytes) -> None:
    assert typed(lambda: open_sealed(bytes(32), raw, associated=b"")) is None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "k"
        path.touch(mode=0o600)
        path.write_bytes(raw)
        assert typed(lambda: read_key_file(path, passphrase="x")) is None
