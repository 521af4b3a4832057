"""Class lists as people make them: every row accounted for, none lost, none guessed at."""

import codecs
import csv
import io
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from carnet_issuer.class_list.reading import ClassList, read_class_list
from carnet_issuer.class_list.rejected_file import rejected_csv
from carnet_issuer.class_list.table import MAX_CELL_CHARACTERS, MAX_FILE_BYTES, MAX_ROWS
from carnet_issuer.errors import ClassListError
from support import shared

HEADER = "Nom;Prénom;Courriel;Mobile;Résultat;Heures"
GOOD = "Abélia;Maïssa;m@example.org;06 99 00 10 01;acquis;14"


def read(*rows: str, header: str = HEADER) -> ClassList:
    return read_class_list("\n".join([header, *rows]).encode())


def faults(found: ClassList) -> list[tuple[int, str]]:
    return [(row.row, row.fault.value) for row in found.rejected]


def balanced(found: ClassList) -> bool:
    return len(found.people) + len(found.rejected) + found.blank == found.rows


def workbook(*sheets: tuple[str, list[list[object]]]) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


class TestSamples:
    folder = shared.data("samples")

    def test_the_clean_list_comes_in_whole(self) -> None:
        found = read_class_list((self.folder / "class-list.csv").read_bytes())
        assert (len(found.people), faults(found), found.blank) == (30, [], 0)
        assert found.columns_json()["delimiter"] == ","

    def test_the_list_as_people_make_it(self) -> None:
        found = read_class_list((self.folder / "class-list-as-people-make-them.csv").read_bytes())
        assert found.columns_json() | {"used": None} == {
            "header_row": 3,
            "used": None,
            "left_out": [],
            "never": [],
            "sheet": None,
            "encoding": "Windows-1252",
            "delimiter": ";",
        }
        assert faults(found) == [
            (9, "duplicate"),
            (14, "hours_not_a_number"),
            (16, "formula"),
            (18, "result_missing"),
            (20, "given_name_missing"),
            (32, "name_damaged"),
            (33, "name_damaged"),
        ]
        assert (len(found.people), found.blank, found.rows) == (23, 2, 32)
        notes = {each.row: each.person.notes for each in found.people if each.person.notes}
        assert notes == {10: ("phone_zero_restored",), 12: ("email_absent",)}

    def test_the_workbook_as_people_make_it(self) -> None:
        found = read_class_list((self.folder / "class-list-as-people-make-them.xlsx").read_bytes())
        assert found.sheet.name == "Groupe B"
        assert faults(found) == [
            (9, "duplicate"),
            (14, "hours_not_a_number"),
            (16, "formula"),
            (18, "result_missing"),
            (20, "given_name_missing"),
        ]
        assert (len(found.people), found.blank, found.rows) == (25, 2, 32)
        names = {each.person.family_name for each in found.people}
        assert "BŮŽEK" in names


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_encodings_and_separators(encoding: str, delimiter: str) -> None:
    text = f"{HEADER}\r\n{GOOD}\r\n".replace(";", delimiter)
    found = read_class_list(text.encode(encoding))
    (only,) = found.people
    assert (only.person.family_name, only.person.given_name) == ("Abélia", "Maïssa")
    assert (only.person.hours, only.person.result) == (14, "acquis")


def test_quoted_fields_and_the_rows_a_spreadsheet_shows() -> None:
    found = read('"Abélia";"Maï ssa";"m@example.org";"06\n99 00 10 01";acquis;14', "Un;;;;acquis;")
    assert [each.row for each in found.people] == [2]
    assert found.people[0].person.phone == "06 99 00 10 01"
    assert faults(found) == [(3, "given_name_missing")]


@pytest.mark.parametrize(
    "header",
    [
        "nom,prenom",
        "Last name,First name",
        "FAMILY NAME,GIVEN NAME",
        "Nom de famille,Prénom(s)",
        "  Nom  ,  Prénom :  ",
        "Surname,Forename",
    ],
)
def test_headings_in_both_languages(header: str) -> None:
    assert len(read("Abélia,Maïssa", header=header).people) == 1


def test_what_no_certificate_may_carry_is_left_out_and_named() -> None:
    header = "Nom;Prénom;Date de naissance;Nationalité;N° sécurité sociale;Groupe"
    found = read("Abélia;Maïssa;01/01/1990;FR;1 90 01 75 001 001 01;B", header=header)
    assert found.columns.never == ("Date de naissance", "Nationalité", "N° sécurité sociale")
    assert found.columns.left_out == ("Groupe",)
    (only,) = found.people
    assert "1990" not in str(only.person.to_json())


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (";Maïssa;m@example.org;;acquis;14", "name_missing"),
        ("Abélia;;m@example.org;;acquis;14", "given_name_missing"),
        ("=1+1;Maïssa;;;acquis;14", "formula"),
        ("'=HYPERLINK(1);Maïssa;;;acquis;14", "formula"),
        (" =cmd|x;Maïssa;;;acquis;14", "formula"),
        ("@SUM(1);Maïssa;;;acquis;14", "formula"),
        ("+cmd;Maïssa;;;acquis;14", "formula"),
        ("-cmd;Maïssa;;;acquis;14", "formula"),
        ("Abélia;Maïssa;=x;;acquis;14", "formula"),
        ("Abélia;Maïssa;;=1+2;acquis;14", "formula"),
        ("Abélia;Maïssa;;;=acquis;14", "formula"),
        ("Abélia;Maïssa;;;acquis;=7*2", "formula"),
        ("Nguy?n;Thi;;;acquis;14", "name_damaged"),
        ("B�žek;José;;;acquis;14", "name_damaged"),
        ("AbÃ©lia;Maïssa;;;acquis;14", "name_damaged"),
        ('"Ab&eacute;lia";Maïssa;;;acquis;14', "name_damaged"),
        ("Abélia2;Maïssa;;;acquis;14", "name_not_text"),
        ("<b>Abélia</b>;Maïssa;;;acquis;14", "name_not_text"),
        ("{{7*7}};Maïssa;;;acquis;14", "name_not_text"),
        ("Abélia\u202e;Maïssa;;;acquis;14", "name_not_text"),
        ("Abé\u200blia;Maïssa;;;acquis;14", "name_not_text"),
        ("x" * 101 + ";Maïssa;;;acquis;14", "name_not_text"),
        ("Abélia;Maïssa;m@;;acquis;14", "email_malformed"),
        ("Abélia;Maïssa;m@example;;acquis;14", "email_malformed"),
        ("Abélia;Maïssa;a@b.fr, c@d.fr;;acquis;14", "email_malformed"),
        ("Abélia;Maïssa;;appeler le soir;acquis;14", "phone_malformed"),
        ("Abélia;Maïssa;;;;14", "result_missing"),
        ("Abélia;Maïssa;;;15/20;14", "result_unknown"),
        ("Abélia;Maïssa;;;non acquis;14", "result_not_passed"),
        ("Abélia;Maïssa;;;ABSENTE;14", "result_not_passed"),
        ("Abélia;Maïssa;;;échec;14", "result_not_passed"),
        ("Abélia;Maïssa;;;acquis;quatorze", "hours_not_a_number"),
        ("Abélia;Maïssa;;;acquis;0", "hours_not_a_number"),
        ("Abélia;Maïssa;;;acquis;-3", "hours_not_a_number"),
        ("Abélia;Maïssa;;;acquis;99999", "hours_not_a_number"),
        ("Abélia;Maïssa;;;acquis;1e3", "hours_not_a_number"),
        ("Abélia;Maïssa;;;acquis;14;plus", "too_many_cells"),
    ],
)
def test_a_bad_row_is_refused_with_its_number(row: str, fault: str) -> None:
    found = read(GOOD, "", row, ";;;;;", "Roux;Zoé;;;acquis;21")
    assert faults(found) == [(4, fault)]
    assert len(found.people) == 2
    assert found.blank == 2
    assert balanced(found)
    shape = found.rejected[0].to_json()
    assert shape["row"] == 4
    assert shape["reason"]
    assert shape["reason_fr"]
    assert "Abélia" not in str(shape)


@pytest.mark.parametrize("mail", ["", "-", "pas de mail", "aucun", "N/A", "Sans"])
def test_a_missing_address_is_no_fault(mail: str) -> None:
    (only,) = read(f"Abélia;Maïssa;{mail};;acquis;14").people
    assert only.person.email is None


@pytest.mark.parametrize(
    ("result", "is_there"),
    [("acquis", True), ("non acquis", True), ("", True), ("15/20", True), ("Absente", False)],
)
def test_attendance_does_not_depend_on_the_result(result: str, is_there: bool) -> None:
    text = f"{HEADER}\nAbélia;Maïssa;;;{result};14"
    found = read_class_list(text.encode(), attendance=True)
    assert len(found.people) == int(is_there)
    assert [each.person.result for each in found.people] == [None] * int(is_there)


@pytest.mark.parametrize(
    ("hours", "value"), [("14", 14), ("14,5", 14.5), ("14.50", 14.5), ("21 h", 21), ("7 heures", 7)]
)
def test_hours_in_figures(hours: str, value: float) -> None:
    (only,) = read(f"Abélia;Maïssa;;;acquis;{hours}").people
    assert only.person.hours == value


@pytest.mark.parametrize(
    ("first", "second", "is_duplicate"),
    [
        ("Abélia;Maïssa;a@x.fr", "ABELIA;maissa;A@X.FR", True),
        ("Abélia;Maïssa;a@x.fr", "Abélia;Maïssa;", True),
        ("Abélia;Maïssa;", "Abélia;Maïssa;", True),
        ("O'Connor;Ana;", "O’Connor;Ana;", True),
        ("Abélia;Maïssa;a@x.fr", "Abélia;Maïssa;b@x.fr", False),
        ("Abélia;Maïssa;a@x.fr", "Abélia;Léa;a@x.fr", False),
    ],
)
def test_rows_about_one_person(first: str, second: str, is_duplicate: bool) -> None:
    found = read(first, second, header="Nom;Prénom;Mail")
    assert faults(found) == ([(3, "duplicate")] if is_duplicate else [])


def test_a_row_that_was_refused_speaks_for_nobody() -> None:
    rows = ("A;B;one@x.fr", "A;B;", "A;B;two@x.fr", "A;B;TWO@x.fr")
    assert faults(read(*rows, header="Nom;Prénom;Mail")) == [(3, "duplicate"), (5, "duplicate")]


def test_the_office_may_say_that_a_row_is_another_person() -> None:
    data = b"Nom;Prenom\nA;B\nA;B\nA;B\n"
    found = read_class_list(data, another={3})
    assert ([each.row for each in found.people], faults(found)) == ([2, 3], [(4, "duplicate")])


@pytest.mark.parametrize("title", [0, 3, 49])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_E08_as_many_rows_as_it_says(title: int, kind: str) -> None:
    """Counted below the headings, wherever these stand."""

    def listed(people: int) -> bytes:
        named = [("Nom", "Prénom"), *((f"N{_letters(n)}", "P") for n in range(people))]
        above = [("Groupe B", "")] * title
        if kind == "xlsx":
            return workbook(("Liste", [list(row) for row in [*above, *named]]))
        return "\n".join(";".join(row) for row in [*above, *named]).encode()

    assert len(read_class_list(listed(MAX_ROWS)).people) == MAX_ROWS
    with pytest.raises(ClassListError) as caught:
        read_class_list(listed(MAX_ROWS + 1))
    assert caught.value.kind == "too_large"


@pytest.mark.parametrize(
    ("heading", "fault"),
    [
        ("Nom", "name_not_text"),
        ("Prénom", "name_not_text"),
        ("Nom d'usage", "name_not_text"),
        ("Mail", "email_malformed"),
        ("Mobile", "phone_malformed"),
        ("Résultat", "result_unknown"),
        ("Heures", "hours_not_a_number"),
    ],
)
@pytest.mark.parametrize("value", [True, False])
def test_a_truth_value_is_nothing_of_a_person(heading: str, fault: str, value: bool) -> None:
    row: dict[str, object] = {"Nom": "A", "Prénom": "B"} | {heading: value}
    found = read_class_list(workbook(("Liste", [list(row), list(row.values())])))
    assert faults(found) == [(2, fault)]


def test_the_sheets_there_are_are_listed() -> None:
    rows: list[list[object]] = [["Nom", "Prénom"], ["A", "B"]]
    with pytest.raises(ClassListError) as caught:
        read_class_list(workbook(("Groupe A", rows), ("Groupe B", rows)), sheet="Nope")
    assert caught.value.hint == "Its sheets: Groupe A, Groupe B."
    with pytest.raises(ClassListError) as caught:
        read_class_list(b"Nom;Prenom\nA;B\n", sheet="Nope")
    assert "--sheet" in caught.value.hint


def test_a_usual_name_may_be_given() -> None:
    (one, two) = read("A;B;Zed", "C;D;", header="Nom;Prénom;Nom d'usage").people
    assert (one.person.usual_name, two.person.usual_name) == ("Zed", "D C")


class TestWholeFileRefused:
    """E06: a file that cannot be a class list is refused as a whole, with a hint."""

    @pytest.mark.parametrize(
        ("data", "kind"),
        [
            (b"", "malformed"),
            (b"\x00\x01\x02", "malformed"),
            (b"Nom;Pr\x00nom\nA;B", "malformed"),
            (b"Nom;Pr\x81nom\nA;B", "malformed"),
            (codecs.BOM_UTF16_LE + b"\x00", "malformed"),
            (b'Nom;Pr\xc3\xa9nom\nA;"B\nC;D\n', "malformed"),
            (b'Nom;Pr\xc3\xa9nom\nA;"B"C\n', "malformed"),
            (b"Nom\nA\nB", "malformed"),
            (b"one;two\n1;2", "malformed"),
            (b"Nom;Nom;Pr\xc3\xa9nom\nA;B;C", "malformed"),
            (b"Nom;Pr\xc3\xa9nom;mail;e-mail\nA;B;C;D", "malformed"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 100, "unsupported_version"),
            (b"PK\x03\x04" + b"x" * 100, "malformed"),
            (b"a" * (MAX_FILE_BYTES + 1), "too_large"),
            (b"Nom;Pr\xc3\xa9nom\n" + b"A;B\n" * (MAX_ROWS + 1), "too_large"),
            (b"Nom;Pr\xc3\xa9nom\nA;" + b"B" * (MAX_CELL_CHARACTERS + 1), "too_large"),
            (b"Nom;Pr\xc3\xa9nom\nA;B" + b";" * 100, "too_large"),
        ],
    )
    def test_E06_text(self, data: bytes, kind: str) -> None:
        with pytest.raises(ClassListError) as caught:
            read_class_list(data)
        assert caught.value.kind == kind
        assert caught.value.hint

    def test_E06_at_the_limit_it_is_read(self) -> None:
        rows = [f"A{_letters(n)};B" for n in range(MAX_ROWS)]
        assert len(read(*rows, header="Nom;Prénom").people) == MAX_ROWS

    def test_E06_zip_bomb(self) -> None:
        bomb = _rezip(workbook(("x", [["Nom", "Prénom"]])), "xl/worksheets/sheet2.xml", 30)
        assert len(bomb) < 100_000
        with pytest.raises(ClassListError) as caught:
            read_class_list(bomb)
        assert caught.value.kind == "too_large"

    def test_E06_zip_that_lies_about_its_size(self) -> None:
        data = bytearray(workbook(("x", [["Nom", "Prénom"]])))
        for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
            at = data.find(mark)
            while at >= 0:
                data[at + offset : at + offset + 4] = (1).to_bytes(4, "little")
                at = data.find(mark, at + 4)
        with pytest.raises(ClassListError) as caught:
            read_class_list(bytes(data))
        assert caught.value.kind in {"malformed", "too_large"}

    def test_E06_entity_bomb(self) -> None:
        entity = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
        with pytest.raises(ClassListError) as caught:
            read_class_list(_with_part(workbook(("x", [["Nom"]])), "xl/sharedStrings.xml", entity))
        assert caught.value.kind == "malformed"

    @pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
    def test_E06_broken_workbook(self, part: str) -> None:
        good = workbook(("x", [["Nom", "Prénom"], ["A", "B"]]))
        with pytest.raises(ClassListError) as caught:
            read_class_list(_with_part(good, part, b"<oops"))
        assert caught.value.kind == "malformed"

    def test_E06_a_row_number_from_nowhere_costs_nothing(self) -> None:
        sheet = (
            b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
            b'<dimension ref="A1:XFD1048576"/><sheetData><row r="1048576">'
            b'<c r="A1048576"><v>1</v></c></row></sheetData></worksheet>'
        )
        with pytest.raises(ClassListError) as caught:
            read_class_list(
                _with_part(workbook(("x", [["Nom"]])), "xl/worksheets/sheet1.xml", sheet)
            )
        assert caught.value.kind == "too_large"


PEOPLE: list[list[object]] = [["Nom", "Prénom", "Heures"], ["Abélia", "Maïssa", 14.0]]


class TestWorkbooks:
    def test_the_sheet_with_the_header_is_found(self) -> None:
        found = read_class_list(workbook(("Notes", [["salle 12"]]), ("Groupe", PEOPLE)))
        assert found.sheet.name == "Groupe"
        assert found.people[0].person.hours == 14

    def test_two_classes_in_one_workbook_are_not_guessed_at(self) -> None:
        data = workbook(("A", PEOPLE), ("B", PEOPLE))
        with pytest.raises(ClassListError) as caught:
            read_class_list(data)
        assert caught.value.kind == "conflict"
        assert read_class_list(data, sheet="B").sheet.name == "B"
        with pytest.raises(ClassListError) as caught:
            read_class_list(data, sheet="C")
        assert caught.value.kind == "not_found"

    def test_hidden_sheets_are_not_read(self) -> None:
        book = load_workbook(io.BytesIO(workbook(("A", PEOPLE), ("B", PEOPLE))))
        book.worksheets[0].sheet_state = "hidden"
        out = io.BytesIO()
        book.save(out)
        assert read_class_list(out.getvalue()).sheet.name == "B"

    @pytest.mark.parametrize(
        ("cells", "fault"),
        [
            (["=1+1", "B", 14], "formula"),
            ([date(2026, 5, 1), "B", 14], "name_not_text"),
            ([12, "B", 14], "name_not_text"),
            ([True, "B", 14], "name_not_text"),
            (["A", "B", "quatorze"], "hours_not_a_number"),
            (["A", "B", -1], "hours_not_a_number"),
            (["A", "B", date(2026, 5, 1)], "hours_not_a_number"),
        ],
    )
    def test_cells_of_other_kinds(self, cells: list[object], fault: str | None) -> None:
        found = read_class_list(workbook(("x", [["Nom", "Prénom", "Heures"], cells])))
        assert faults(found) == ([] if fault is None else [(2, fault)])


class TestRejectedRowsAsFile:
    def test_E07_nothing_in_it_runs_as_a_formula(self) -> None:
        found = read(
            '=HYPERLINK("http://127.0.0.1");Ana;;;acquis;14',
            "+cmd|x;Ana;;;acquis;14",
            "-2+3;Ana;;;acquis;14",
            "@SUM(A1);Ana;;;acquis;14",
            '"\t=1";Ana;;;acquis;14',
            '"\r=1";Ana;;;acquis;14',
            "＝1;Ana;;;acquis;14",
        )
        text = rejected_csv(found, list(found.rejected)).decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
        assert len(rows) == len(found.rejected) + 1 == 8
        runs = ("=", "+", "-", "@", "\t", "\r", "＝")
        assert not [cell for row in rows for cell in row if cell.startswith(runs)]

    def test_it_can_be_corrected_and_read_again(self) -> None:
        found = read("Abélia;;m@example.org;;acquis;14")
        text = rejected_csv(found, list(found.rejected)).decode("utf-8-sig")
        again = read_class_list(text.replace("Abélia;;", "Abélia;Maïssa;").encode("utf-8-sig"))
        assert len(again.people) == 1
        assert again.columns.left_out == ("Raison / Reason",)


def _letters(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def _with_part(data: bytes, name: str, content: bytes) -> bytes:
    return _rewrite(data, lambda parts: parts | {name: content})


def _rezip(data: bytes, name: str, megabytes: int) -> bytes:
    return _with_part(data, name, b" " * (megabytes * 1024 * 1024))


def _rewrite(data: bytes, change: Callable[[dict[str, bytes]], dict[str, Any]]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {part.filename: archive.read(part) for part in archive.infolist()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in change(parts).items():
            archive.writestr(name, content)
    return out.getvalue()


MIXED = f"{HEADER}\n{GOOD}\n".encode() + "Léa;Zoé;;;acquis;14\n".encode("cp1252")


@pytest.mark.parametrize(
    "data",
    [
        MIXED,
        codecs.BOM_UTF8 + MIXED,
        (b"Liste de la classe\n\n") + MIXED,
        MIXED + "Á;Zoé;;;acquis;14\n".encode(),
        f"{HEADER}\n{GOOD}\n".encode("cp850"),
        f"{HEADER}\nÉtienne;Zoé;;;acquis;14\n".encode("cp850"),
        f"{HEADER}\n{GOOD}\n".encode("mac_roman"),
    ],
    ids=["mixed", "mixed-mark", "mixed-title", "mixed-undefined", "dos", "dos-undefined", "mac"],
)
def test_a_wrong_encoding_is_named_as_such(data: bytes) -> None:
    with pytest.raises(ClassListError) as caught:
        read_class_list(data)
    assert caught.value.kind == "malformed"
    assert "encoding" in caught.value.message
    assert "CSV UTF-8" in caught.value.hint


def test_a_list_without_headings_is_not_blamed_on_its_encoding() -> None:
    with pytest.raises(ClassListError) as caught:
        read_class_list("Léa;Zoé\nÉlodie;Noël\n".encode("cp1252"))
    assert "names the columns" in caught.value.message
