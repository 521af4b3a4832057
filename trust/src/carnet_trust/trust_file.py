"""A plain file of trust entries: what `--trust FILE` reads.

The file is trusted because its reader chose it. It is read strictly all the same: a
mistake in it must stop the reader, not widen what she accepts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, Final, Self

from carnet_securing.errors import CarnetError, ErrorKind, InvalidError
from carnet_securing.strict_json import JsonValue, dumps_bytes, loads_object
from carnet_trust.entries import TrustEntry, entry_from_json, entry_to_json
from carnet_trust.members import malformed, reject_unknown

MAX_FILE_BYTES: Final = 8 * 1024 * 1024
MAX_ENTRIES: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustData:
    """Every entry a reader trusts, by issuer and by asker. Build it with `of`."""

    EMPTY: ClassVar["TrustData"]

    entries: tuple[TrustEntry, ...]
    _by_issuer: Mapping[str, TrustEntry] = field(repr=False)
    _by_asker: Mapping[str, TrustEntry] = field(repr=False)

    @classmethod
    def of(cls, entries: Iterable[TrustEntry]) -> Self:
        """Index entries.

        Raises:
            InvalidError: `conflict` when two entries share an `iss` or an `asker`: which of
                them counts must not depend on their order.
        """
        by_issuer: dict[str, TrustEntry] = {}
        by_asker: dict[str, TrustEntry] = {}
        for entry in entries:
            if by_issuer.setdefault(entry.iss, entry) is not entry:
                raise _conflict("Two trust entries have the same `iss`.")
            for asker in entry.asker:
                if by_asker.setdefault(asker, entry) is not entry:
                    raise _conflict("Two trust entries have the same `asker`.")
        return cls(
            entries=tuple(by_issuer.values()),
            _by_issuer=MappingProxyType(by_issuer),
            _by_asker=MappingProxyType(by_asker),
        )

    def entry_for(self, iss: str) -> TrustEntry | None:
        """The entry whose `iss` is exactly these characters."""
        return self._by_issuer.get(iss)

    def entry_for_asker(self, client_id: str) -> TrustEntry | None:
        """The entry that lists exactly this client identifier, prefix included."""
        return self._by_asker.get(client_id)


TrustData.EMPTY = TrustData.of(())


def parse_trust_file(data: bytes) -> TrustData:
    """Read one entry, or an object whose only member is `entries`, an array of entries.

    Raises:
        InvalidError: `conflict` for two entries of one `iss` or `asker`, and what
            `entry_from_json` and the JSON parser raise, with the number of the entry.
    """
    document = loads_object(data, max_bytes=MAX_FILE_BYTES, max_values=MAX_FILE_BYTES // 8)
    if "entries" not in document:
        return TrustData.of((entry_from_json(document),))
    reject_unknown(document, ("entries",), what="A trust file")
    values = document["entries"]
    if type(values) is not list or len(values) > MAX_ENTRIES:
        malformed(f"A trust file needs `entries`: an array of at most {MAX_ENTRIES}.")
    return TrustData.of([_numbered(value, number) for number, value in enumerate(values, 1)])


def trust_file_bytes(trust: TrustData) -> bytes:
    """Write trust data in the form `parse_trust_file` reads."""
    return dumps_bytes({"entries": [entry_to_json(entry) for entry in trust.entries]}) + b"\n"


def _numbered(value: JsonValue, number: int) -> TrustEntry:
    try:
        return entry_from_json(value)
    except CarnetError as error:
        hint = f"Look at entry {number} of the trust file."
        raise InvalidError(error.kind, error.message, hint=hint) from None


def _conflict(message: str) -> InvalidError:
    return InvalidError(ErrorKind.CONFLICT, message, hint="Keep one entry for each organisation.")
