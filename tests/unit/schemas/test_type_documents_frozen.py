"""Published type documents never change: their hashes are signed into certificates."""

import hashlib

import pytest

from support.schema_documents import DOCUMENTS

PUBLISHED = {
    "endorsement-1": "c8f90dbd8545e25ac1bb55ae40d6b799bffa433dada6d1e3444d7a531ec3743f",
    "fair-platform-1": "b8bb109be4198a5f96e38655f89015775179b9e01a3c31e0491b1499c3dfc876",
    "learning-activity-1": "f04baaa4c22fe825f7f81b4235d1e2519e60307461d1784fe0cba9bdfc6abb61",
    "mission-1": "504ad7d0d01fae7f3f1d601a92d5f98d8187c4d55a0929cb0f6242549755a253",
    "mission-history-1": "74f1c6c04cb4dcfff204ae1d95e819d3d075703561b0b021d578cbc1885ced1b",
    "reply-1": "44c4171981146bc965eeedd7135f750e8524c241c91c0a481a4b1e23c379b679",
    "skill-certificate-1": "3f6eb2fe96158aa7f29c07b95f0827529f463fac66a608772e782fab24c4ae0e",
}


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_published_document_is_unchanged(name: str) -> None:
    digest = hashlib.sha256((DOCUMENTS / f"{name}.vct.json").read_bytes()).hexdigest()
    assert digest == PUBLISHED[name], (
        f"{name}.vct.json changed. Certificates are signed with its hash (vct#integrity), and "
        "every one issued so far would be refused: a change needs a new version of the type "
        "(…:2, with a document of its own) beside this one."
    )


def test_every_shipped_document_is_pinned() -> None:
    shipped = {path.name.removesuffix(".vct.json") for path in DOCUMENTS.glob("*.vct.json")}
    assert shipped == set(PUBLISHED), "Pin the hash of the new document here, once and for all."
