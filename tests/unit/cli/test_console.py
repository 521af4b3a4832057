"""What is written where: data to stdout, talk to stderr, and nothing that steers a terminal."""

import json

import pytest

from carnet_cli.console import Console, printable

STEERING = [
    "\x1b[31m",
    "\x1b]0;title\x07",
    "\x9b2J",
    "\r",
    "\x08",
    "\x00",
    "\x7f",
    "\u202e",
    "\u2066",
    "\u200b",
    "\u200d",
    "\ufeff",
    "\u2028",
    "\u2029",
    "\ud800",
    "\U000e0041",
]


@pytest.mark.parametrize("text", STEERING, ids=ascii)
def test_what_steers_a_terminal_is_replaced(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert not set(printable(f"a{text}b")) & set(text) - set("[]0;title31m2J")
    console = Console(json_output=False)
    console.say(f"a{text}b")
    console.out({}, [f"a{text}b"])
    out, err = capsys.readouterr()
    for said in (out, err):
        assert said.startswith("a\N{REPLACEMENT CHARACTER}")
        assert all(c.isprintable() or c in "\n\t" for c in said)


@pytest.mark.parametrize(
    "text",
    [
        "Vérifié : délivré par l'École",
        "12\u202f000\u00a0€ «\u00a0oui\u00a0»",
        "a\tb\nc",
        "日本語 العربية",
        "",
    ],
)
def test_what_people_write_stays(text: str) -> None:
    assert printable(text) == text


def test_data_goes_to_stdout_and_talk_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    Console(json_output=False).out({"a": 1}, "one line")
    Console(json_output=False).out({"a": 1}, ["two", "lines"])
    Console(json_output=False).say("talk")
    out, err = capsys.readouterr()
    assert (out, err) == ("one line\ntwo\nlines\n", "talk\n")


def test_json_is_one_text_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    Console(json_output=True).out({"fr": "é\n\x1b", "list": [1, None]}, "not this")
    out, err = capsys.readouterr()
    assert json.loads(out) == {"fr": "é\n\x1b", "list": [1, None]}
    assert out.count("\n") == 1
    assert "\x1b" not in out
    assert err == ""


@pytest.mark.parametrize("json_output", [False, True])
def test_no_progress_where_nobody_watches(
    json_output: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with Console(json_output).progress("working", total=3) as advance:
        advance()
        advance(2)
    assert capsys.readouterr() == ("", "")
