"""Status lists in a cache: the last good one of each."""

from typing import Final

from carnet_securing.errors import ErrorKind, InvalidError, UndeterminedError
from carnet_securing.status_list import VerifiedStatusList
from carnet_trust.lookup_cache import CacheRecord, LookupCache, RecordKind, keep
from carnet_trust.lookups import Dated, LookupAlert, Source
from carnet_trust.status_tokens import KeysOf, ListSigner, StatusTokens, alerts_about

_ISSUED_AT: Final = "iat"
_DAY: Final = 86_400


class OlderListError(InvalidError):
    """An older list came in the place of a newer one: a replay, or a cache out of step."""


class KeptLists:
    """Reads and keeps the status lists of issuers; verifies each token when it is read."""

    def __init__(self, cache: LookupCache, tokens: StatusTokens) -> None:
        """Keep tokens in `cache` and verify them with `tokens`."""
        self._cache = cache
        self._tokens = tokens

    def read(
        self, uri: str, *, signer: ListSigner, keys_of: KeysOf, now: int, max_age: int
    ) -> Dated[VerifiedStatusList] | None:
        """The last good list; None when there is none whose signature holds.

        Raises:
            UndeterminedError: `status_unavailable` when it is out of date or older than
                `max_age` seconds, or why the issuer's keys could not be had.
        """
        record = self._record(uri, signer)
        if record is None:
            return None
        try:
            verified = self._tokens.verify(
                record.body, uri=uri, signer=signer, keys_of=keys_of, now=now
            )
        except InvalidError:
            return None
        age = now - record.fetched_at
        if age > max_age:
            raise UndeterminedError(
                ErrorKind.STATUS_UNAVAILABLE,
                f"The last status list was fetched {age // _DAY} days ago.",
                hint="Connect, refresh, and check again.",
            )
        return Dated(
            value=verified,
            fetched_at=record.fetched_at,
            source=Source.CACHE,
            alerts=alerts_about(verified),
        )

    def accept(
        self, token: bytes, *, uri: str, signer: ListSigner, keys_of: KeysOf, now: int
    ) -> Dated[VerifiedStatusList]:
        """Verify a fetched token, refuse one older than the newest seen, and keep it.

        Raises:
            OlderListError: `status_invalid` for an older list (attack row T12).
            InvalidError: what `StatusTokens.verify` raises.
            UndeterminedError: as `StatusTokens.verify`. Not being able to keep it is no error.
        """
        verified = self._tokens.verify(token, uri=uri, signer=signer, keys_of=keys_of, now=now)
        if verified.issued_at < self.newest_issued_at(uri, signer=signer):
            raise OlderListError(
                ErrorKind.STATUS_INVALID, "A status list is older than one seen before."
            )
        record = CacheRecord(
            kind=RecordKind.STATUS_LIST,
            name=list_name(uri, signer),
            body=token,
            fetched_at=now,
            listed=signer.entry is not None,
            marks={_ISSUED_AT: verified.issued_at},
        )
        keep(self._cache, record)
        return Dated(
            value=verified, fetched_at=now, source=Source.FETCHED, alerts=alerts_about(verified)
        )

    def newest_issued_at(self, uri: str, *, signer: ListSigner) -> int:
        """The `iat` of the newest list accepted under this address, 0 when there was none."""
        record = self._record(uri, signer)
        return 0 if record is None else record.marks.get(_ISSUED_AT, 0)

    def _record(self, uri: str, signer: ListSigner) -> CacheRecord | None:
        return self._cache.get(RecordKind.STATUS_LIST, list_name(uri, signer))


def last_good(
    dated: Dated[VerifiedStatusList], *, older_offered: bool
) -> Dated[VerifiedStatusList]:
    """A kept list used because nothing newer could be had."""
    more = [LookupAlert.LAST_GOOD_KEPT]
    if older_offered:
        more.append(LookupAlert.OLDER_LIST_OFFERED)
    return Dated(
        value=dated.value,
        fetched_at=dated.fetched_at,
        source=dated.source,
        alerts=(*dated.alerts, *more),
    )


def list_name(uri: str, signer: ListSigner) -> str:
    """The name of a list's record: one address serves each issuer and route by itself."""
    return f"{signer.route.value} {signer.issuer} {uri}"
