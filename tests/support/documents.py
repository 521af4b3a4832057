"""A `Fetch` over a table of documents: the far side of the tests that need no sockets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from carnet_securing import strict_json
from carnet_securing.errors import ErrorKind, UndeterminedError
from carnet_securing.fetch import Fetched


@dataclass
class Documents:
    """Answers with what stands under a URL, and remembers what was asked."""

    bodies: dict[str, bytes | Mapping[str, Any]] = field(default_factory=dict)
    media_type: str = "application/json"
    asked: list[str] = field(default_factory=list)

    def get(self, url: str, *, accept: str, max_bytes: int, max_redirects: int = 0) -> Fetched:
        self.asked.append(url)
        if url not in self.bodies:
            raise UndeterminedError(ErrorKind.FETCH_FAILED, "not there")
        body = self.bodies[url]
        raw = body if isinstance(body, bytes) else strict_json.dumps_bytes(dict(body))
        if len(raw) > max_bytes:
            raise UndeterminedError(ErrorKind.FETCH_TOO_LARGE, "too large")
        return Fetched(url=url, media_type=self.media_type, unverified_body=raw)
