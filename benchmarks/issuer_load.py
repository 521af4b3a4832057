"""How many whole claims a second one issuer process holds, and how long each request takes.

A closed loop: `--concurrency` workers each go the whole way (offer, token, nonce, credential)
again and again, as fast as they can or at `--rate` claims a second, over HTTP on loopback,
against `carnet issuer serve` in a process of its own. Offers are made before the clock
starts. Both processes share the machine's cores, so the figure is one for the whole machine.
Bar (DESIGN 6): 50 at once, 40 flows a second on 2 cores, p99 of a request 500 ms, no 5xx.

    uv run python benchmarks/issuer_load.py --json
"""

import argparse
import json
import os
import resource
import secrets
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx2

from carnet_cli.demo.processes import BoundSocket
from carnet_issuer.service import Issuer, Offer
from carnet_schemas.form import encode_form
from carnet_schemas.oid4vci import OfferByReference, parse_offer_uri
from carnet_securing import strict_json
from carnet_securing.jws import sign_jws
from carnet_securing.signer import SoftwareSigner

PRE_AUTHORIZED = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
SAMPLES = files("carnet_issuer") / "samples"
PASSPHRASE = secrets.token_urlsafe(16)


class Load:
    """Workers that take offers from one list until it is empty."""

    def __init__(self, url: str, offers: list[Offer], copies: int, rate: float) -> None:
        self.url = url
        self.copies = copies
        self._rate = rate
        self._started = 0
        self._offers = offers
        self._lock = threading.Lock()
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.statuses: Counter[int] = Counter()
        self.finished = 0

    def run(self, concurrency: int) -> float:
        """Claim everything; return the seconds it took."""
        context = ssl.create_default_context()
        clients = [httpx2.Client(timeout=60, verify=context) for _ in range(concurrency)]
        threads = [threading.Thread(target=self._work, args=(each,)) for each in clients]
        began = self._began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.perf_counter() - began

    def _work(self, client: httpx2.Client) -> None:
        with client as http:
            while True:
                with self._lock:
                    if not self._offers:
                        return
                    offer = self._offers.pop()
                    self._started += 1
                    due = self._began + self._started / self._rate if self._rate else 0.0
                time.sleep(max(0.0, due - time.perf_counter()))
                self._claim(http, offer)

    def _timed(self, what: str, http: httpx2.Client, method: str, url: str, **sent: Any) -> Any:
        began = time.perf_counter()
        answer = http.request(method, url, **sent)
        took = time.perf_counter() - began
        with self._lock:
            self.seconds[what].append(took)
            self.statuses[answer.status_code] += 1
        answer.raise_for_status()
        return answer.json()

    def _claim(self, http: httpx2.Client, offer: Offer) -> None:
        link = parse_offer_uri(offer.offer_uri)
        assert isinstance(link, OfferByReference)
        shape = self._timed("offer", http, "GET", link.uri)
        form = {
            "grant_type": PRE_AUTHORIZED,
            "pre-authorized_code": shape["grants"][PRE_AUTHORIZED]["pre-authorized_code"],
            "tx_code": offer.tx_code,
        }
        token = self._timed(
            "token", http, "POST", f"{self.url}/token", content=encode_form(form),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )  # fmt: skip
        nonce = self._timed("nonce", http, "POST", f"{self.url}/nonce")["c_nonce"]
        body = {
            "credential_configuration_id": shape["credential_configuration_ids"][0],
            "proofs": {"jwt": [self._proof(nonce) for _ in range(self.copies)]},
        }
        answer = self._timed(
            "credential", http, "POST", f"{self.url}/credential",
            content=strict_json.dumps_bytes(body),
            headers={
                "Content-Type": "application/json",
                "Authorization": f"Bearer {token['access_token']}",
            },
        )  # fmt: skip
        assert len(answer["credentials"]) == self.copies
        with self._lock:
            self.finished += 1

    def _proof(self, nonce: str) -> str:
        key = SoftwareSigner.generate("ES256")
        claims = {"aud": self.url, "iat": int(time.time()), "nonce": nonce}
        header = {"jwk": key.public_jwk.bare().to_json()}
        text = strict_json.dumps_bytes(claims)
        return sign_jws(text, signer=key, typ="openid4vci-proof+jwt", header=header)


def prepare(directory: Path, url: str, flows: int) -> list[Offer]:
    """Make an issuer with as many offers as flows."""
    now = int(time.time())
    with Issuer.create(directory, name="Load", url=url, passphrase=PASSPHRASE, now=now) as issuer:
        template = issuer.add_template((SAMPLES / "electrical-safety.toml").read_bytes(), now=now)
        letters = str.maketrans("0123456789", "abcdefghij")
        for first in range(0, flows, 4_000):
            names = (str(n).translate(letters) for n in range(first, min(first + 4_000, flows)))
            rows = "\n".join(["Nom,Prénom", *(f"F{name},P{name}" for name in names)])
            issuer.import_class(rows.encode(), template_id=template.id, now=now)
        return [issuer.offer(each.id, now=now) for each in issuer.list(now=now)]


def percentile(values: list[float], part: float) -> float:
    """The value below which `part` of `values` lie, in milliseconds."""
    ordered = sorted(values)
    return round(1000 * ordered[min(len(ordered) - 1, int(part * len(ordered)))], 1)


def measure(flows: int, concurrency: int, copies: int, rate: float) -> dict[str, Any]:
    """One run."""
    with tempfile.TemporaryDirectory() as folder, BoundSocket.bind().listener as listener:
        handed, port = str(listener.fileno()), str(listener.getsockname()[1])
        url = f"http://localhost:{port}"
        directory = Path(folder) / "issuer"
        offers = prepare(directory, url, flows)
        server = subprocess.Popen(  # noqa: S603 - our own interpreter and our own arguments
            [
                *(sys.executable, "-P", "-c", "from carnet_cli.entry import run; run()"),
                *("issuer", "serve", str(directory), "--port", port, "--json"),
                *("--socket-fd", handed),
            ],
            pass_fds=[listener.fileno()],
            env={**os.environ, "CARNET_PASSPHRASE": PASSPHRASE},
            stdout=subprocess.PIPE,
        )
        try:
            assert server.stdout is not None
            assert server.stdout.readline()
            load = Load(url, offers, copies, rate)
            took = load.run(concurrency)
        finally:
            server.terminate()
            _, _, usage = os.wait4(server.pid, 0)
    own = resource.getrusage(resource.RUSAGE_SELF)
    every = [second for each in load.seconds.values() for second in each]
    return {
        "flows": load.finished,
        "concurrency": concurrency,
        "copies": copies,
        "offered_per_second": rate or None,
        "seconds": round(took, 2),
        "flows_per_second": round(load.finished / took, 1),
        "p50_ms": percentile(every, 0.5),
        "p99_ms": percentile(every, 0.99),
        "max_ms": percentile(every, 1.0),
        "p99_ms_by_request": {name: percentile(v, 0.99) for name, v in load.seconds.items()},
        "statuses": dict(load.statuses),
        "server_cpu_ms_per_flow": round(
            1000 * (usage.ru_utime + usage.ru_stime) / max(1, load.finished), 2
        ),
        "server_peak_mib": round(usage.ru_maxrss / 1024, 1),
        "client_cpu_seconds": round(own.ru_utime + own.ru_stime, 1),
    }


def main() -> None:
    """Read the options, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--flows", type=int, default=1_000, help="claims in all")
    parser.add_argument("--concurrency", type=int, default=50, help="clients at once")
    parser.add_argument("--copies", type=int, default=10, help="copies in each claim")
    parser.add_argument("--rate", type=float, default=0.0, help="claims begun a second")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = measure(options.flows, options.concurrency, options.copies, options.rate)
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:24} {value}")


if __name__ == "__main__":
    main()
