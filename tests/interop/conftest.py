"""One school and two buyers for all tests here, each served by a real process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from carnet_schemas.oid4vp_request import ResponseMode
from carnet_verifier.service.settings import Identification
from support.interop import need_npm
from support.interop_services import Buyer, School, asking_certificate, buyer, school


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the services; nothing is started where strangers' software is absent."""
    need_npm()
    return tmp_path_factory.mktemp("interop")


@pytest.fixture(scope="session")
def the_school(house: Path) -> Iterator[School]:
    """An issuer on plain http on this machine."""
    with school(house, name="school") as running:
        yield running


@pytest.fixture(scope="session")
def college(house: Path) -> Iterator[School]:
    """An issuer whose identifier is an https address, as strangers' verifiers demand."""
    with school(house, name="college", origin="https://college.example") as running:
        yield running


@pytest.fixture(scope="session")
def shop(house: Path, the_school: School) -> Iterator[Buyer]:
    """On https, asks as `decentralized_identifier:did:web:`, takes encrypted answers."""
    with buyer(
        house,
        name="shop",
        trust=the_school.trust,
        mode=ResponseMode.DIRECT_POST_JWT,
        origin="https://shop.example",
    ) as running:
        yield running


@pytest.fixture(scope="session")
def askers_root(house: Path) -> Path:
    """The root certificate under which `gate` asks, as PEM."""
    root, _ = asking_certificate(Identification.X509_SAN_DNS)
    file = house / "askers-root.pem"
    file.write_bytes(root.pem)
    return file


@pytest.fixture(scope="session")
def gate(house: Path, the_school: School) -> Iterator[Buyer]:
    """On plain http, asks as `x509_san_dns:localhost`, takes plain answers."""
    _, certificate = asking_certificate(Identification.X509_SAN_DNS)
    with buyer(
        house,
        name="gate",
        trust=the_school.trust,
        mode=ResponseMode.DIRECT_POST,
        certificate=certificate,
    ) as running:
        yield running
