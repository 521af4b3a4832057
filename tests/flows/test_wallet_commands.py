"""`carnet wallet` as a person or a script runs it, over real HTTP on the loopback."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from carnet_cli.main import main
from carnet_securing import strict_json
from carnet_securing.errors import InvalidError
from carnet_securing.sealing import KdfParameters
from carnet_trust.trust_file import TrustData, trust_file_bytes
from carnet_wallet.vault.vault import Vault
from carnet_wallet.wallet import Wallet
from support.credential_samples import SKILL_CERTIFICATE as SAMPLE
from support.simulator import SKILL_CERTIFICATE
from support.wallet_server import served
from support.wallet_world import NOW, QUESTION, Asker, OfferingIssuer, World, WorldWeb


@dataclass
class Terminal:
    """Runs one command after another, and keeps what the last one said."""

    folder: Path
    capture: pytest.CaptureFixture[str]
    said: str = field(default="")

    def run(self, *arguments: str, code: int = 0) -> str:
        self.capture.readouterr()
        assert main(["wallet", *arguments]) == code
        out, self.said = self.capture.readouterr()
        return out

    def json(self, *arguments: str, code: int = 0) -> Any:
        return strict_json.loads(self.run(*arguments, "--json", code=code), max_bytes=10**7)


@pytest.fixture
def terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Terminal:
    monkeypatch.setenv("CARNET_PASSPHRASE", "rue des Lilas 14")
    monkeypatch.setenv("CARNET_ALLOW_LOOPBACK_HTTP", "1")
    monkeypatch.setattr("carnet_cli.commands.wallet.system_now", lambda: NOW)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    return Terminal(folder=tmp_path / "carnet", capture=capsys)


@pytest.fixture
def web() -> WorldWeb:
    return WorldWeb()


@pytest.fixture
def base(web: WorldWeb) -> Iterator[str]:
    with served(web) as address:
        yield address


@pytest.fixture
def issuer(web: WorldWeb, base: str) -> OfferingIssuer:
    return OfferingIssuer(web, url=base)


@pytest.fixture
def claimed(terminal: Terminal, issuer: OfferingIssuer) -> str:
    """A wallet with one certificate, its id."""
    folder = str(terminal.folder)
    terminal.run("init", folder)
    card = terminal.json("claim", folder, issuer.link, "--tx-code", "493536")
    assert card["type"] == SKILL_CERTIFICATE
    assert card["issuer"] == issuer.url
    assert card["copies"] == 10
    return str(card["id"])


def test_the_whole_way_by_commands(
    terminal: Terminal, claimed: str, web: WorldWeb, base: str
) -> None:
    folder = str(terminal.folder)
    asker = Asker(web, url=f"{base}/buyer")

    listed = terminal.json("list", folder)
    shape = {"id": claimed, "type": SKILL_CERTIFICATE, "issuer": base, "state": "valid"}
    named = {"title": SAMPLE["title"], "month": "2026-05"}
    assert listed == [shape | named | {"checked_at": NOW}]
    shown = terminal.json("present", folder, asker.link, "--yes")
    assert shown["shown"] is True
    assert set(shown["certificates"][0]["claims"]) == {"title", "month"}
    assert "is asking for:\n  - Title\n  - Month of completion\nThe answer" in terminal.said
    assert "What I show:" in terminal.said
    assert "Stays hidden: " in terminal.said
    assert "Somebody you do not know" in terminal.said
    assert set(asker.given[0]["vp_token"]) == {"safety"}
    (line,) = terminal.json("history", folder)
    assert line["outcome"] == "received"
    assert line["asker"]["id"] == asker.client_id


def test_withdrawal_and_pause_show_in_the_list(
    terminal: Terminal, claimed: str, issuer: OfferingIssuer
) -> None:
    folder = str(terminal.folder)
    raw = terminal.run("show", folder, claimed, "--raw").strip()
    assert raw.endswith("~")
    status = issuer.signing._next_index
    issuer.signing.statuses.set(status, 2)

    (paused,) = terminal.json("list", folder)
    assert paused["state"] == "paused"

    issuer.web.is_down = True
    (offline,) = terminal.json("list", folder, "--offline")
    assert offline["state"] == "paused"


def test_the_preview_is_in_her_language(
    terminal: Terminal, claimed: str, web: WorldWeb, base: str
) -> None:
    asker = Asker(web, url=f"{base}/buyer")

    terminal.run("present", str(terminal.folder), asker.link, "--yes", "--lang", "fr")

    assert "Ce que je montre :" in terminal.said
    assert "Reste caché :" in terminal.said
    assert "Toujours visible" in terminal.said
    assert "Intitulé" in terminal.said


def test_without_yes_and_without_a_terminal_nothing_is_shown(
    terminal: Terminal, claimed: str, web: WorldWeb, base: str
) -> None:
    asker = Asker(web, url=f"{base}/buyer")

    terminal.run("present", str(terminal.folder), asker.link, code=2)

    assert asker.given == []
    assert terminal.json("history", str(terminal.folder)) == []


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("y\n", True),
        ("Yes\n", True),
        ("o\n", True),
        ("oui \n", True),
        ("n\n", False),
        ("\n", False),
        ("ok\n", False),
        ("non\n", False),
    ],
)
def test_at_a_terminal_she_is_asked(
    terminal: Terminal,
    claimed: str,
    web: WorldWeb,
    base: str,
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
    shown: bool,
    lang: str,
) -> None:
    asker = Asker(web, url=f"{base}/buyer")
    answer_at_keyboard(monkeypatch, typed)

    terminal.run("present", str(terminal.folder), asker.link, "--lang", lang)

    assert ("vp_token" in asker.given[0]) is shown
    assert ("error" in asker.given[0]) is not shown


def answer_at_keyboard(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    import io

    class Keyboard(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Keyboard(typed))


@pytest.mark.parametrize("evidence", [["evidence"], []], ids=["all", "nearly all"])
def test_a_request_for_too_much_needs_each_tick(
    terminal: Terminal, claimed: str, web: WorldWeb, base: str, evidence: list[str]
) -> None:
    folder = str(terminal.folder)
    names = ["title", "skills", "level", "assessment", "hours", "month", *evidence]
    names += ["given_name", "family_name", "usual_name"]
    asked = QUESTION["credentials"][0] | {"claims": [{"path": [name]} for name in names]}
    asker = Asker(web, url=f"{base}/buyer", question={"credentials": [asked]})

    error = terminal.json("present", folder, asker.link, "--yes", code=1)
    assert error["error"]["kind"] == "policy_unmet"
    assert "Nothing is ticked" in terminal.said
    assert asker.given == []

    terminal.run("present", folder, asker.link, "--tick", ",".join(names))
    assert "vp_token" in asker.given[0]


@pytest.mark.parametrize(
    ("place", "passed_on"),
    [
        ("https://buyer.example/done#code=1", True),
        ("javascript:alert(1)", False),
        ("https://buyer.example/\u202e\u001b[31m", False),
        ("http://10.0.0.1/", False),
    ],
)
def test_X01_only_a_web_address_to_go_on_at_is_passed_on(
    terminal: Terminal, claimed: str, web: WorldWeb, base: str, place: str, passed_on: bool
) -> None:
    asker = Asker(web, url=f"{base}/buyer")
    asker.reply = {"redirect_uri": place}

    shown = terminal.json("present", str(terminal.folder), asker.link, "--yes")

    assert shown["shown"] is True
    assert shown["continue_at"] == (place if passed_on else None)
    assert shown["continue_refused"] is not passed_on


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        (["--yes"], None),
        (["--tick", ""], None),
        (["--tick", "hours"], ["hours"]),
        (["--tick", " durée en Heures"], ["hours"]),
        (["--use", "hours={id}", "--yes"], ["hours"]),
    ],
    ids=["yes", "no tick", "tick", "words", "use"],
)
def test_a_request_that_requires_nothing_shows_what_is_ticked(
    terminal: Terminal,
    claimed: str,
    web: WorldWeb,
    base: str,
    options: list[str],
    parts: list[str] | None,
) -> None:
    credentials = [
        QUESTION["credentials"][0] | {"id": name, "claims": [{"path": [name]}]}
        for name in ("title", "hours")
    ]
    sets = [{"options": [[name]], "required": False} for name in ("title", "hours")]
    question = {"credentials": credentials, "credential_sets": sets}
    asker = Asker(web, url=f"{base}/buyer", question=question)
    options = [option.format(id=claimed) for option in options]

    shown = terminal.json("present", str(terminal.folder), asker.link, *options)

    if parts is None:
        assert shown == {"shown": False}
        assert "None of this is required" in terminal.said
        assert asker.given == [{"error": "access_denied", "state": asker.state}]
    else:
        assert [one["query"] for one in shown["certificates"]] == parts
        assert list(asker.given[0]["vp_token"]) == parts


@pytest.mark.parametrize(
    ("typed", "parts"), [("n\nn\n", None), ("n\ny\n", {"hours"})], ids=["none", "one"]
)
def test_a_request_that_requires_nothing_at_the_keyboard(
    terminal: Terminal,
    claimed: str,
    web: WorldWeb,
    base: str,
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
    parts: set[str] | None,
) -> None:
    credentials = [
        QUESTION["credentials"][0] | {"id": name, "claims": [{"path": [name]}]}
        for name in ("title", "hours")
    ]
    sets = [{"options": [[name]], "required": False} for name in ("title", "hours")]
    question = {"credentials": credentials, "credential_sets": sets}
    asker = Asker(web, url=f"{base}/buyer", question=question)
    answer_at_keyboard(monkeypatch, typed)

    terminal.run("present", str(terminal.folder), asker.link)

    if parts is None:
        assert asker.given == [{"error": "access_denied", "state": asker.state}]
    else:
        assert set(asker.given[0]["vp_token"]) == parts


def test_another_certificate_that_answers_is_named_and_can_be_chosen(
    terminal: Terminal, claimed: str, issuer: OfferingIssuer, web: WorldWeb, base: str
) -> None:
    folder = str(terminal.folder)
    issuer.redeemed, issuer.code = False, "code-2"
    second = terminal.json("claim", folder, issuer.link, "--tx-code", "493536")["id"]
    asker = Asker(web, url=f"{base}/buyer")

    shown = terminal.json("present", folder, asker.link, "--use", f"safety={claimed}", "--yes")

    assert [one["id"] for one in shown["certificates"]] == [claimed]
    told = terminal.said.splitlines()
    at = told.index("Several of your certificates fit. This one would be shown:")
    name = "Electrical safety training: building works · May 2026"
    assert told[at + 1] == f"  {name} (safety={claimed})"
    assert told[at + 2] == "You can choose another:"
    assert told[at + 3] == f"  {name} (safety={second})"
    assert told[at + 4] == "To choose it, add --use and what stands in brackets."


def test_two_certificates_of_one_kind_are_told_apart_in_the_list(
    terminal: Terminal, claimed: str, issuer: OfferingIssuer
) -> None:
    folder = str(terminal.folder)
    issuer.redeemed, issuer.code = False, "code-2"
    issuer.claims = issuer.claims | {"title": {"fr": "Travail en hauteur"}, "month": "2025-11"}
    second = terminal.json("claim", folder, issuer.link, "--tx-code", "493536")["id"]

    host = issuer.url.removeprefix("http://")
    state = "Still valid (on 15 January 2027, 08:00 UTC)"
    names = ["Electrical safety training: building works · May 2026"]
    names += ["Travail en hauteur · November 2025"]
    assert terminal.run("list", folder).splitlines() == [
        f"{card}  Skill certificate · {name} · {host} · {state}"
        for card, name in zip((claimed, second), names, strict=True)
    ]
    (_, listed) = terminal.json("list", folder)
    assert (listed["title"], listed["month"]) == ({"fr": "Travail en hauteur"}, "2025-11")
    french = terminal.run("list", folder, "--lang", "fr")
    assert "Formation à la sécurité électrique : travaux du bâtiment · mai 2026" in french


@pytest.mark.parametrize(
    ("lang", "list_says", "history_says"),
    [
        ("en", "Your wallet is empty.", "You have shown nothing yet."),
        ("fr", "Votre carnet est vide.", "Vous n'avez encore rien montré."),
    ],
)
def test_an_empty_wallet_says_that_it_is_empty(
    terminal: Terminal, lang: str, list_says: str, history_says: str
) -> None:
    folder = str(terminal.folder)
    terminal.run("init", folder)
    for command, said in (("list", list_says), ("history", history_says)):
        assert terminal.run(command, folder, "--lang", lang) == ""
        assert said in terminal.said
        assert terminal.json(command, folder, "--lang", lang) == []


def test_a_withdrawal_is_seen_at_once_when_she_asks_for_it(
    terminal: Terminal, claimed: str, issuer: OfferingIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = str(terminal.folder)
    assert terminal.json("list", folder)[0]["state"] == "valid"
    issuer.signing.statuses.set(issuer.signing._next_index, 1)
    fetched = issuer.web.total

    # Not more often than once a minute, whatever she asks for.
    monkeypatch.setattr("carnet_cli.commands.wallet.system_now", lambda: NOW + 59)
    assert terminal.json("list", folder, "--refresh")[0]["state"] == "valid"
    assert issuer.web.total == fetched
    monkeypatch.setattr("carnet_cli.commands.wallet.system_now", lambda: NOW + 61)
    assert terminal.json("list", folder)[0]["state"] == "valid"
    assert issuer.web.total == fetched
    (listed,) = terminal.json("list", folder, "--refresh")
    assert (listed["state"], listed["checked_at"]) == ("withdrawn", NOW + 61)
    terminal.run("list", folder, "--refresh", "--offline", code=2)
    assert "hint: " in terminal.said


def test_a_request_she_cannot_answer_says_why_to_her_alone(
    terminal: Terminal, claimed: str, web: WorldWeb, base: str
) -> None:
    asked = QUESTION["credentials"][0] | {"claims": [{"path": ["driving"]}]}
    asker = Asker(web, url=f"{base}/buyer", question={"credentials": [asked]})

    error = terminal.json("present", str(terminal.folder), asker.link, "--yes", code=1)

    assert error["error"]["kind"] == "query_unmet"
    assert "says nothing about: driving" in terminal.said
    assert "Somebody you do not know" in terminal.said
    assert "is asking for" not in terminal.said
    assert asker.given == [{"error": "access_denied", "state": asker.state}]


def test_a_listed_issuer_is_called_by_name(
    terminal: Terminal, issuer: OfferingIssuer, tmp_path: Path
) -> None:
    trust = tmp_path / "trust.json"
    trust.write_bytes(trust_file_bytes(TrustData.of([issuer.signing.entry()])))
    folder = str(terminal.folder)
    assert terminal.json("init", folder, "--trust", str(trust))["trust_entries"] == 1

    terminal.run("claim", folder, issuer.link, "--tx-code", "493536")

    assert "Mill Training Centre" in terminal.said
    assert "Mill Training Centre" in terminal.run("list", folder)


def test_a_stranger_issuer_is_called_by_its_address(
    terminal: Terminal, issuer: OfferingIssuer
) -> None:
    terminal.run("init", str(terminal.folder))

    terminal.run("claim", str(terminal.folder), issuer.link, "--tx-code", "493536")

    assert "localhost" in terminal.said
    assert "not listed yet" in terminal.said


def test_a_wrong_collection_code_is_one_line_and_a_hint(
    terminal: Terminal, issuer: OfferingIssuer
) -> None:
    folder = str(terminal.folder)
    terminal.run("init", folder)

    error = terminal.json("claim", folder, issuer.link, "--tx-code", "111111", code=1)

    assert error["error"]["kind"] == "forbidden"
    assert error["error"]["hint"]
    assert terminal.json("list", folder) == []


def test_an_unfinished_claim_is_mentioned_in_the_list_and_gone_on_with(
    terminal: Terminal, issuer: OfferingIssuer, web: WorldWeb
) -> None:
    folder = str(terminal.folder)
    terminal.run("init", folder)
    handler = web.handlers.pop(f"{issuer.url}/credential")
    terminal.run("claim", folder, issuer.link, "--tx-code", "493536", code=1)
    assert "Give the same offer again" in terminal.said
    terminal.run("list", folder)
    assert "is waiting" in terminal.said
    web.handlers[f"{issuer.url}/credential"] = handler

    terminal.run("claim", folder, issuer.link)

    assert len(terminal.json("list", folder)) == 1


def test_the_code_of_the_screen_is_the_result(terminal: Terminal, claimed: str) -> None:
    folder = str(terminal.folder)

    shape = terminal.json("screen", folder, claimed, "--claims", "title,month")

    assert shape["claims"] == ["title", "month"]
    assert shape["text"].count("~") == 3
    assert terminal.json("screen", folder, claimed, "--claims", "all", code=1)["error"]["kind"] == (
        "claim_missing"
    )


@pytest.mark.parametrize(
    ("claims", "shown"),
    [
        ("nature", ["nature"]),
        ("nature,title", ["nature", "title"]),
        ("Intitulé, Month of completion", ["title", "month"]),
        ("TITLE", ["title"]),
        ("title,Title", ["title"]),
    ],
)
def test_what_a_screen_shows_is_named_as_she_reads_it(
    terminal: Terminal, claimed: str, claims: str, shown: list[str]
) -> None:
    folder = str(terminal.folder)
    assert terminal.json("screen", folder, claimed, "--claims", claims)["claims"] == shown


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--claims", ""], 2),
        (["--claims", " , "], 2),
        (["--claims", "vct"], 1),
        (["--claims", "cnf"], 1),
        (["--claims", "title,iss"], 1),
        (["--claims", "title", "--code", "12"], 1),
        (["--claims", "title", "--code", "abc"], 1),
        (["--claims", "title", "--code", ""], 1),
        (["--claims", "title", "--code", "١٢٣٤٥٦"], 1),
    ],
    ids=range(9),
)
def test_a_screen_nobody_can_read_spends_no_copy(
    terminal: Terminal, claimed: str, options: list[str], code: int
) -> None:
    folder = str(terminal.folder)
    error = terminal.json("screen", folder, claimed, *options, code=code)["error"]
    assert error["hint"]
    assert terminal.json("show", folder, claimed)["unseen_copies"] == 10
    assert terminal.json("history", folder) == []


@pytest.mark.parametrize(
    ("lang", "message"),
    [
        ("en", "This is not the link of {}."),
        ("fr", "Ce n'est pas le lien d'une {}."),
    ],
)
def test_a_link_that_is_none_is_told_without_technical_words(
    terminal: Terminal, lang: str, message: str
) -> None:
    folder = str(terminal.folder)
    terminal.run("init", folder)
    words = {"claim": ("an offer", "offre"), "present": ("a request", "demande")}
    for command, names in words.items():
        for link in ("nonsense", "https://a.example/#x", "openid4vp://", "://", ""):
            error = terminal.json(command, folder, link, "--lang", lang, code=1)["error"]
            assert error["kind"] == "malformed"
            assert error["message"] == message.format(names[lang == "fr"])
            assert error["hint"]


def test_show_tells_her_everything(terminal: Terminal, claimed: str) -> None:
    lines = terminal.run("show", str(terminal.folder), claimed)

    assert "Family name: N'Diaye" in lines
    assert "Hours: 14" in lines
    assert "Level: EQF level 3: skilled worker" in lines
    assert "Skills: électricité · ESCO (Europe)\n" in lines
    assert "Assessment: Result: acquis avec mention · Form of assessment: Practical test" in lines
    assert "http://data.europa.eu" not in lines


def test_the_passphrase_is_changed(
    terminal: Terminal, claimed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = tmp_path / "new"
    new.write_text("une autre phrase\n", encoding="utf-8")
    folder = str(terminal.folder)

    terminal.run("passphrase", folder, "--new-passphrase-file", str(new))

    assert terminal.json("list", folder, code=1)["error"]["kind"] == "vault_passphrase"
    assert len(terminal.json("list", folder, "--passphrase-file", str(new))) == 1


@pytest.mark.parametrize(
    ("lang", "asked"), [("fr", "Phrase secrète"), ("en", "Passphrase")], ids=["fr", "en"]
)
def test_the_new_passphrase_is_asked_for_although_a_variable_holds_the_old_one(
    terminal: Terminal, claimed: str, monkeypatch: pytest.MonkeyPatch, lang: str, asked: str
) -> None:
    folder, prompts = str(terminal.folder), []

    def ask(prompt: str, stream: object = None) -> str:
        prompts.append(prompt)
        return "une autre phrase"

    answer_at_keyboard(monkeypatch, "")
    monkeypatch.setattr("getpass.getpass", ask)
    terminal.run("passphrase", folder, "--lang", lang)

    assert prompts[0].split(":")[0].strip() == asked
    assert len(prompts) == 2, "asked for twice"
    assert terminal.json("list", folder, code=1)["error"]["kind"] == "vault_passphrase"
    monkeypatch.setenv("CARNET_PASSPHRASE", "une autre phrase")
    assert len(terminal.json("list", folder)) == 1


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (["claim", "{folder}", "nonsense"], "malformed"),
        (["claim", "{folder}", "openid-credential-offer://?credential_offer={{}}"], "malformed"),
        (["present", "{folder}", "openid4vp://?client_id=abc&request_uri=https://a.example/"],
         "request_untrusted"),
        (["present", "{folder}", "nonsense"], "malformed"),
        (["show", "{folder}", "0000"], "not_found"),
        (["screen", "{folder}", "0000", "--claims", "title"], "not_found"),
    ],
)  # fmt: skip
def test_bad_input_is_a_typed_error(terminal: Terminal, arguments: list[str], kind: str) -> None:
    folder = str(terminal.folder)
    terminal.run("init", folder)

    error = terminal.json(*(each.format(folder=folder) for each in arguments), code=1)

    assert error["error"]["kind"] == kind
    assert error["error"]["message"]


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (
            ["claim", "{folder}", "{link}", "--tx-code", "111111"],
            "L'organisme a refusé l'offre ou le code de remise.",
            "Vérifiez le code de remise. S'il est juste, demandez une nouvelle offre.",
        ),
        (["show", "{folder}", "0000"], "Le carnet ne contient rien sous ce nom.", None),
        (["present", "{folder}", "nonsense"], "Ce n'est pas le lien d'une demande.", None),
    ],
    ids=["claim", "show", "present"],
)
def test_what_went_wrong_is_told_in_her_language(
    terminal: Terminal,
    issuer: OfferingIssuer,
    arguments: list[str],
    message: str,
    hint: str | None,
) -> None:
    folder = str(terminal.folder)
    terminal.run("init", folder)
    arguments = [each.format(folder=folder, link=issuer.link) for each in arguments]

    error = terminal.json(*arguments, "--lang", "fr", code=1)["error"]

    assert error["message"] == message
    assert message in terminal.said
    assert hint is None or error["hint"] == hint


def test_the_language_of_the_computer_is_spoken_where_none_is_given(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")

    assert "Votre carnet est prêt." in terminal.run("init", str(terminal.folder))
    terminal.run("init", str(terminal.folder), code=1)
    assert "Il y a déjà quelque chose dans ce dossier." in terminal.said


def test_an_old_short_passphrase_opens_and_a_new_one_is_refused(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = str(terminal.folder)
    monkeypatch.setenv("CARNET_PASSPHRASE", "a")
    error = terminal.json("init", folder, "--lang", "fr", code=2)["error"]
    assert error["message"] == "Une nouvelle phrase secrète a au moins 8 caractères."
    assert error["hint"]
    assert not terminal.folder.exists()
    # As a wallet of an earlier Carnet is.
    Vault.create(terminal.folder, passphrase="a", kdf=KdfParameters.fresh()).close()

    assert terminal.json("list", folder) == []
    short = tmp_path / "short"
    short.write_text("b")
    terminal.run("passphrase", folder, "--new-passphrase-file", str(short), code=2)
    assert terminal.json("list", folder) == []
    with pytest.raises(InvalidError, match="8 characters"):
        Wallet.create(tmp_path / "new", passphrase="a", surroundings=World(tmp_path).surroundings())


@pytest.mark.parametrize("command", ["init", "trust"])
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_file_of_organisations_that_is_none_is_named(
    terminal: Terminal, tmp_path: Path, command: str, lang: str
) -> None:
    folder, wrong = str(terminal.folder), tmp_path / "wrong.json"
    wrong.write_text("not JSON")
    arguments = ["init", folder, "--trust"]
    if command == "trust":
        terminal.run("init", folder)
        arguments = ["trust", folder]
    error = terminal.json(*arguments, str(wrong), "--lang", lang, code=1)["error"]
    assert error["kind"] == "malformed"
    assert str(wrong) in error["message"]
    assert error["hint"]
    error = terminal.json(*arguments, str(tmp_path / "none"), "--lang", lang, code=2)["error"]
    assert str(tmp_path / "none") in error["message"]
    assert error["hint"]
    assert ("n'existe pas" in error["message"]) is (lang == "fr")


def test_there_is_no_wallet_there(terminal: Terminal) -> None:
    error = terminal.json("list", str(terminal.folder), code=1)

    assert error["error"]["kind"] == "not_found"


def test_a_second_wallet_is_not_made_over_the_first(terminal: Terminal) -> None:
    folder = str(terminal.folder)
    terminal.run("init", folder)

    assert terminal.json("init", folder, code=1)["error"]["kind"] == "conflict"


def test_without_passphrase_and_terminal_it_is_a_usage_error(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CARNET_PASSPHRASE")

    terminal.run("init", str(terminal.folder), code=2)

    assert not terminal.folder.exists()


@pytest.mark.parametrize("lang", ["de", "", "FR"])
def test_another_language_is_a_usage_error(terminal: Terminal, lang: str) -> None:
    terminal.run("init", str(terminal.folder))

    terminal.run("history", str(terminal.folder), "--lang", lang, code=2)
