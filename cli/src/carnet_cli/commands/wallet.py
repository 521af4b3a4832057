"""`carnet wallet`: collect certificates, look at them, show just enough, remember to whom."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from carnet_cli.console import Console
from carnet_cli.exit_codes import ExitCode
from carnet_cli.failures import UsageFailedError
from carnet_cli.input_files import content_of, read_at_most
from carnet_cli.passphrase import read_new_passphrase, read_passphrase
from carnet_cli.settings import system_now
from carnet_cli.wallet_consent import ask_consent, ask_yes
from carnet_cli.wallet_edge import ConnectedOpening, Opening, on_a_wallet, wallet_surroundings
from carnet_trust.askers import AskerKind
from carnet_trust.display_name import host_name
from carnet_trust.trust_file import MAX_FILE_BYTES, parse_trust_file
from carnet_wallet import telling
from carnet_wallet.card_names import CardName
from carnet_wallet.consent import Preview
from carnet_wallet.process import forbid_core_dumps
from carnet_wallet.questions import Question
from carnet_wallet.records import Card
from carnet_wallet.states import CardStanding
from carnet_wallet.wallet import Wallet

app = typer.Typer(no_args_is_help=True)

CardId = Annotated[str, typer.Argument(metavar="ID", help="A certificate's id; see `list`.")]


@app.callback()
def group() -> None:
    """Keep certificates and choose what to show."""
    forbid_core_dumps()


@app.command()
@on_a_wallet
def init(
    opening: Opening,
    *,
    trust: Annotated[
        Path | None, typer.Option("--trust", help="A file of organisations whose names you accept.")
    ] = None,
) -> None:
    """Make an empty wallet that only your passphrase opens."""
    passphrase = read_passphrase(opening.passphrase_file, confirm=True, prompts=opening.prompts)
    trust_file = None if trust is None else _read_trust(trust)
    with (
        wallet_surroundings(offline=True) as around,
        Wallet.create(
            opening.directory, passphrase=passphrase, surroundings=around, trust_file=trust_file
        ) as wallet,
    ):
        listed = len(wallet.trust.entries)
    opening.console.out(
        {"directory": str(opening.directory), "trust_entries": listed},
        [telling.word(key, opening.language) for key in ("ready", "keep_passphrase")],
    )


@app.command()
@on_a_wallet
def trust(
    opening: Opening,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file of organisations.")],
) -> None:
    """Choose whose names you accept, in place of what was chosen before."""
    data = _read_trust(file)
    with opening.wallet() as wallet:
        wallet.set_trust(data)
    opening.console.out({"changed": True}, telling.word("trust_changed", opening.language))


@app.command()
@on_a_wallet
def passphrase(
    opening: Opening,
    *,
    new_passphrase_file: Annotated[
        Path | None, typer.Option("--new-passphrase-file", help="First line is the new one.")
    ] = None,
) -> None:
    """Change the passphrase; the old one opens nothing afterwards."""
    console, language = opening.console, opening.language
    with opening.wallet() as wallet:
        if new_passphrase_file is None:
            console.say(telling.word("new_passphrase", language))
        new = read_new_passphrase(new_passphrase_file, prompts=opening.prompts)
        wallet.change_passphrase(new)
    console.out({"changed": True}, telling.word("passphrase_changed", language))


@app.command()
@on_a_wallet
def claim(
    opening: ConnectedOpening,
    offer_uri: Annotated[str, typer.Argument(metavar="OFFER_URI", help="The link of an offer.")],
    *,
    tx_code: Annotated[
        str | None, typer.Option("--tx-code", help="The collection code, when there is one.")
    ] = None,
) -> None:
    """Collect what an offer gives. The same offer again goes on after an interruption."""
    console, language = opening.console, opening.language
    with opening.connected_wallet() as wallet:
        opened = wallet.open_offer(offer_uri)
        issuer = wallet.issuer_name(opened.resolved.issuer, lang=language)
        console.say(telling.offer_line(issuer, language))
        if opened.needs_code and tx_code is None and sys.stdin.isatty():
            tx_code = typer.prompt(telling.word("ask_code", language), err=True)
        cards = wallet.claim(opened, tx_code=tx_code, now=system_now())
    shapes = [_card_json(card) | {"copies": len(card.copies)} for card in cards]
    console.out(
        {**shapes[0], "certificates": shapes},
        [telling.word("kept", language, title=_title(card, language)) for card in cards],
    )


@app.command(name="list")
@on_a_wallet
def list_cards(
    opening: ConnectedOpening,
    *,
    offline: Annotated[
        bool, typer.Option("--offline", help="Open no connection; use what was fetched before.")
    ] = False,
    refresh: Annotated[
        bool,
        typer.Option("--refresh", help="Ask again now, for what was asked over a minute ago."),
    ] = False,
) -> None:
    """Your certificates, and whether each is still good."""
    console, language = opening.console, opening.language
    if offline and refresh:
        raise UsageFailedError(
            "--refresh needs a connection; --offline opens none.", hint="Leave one of them out."
        )
    with opening.connected_wallet(offline=offline, refresh=refresh) as wallet:
        listed = wallet.list(now=system_now())
        lines = [
            telling.listed_line(
                each,
                issuer=wallet.issuer_name(each.card.issuer, lang=language).text,
                lang=language,
            )
            for each in listed
        ]
        if not listed:
            console.say(telling.word("empty", language))
        for issuer in wallet.unfinished_claims():
            host = wallet.issuer_name(issuer, lang=language).text
            console.say(telling.word("unfinished", language, name=host))
    shapes = [
        _card_json(each.card) | _name_json(each.name) | _standing_json(each.standing)
        for each in listed
    ]
    console.out(shapes, lines)


@app.command()
@on_a_wallet
def show(
    opening: Opening,
    card_id: CardId,
    *,
    raw: Annotated[bool, typer.Option("--raw", help="The signed document itself.")] = False,
) -> None:
    """Everything a certificate says, for your own eyes."""
    console, language = opening.console, opening.language
    with opening.wallet() as wallet:
        one = wallet.card(card_id)
        if raw:
            text = wallet.raw(card_id)
            console.out({"id": card_id, "raw": text}, text)
            return
        issuer = wallet.issuer_name(one.card.issuer, lang=language).text
        lines = telling.card_lines(one, issuer=issuer, lang=language)
    shape = _card_json(one.card) | {
        "claims": one.held.claims,
        "copies": len(one.copies),
        "unseen_copies": sum(not copy.shown_to for copy in one.copies),
        "expires_at": one.card.expires_at,
    }
    console.out(shape, lines)


@app.command()
@on_a_wallet
def present(
    opening: ConnectedOpening,
    request_uri: Annotated[
        str, typer.Argument(metavar="REQUEST_URI", help="The link of a request.")
    ],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Show what the preview says.")] = False,
    tick: Annotated[
        str | None,
        typer.Option(
            "--tick", help="Claims you tick, with commas; where nothing is ticked for you."
        ),
    ] = None,
    use: Annotated[
        list[str] | None,
        typer.Option("--use", metavar="PART=ID", help="Answer a part with this certificate."),
    ] = None,
) -> int:
    """Look at a request, and show what it asks for or nothing at all."""
    console, language = opening.console, opening.language
    with opening.connected_wallet() as wallet:
        question = wallet.prepare(
            request_uri, lang=language, now=system_now(), choice=_choice(use or [])
        )
        if question.preview is None:
            _tell_missing(question, console, language)
            if yes or (sys.stdin.isatty() and ask_yes(telling.word("say_no", language), language)):
                wallet.decline(question)
            raise question.unanswered()
        for line in _preview_lines(wallet, question, question.preview, language):
            console.say(line)
        consent = ask_consent(question.preview, yes=yes, tick=tick, language=language)
        if consent is None:
            wallet.decline(question)
            console.out({"shown": False}, telling.word("declined", language))
            return ExitCode.OK
        sent = wallet.present(question, consent, now=system_now())
    shape = _asker_json(question) | {
        "shown": True,
        "certificates": [
            {
                "query": card.query_id,
                "id": card.card_id,
                "claims": list(dict.fromkeys(claim.tick for claim in card.shown)),
            }
            for card in question.preview.cards
            if card.query_id in consent.parts
        ],
        "continue_at": sent.continue_at,
        "continue_refused": sent.continue_refused,
    }
    lines = [telling.word("done", language)]
    if sent.continue_at is not None:
        lines.append(telling.word("continue", language, url=sent.continue_at))
    if sent.continue_refused:
        lines.append(telling.word("continue_refused", language))
    console.out(shape, lines)
    return ExitCode.OK


@app.command()
@on_a_wallet
def screen(
    opening: Opening,
    card_id: CardId,
    *,
    claims: Annotated[str, typer.Option("--claims", help="What to show, with commas between.")],
    code: Annotated[
        str | None, typer.Option("--code", help="The six digits of the other person's page.")
    ] = None,
) -> None:
    """Make a code for somebody in front of you, good for a few minutes."""
    names = [name.strip() for name in claims.split(",") if name.strip()]
    if not names:
        raise UsageFailedError(
            "--claims names nothing to show.", hint="Look at it with `carnet wallet show`."
        )
    with opening.wallet() as wallet:
        shown = wallet.screen(card_id, claims=names, code=code, now=system_now())
    if shown.copy_seen_before:
        opening.console.say(telling.word("seen", opening.language))
    opening.console.out(
        {"id": card_id, "claims": list(shown.claims), "text": shown.text}, shown.text
    )


@app.command()
@on_a_wallet
def history(opening: Opening) -> None:
    """What you showed to whom, newest first."""
    with opening.wallet() as wallet:
        showings = wallet.history()
    shapes = [
        {
            "at": showing.at,
            "asker": {"name": showing.asker_name, "known": showing.known, "id": showing.asker},
            "outcome": showing.outcome.value,
            "certificates": [
                {"id": card.card_id, "claims": list(card.parts)} for card in showing.cards
            ],
        }
        for showing in showings
    ]
    if not showings:
        opening.console.say(telling.word("nothing_shown_yet", opening.language))
    opening.console.out(shapes, telling.history_lines(showings, opening.language))


def _tell_missing(question: Question, console: Console, language: str) -> None:
    """Tell her which part fails; the asker learns no more than a plain no, once she agrees."""
    for line in telling.missing_lines(question.missing, question.asker, language):
        console.say(line)


def _preview_lines(
    wallet: Wallet, question: Question, preview: Preview, language: str
) -> list[str]:
    issuers = {
        card.issuer: wallet.issuer_name(card.issuer, lang=language).text for card in preview.cards
    }
    host = host_name(urlsplit(preview.answer_goes_to).netloc).text
    choices = {
        query_id: {name: telling.card_name(wallet.card(name), language) for name in card_ids}
        for query_id, card_ids in question.choices.items()
    }
    lines = telling.preview_lines(
        preview, issuers=issuers, host=host, choices=choices, lang=language
    )
    if any(len(names) > 1 for names in choices.values()):
        lines.append(telling.word("use", language))
    return lines


def _read_trust(file: Path) -> bytes:
    """A file of organisations, refused before the passphrase is worked on when it is none."""
    data = read_at_most(file, MAX_FILE_BYTES)
    with content_of(file):
        parse_trust_file(data)
    return data


def _choice(use: Sequence[str]) -> dict[str, list[str]] | None:
    choice: dict[str, list[str]] = {}
    for pair in use:
        part, equals, card_id = pair.partition("=")
        if not (part and equals and card_id):
            raise UsageFailedError(
                "--use takes PART=ID, as the preview names them.",
                hint="Look at the preview: it names each part and certificate.",
            )
        choice.setdefault(part, []).append(card_id)
    return choice or None


def _card_json(card: Card) -> dict[str, Any]:
    return {"id": card.card_id, "type": card.vct, "issuer": card.issuer}


def _name_json(name: CardName) -> dict[str, Any]:
    return {"title": dict(name.about), "month": name.month}


def _standing_json(standing: CardStanding) -> dict[str, Any]:
    return {"state": standing.state.value, "checked_at": standing.checked_at}


def _asker_json(question: Question) -> dict[str, Any]:
    asker = question.asker
    known = asker.kind is AskerKind.KNOWN
    return {"asker": {"name": asker.name, "known": known, "id": asker.client_id}}


def _title(card: Card, language: str) -> str:
    return telling.title_of(card.labels.title, language)
