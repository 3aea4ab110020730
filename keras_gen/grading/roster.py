"""The list of students: who is to hand in, and under which id a grade is kept."""

import csv
import fnmatch
import io
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

COLUMNS = {
    "id": "id student_id studentid username user_name user login userid sis_user_id "
    "sis_login_id id_number matriculation_number matrikelnummer",
    "name": "name full_name fullname student student_name",
    "first": "first_name firstname given_name",
    "last": "last_name lastname surname family_name",
    "email": "email e_mail mail email_address",
    "pattern": "file_pattern pattern file files folder submission",
}
LIMIT = 10 << 20


@dataclass(frozen=True)
class Student:
    """A row of the roster.

    Args:
        id: what grades are kept under.
        name: as it stands in reports.
        email: in case a report wants it.
        pattern: of the name of file or folder that is this student's, such as `ada*`.
    """

    id: str
    name: str = ""
    email: str = ""
    pattern: str = ""

    def fits(self, owner: Collection[str], entries: Collection[str]) -> bool:
        """Tell whether a submission is this student's.

        Args:
            owner: what its name says: student's name, number, id.
            entries: names of file or folder.
        """
        if self.pattern:
            return any(fnmatch.fnmatch(name, self.pattern) for name in entries)
        own = {_squeezed(self.id), _squeezed(self.name)}
        own |= {_squeezed(self.email), _squeezed(self.email.split("@")[0])}
        words = self.name.split()
        own.add(_squeezed("".join(words[-1:] + words[:-1])))  # as Canvas writes it
        return bool((own - {""}) & {_squeezed(name) for name in owner})


def _squeezed(text: str) -> str:
    return "".join(text.split()).replace(",", "").casefold()


def read(path: str | Path) -> list[Student]:
    """Read a roster.

    Args:
        path: CSV file with a header: a column `id` (or `student_id`, `username`, …),
            and perhaps `name` (or first and last name), `email` and `file-pattern`.
            Comma, semicolon or tabulator; UTF-8, UTF-16 with its mark, or Windows's.

    Returns:
        The students in the roster's order.

    Raises:
        ValueError: where there is no such file, no such column, an id twice or none.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            content = file.read(LIMIT)
    except OSError as error:
        reason = error.strerror
        raise ValueError(f"Cannot read the roster {str(path)!r}: {reason}.") from None
    rows = _rows(_decoded(content))
    if not rows:
        raise ValueError(f"The roster {path.name!r} is empty.")
    columns = _columns(rows[0])
    if "id" not in columns:
        raise ValueError(
            f"The roster {path.name!r} has no column id, student_id or username; "
            f"its first line is {', '.join(rows[0])}."
        )
    students, lines = [], {}
    for number, row in enumerate(rows[1:], 2):
        get = {
            name: row[i].strip() if i < len(row) else "" for name, i in columns.items()
        }
        student = _student(get, f"The roster {path.name!r}, row {number},")
        key = student.id.casefold()
        if key in lines:
            first = f"rows {lines[key]} and {number}"
            raise ValueError(f"The roster {path.name!r} has {student.id!r} in {first}.")
        lines[key] = number
        students.append(student)
    if not students:
        raise ValueError(f"The roster {path.name!r} names no student.")
    return students


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _rows(text: str) -> list[list[str]]:
    header = text.lstrip().split("\n")[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        return [row for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise ValueError(f"The roster is no CSV file: {error}.") from None


def _columns(header: list[str]):
    found = {}
    for index, title in enumerate(header):
        plain = title.strip().lower().replace(" ", "_").replace("-", "_")
        for name, titles in COLUMNS.items():
            if plain in titles.split():
                found.setdefault(name, index)
    return found


def _student(get: dict[str, str], where: str) -> Student:
    if not get["id"]:
        raise ValueError(f"{where} has no id.")
    name = get.get("name") or f"{get.get('first', '')} {get.get('last', '')}".strip()
    return Student(get["id"], name, get.get("email", ""), get.get("pattern", ""))
