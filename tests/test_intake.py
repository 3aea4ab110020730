"""PATHs to submissions; nothing that is handed in may raise, escape or be lost."""

import hashlib
import io
import json
import os
import stat
import zipfile

import pytest

from keras_gen.grading import intake, notebooks, roster, trees

CODE = "x = 1\n"


def notebook(*cells, **more):
    made = [{"cell_type": "code", "source": cell, "metadata": {}} for cell in cells]
    return json.dumps({"cells": made, "nbformat": 4, **more}).encode()


def put(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def zipped(files, **more):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def ids(*paths, **more):
    return [one.id for one in intake.collect(paths, **more).submissions]


def only(*paths):
    (one,) = intake.collect(paths).submissions
    return one


# ---------------------------------------------------------------------------- layouts


def test_a_file_is_a_submission(tmp_path):
    put(tmp_path, {"ada.py": CODE})
    one = only(tmp_path / "ada.py")
    assert (one.id, one.cells, one.labels, one.problem) == ("ada", (CODE,), ("",), "")
    assert one.sha256 == hashlib.sha256(CODE.encode()).hexdigest()


def test_a_notebook_has_cells(tmp_path):
    put(tmp_path, {"ada.ipynb": notebook("a = 1", ["b = 2\n", "c = 3"])})
    one = only(tmp_path / "ada.ipynb")
    assert one.cells == ("a = 1", "b = 2\nc = 3")
    assert one.labels == ("code cell 1", "code cell 2")


LAYOUTS = {
    "files": ({"ada.py": CODE, "bob.ipynb": notebook(CODE)}, ["ada", "bob"]),
    "folders": ({"ada/b.py": CODE, "bob/x/y.py": CODE}, ["ada", "bob"]),
    "hidden": (
        {"ada.py": CODE, ".ipynb_checkpoints/ada.py": CODE, "__MACOSX/a.py": CODE},
        ["ada"],
    ),
    "zips": ({"ada.zip": zipped({"a/b.py": CODE})}, ["ada"]),
    "nbgrader": (
        {"submitted/ada/vae/a.ipynb": notebook(CODE), "submitted/bob/vae/a.py": CODE},
        ["ada", "bob"],
    ),
    "moodle": (
        {
            "Ada Love_123_assignsubmission_file_/a.py": CODE,
            "Bo_7_assignsubmission_file_b.txt": CODE,
        },
        ["Ada_Love_123"],
    ),
    "canvas": (
        {
            "lovelaceada_12_99_a.py": CODE,
            "lovelaceada_LATE_12_98_b.py": CODE,
            "bob_3_4_c.py": CODE,
        },
        ["bob_3", "lovelaceada_12"],
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("is_zip", [False, True])
def test_layouts(layout, is_zip, tmp_path):
    files, expected = LAYOUTS[layout]
    if is_zip:
        path = tmp_path / "all.zip"
        path.write_bytes(zipped({f"top/{name}": text for name, text in files.items()}))
    else:
        path = put(tmp_path / "top", files)
    assert ids(path) == expected


def test_a_folder_and_its_zip_are_the_same_submissions(tmp_path):
    files = {"ada/b.py": "b = 1", "ada/a.py": "a = 1", "bob/a.ipynb": notebook("x")}
    (tmp_path / "all.zip").write_bytes(zipped(dict(reversed(files.items()))))
    folder = intake.collect([put(tmp_path / "all", files)])
    assert folder == intake.collect([tmp_path / "all.zip"])
    assert folder.submissions[0].cells == ("a = 1", "b = 1")
    assert folder.submissions[0].labels == ("a.py", "b.py")


def test_a_zip_that_says_so_is_one_submission(tmp_path):
    files = {"a.py": CODE, "b.py": "y = 2\n"}
    put(tmp_path, {"ada.zip": zipped({**files, intake.ONE: ""})})
    assert only(tmp_path / "ada.zip").cells == (CODE, "y = 2\n")
    assert only(tmp_path / "ada.zip") == only(tmp_path)
    put(tmp_path, {"ada.zip": zipped(files)})
    assert ids(tmp_path / "ada.zip") == ["a", "b"]


def test_of_several_assignments_one_must_be_named(tmp_path):
    put(tmp_path, {"submitted/ada/vae/a.py": CODE, "submitted/ada/gan/a.py": "y = 1"})
    with pytest.raises(ValueError, match="gan, vae"):
        intake.collect([tmp_path])
    (one,) = intake.collect([tmp_path / "submitted"], assignment="gan").submissions
    assert one.cells == ("y = 1",)
    with pytest.raises(ValueError, match="no assignment 'x'"):
        intake.collect([tmp_path], assignment="x")


def test_names_are_made_safe_and_unique(tmp_path):
    files = ["a b.py", "a_b.py", "A_B.py", "-x.py", "con.py", "é\x1b[31m.py", "=1+1.py"]
    found = ids(put(tmp_path, dict.fromkeys(files, CODE)))
    assert len({name.casefold() for name in found}) == len(files)
    assert all(set(name) & set("\x1b =[/") == set() for name in found)
    assert "_con" in found and not any(name.startswith("-") for name in found)


def test_order_of_paths_does_not_matter(tmp_path):
    put(tmp_path, {"1/ada.py": "a = 1", "2/ada.py": "a = 2"})
    paths = [tmp_path / "1" / "ada.py", tmp_path / "2" / "ada.py"]
    assert intake.collect(paths) == intake.collect([*paths[::-1], paths[0]])


@pytest.mark.parametrize("name", ["nothing", "a.docx"])
def test_a_wrong_path_is_told(name, tmp_path):
    put(tmp_path, {"a.docx": "x"})
    with pytest.raises(ValueError, match=name):
        intake.collect([tmp_path / name])
    with pytest.raises(ValueError, match="no .py"):
        intake.collect([tmp_path])


def test_what_is_no_code_is_ignored_and_told(tmp_path):
    put(tmp_path, {"a.py": CODE, "b.docx": "x"})
    assert intake.collect([tmp_path]).ignored == ("b.docx",)


# ---------------------------------------------------------------- rejected, not raised

REJECTED = [
    ("a.py", b"", "no code"),
    ("a.py", "x = 'ä'".encode("latin-1"), "save it as UTF-8"),
    ("a.py", CODE.encode("utf-16"), "UTF-16"),
    ("a.py", CODE.encode("utf-16-le"), "UTF-16"),
    ("a.py", b"#" * (notebooks.CODE_LIMIT + 1), "larger than 1 MiB"),
    ("a.ipynb", b"{", "no JSON"),
    ("a.ipynb", b"[]", "not a JSON object"),
    ("a.ipynb", b"[" * 200_000, "nested"),
    ("a.ipynb", b'{"a":' * 200_000, "nested"),
    ("a.ipynb", b"{}", "no list of cells"),
    ("a.ipynb", b'{"cells": {}}', "no list of cells"),
    ("a.ipynb", b'{"cells": [1]}', "cell 1 is no object"),
    ("a.ipynb", b'{"cells": [{"cell_type": "code", "source": 3}]}', "cell 1 has no"),
    ("a.ipynb", b'{"cells": [{"cell_type": "code", "source": [3]}]}', "cell 1 has"),
    ("a.ipynb", b'{"cells": [{"cell_type": "markdown", "source": "x"}]}', "no code"),
    ("a.ipynb", b'{"x": ' + b"9" * 5000 + b"}", "no JSON"),
    ("a.ipynb", notebook("#" * (notebooks.CODE_LIMIT + 1)), "more than 1 MiB of code"),
    ("a/a.txt", b"x", "holds no .py"),
    ("a.zip", b"PK", "no zip archive"),
    ("a.zip", zipped({"../../etc/a.py": CODE}), "outside"),
    ("a.zip", zipped({"/a.py": CODE}), "outside"),
    ("a.zip", zipped({"C:\\a.py": CODE}), "outside"),
    ("a.zip", zipped({"..\\a.py": CODE}), "outside"),
    ("a.zip", zipped({"x/" * 20 + "a.py": CODE}), "too many folders"),
    ("a.zip", zipped({"a.py": b"#" * 2_000_000}), "larger than"),
    ("a.zip", zipped({"a.ipynb": b" " * 15_000_000}), "beyond belief"),
    ("a.zip", zipped({"a": CODE, "a/b.py": CODE}), "file and as a folder"),
    ("a.zip", zipped({"a/b.py": CODE, "a": CODE}), "twice|file and as a folder"),
    ("a.zip", zipped({f"{i}.py": CODE for i in range(60)}), "more than 50"),
    ("a.zip", zipped({"a.txt": CODE}), "holds no .py"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "reason"), REJECTED, ids=range(len(REJECTED))
)
def test_rejected_with_one_sentence(name, content, reason, tmp_path):
    one = only(put(tmp_path / "top", {name: content}))
    assert one.id == "a" and one.cells == ()
    assert __import__("re").search(reason, one.problem)
    assert one.problem.count("\n") == 0 and one.problem.endswith(".")
    assert str(tmp_path) not in one.problem


def test_an_outer_zip_that_is_broken_is_rejected_too(tmp_path):
    put(tmp_path, {"all.zip": b"PK\5\6"})
    assert "no zip archive" in only(tmp_path / "all.zip").problem


def member(name, kind=0, flags=0, content=CODE):
    info = zipfile.ZipInfo(name)
    info.external_attr = (kind | 0o644) << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(info, content)
    data = buffer.getvalue()
    if flags:  # in the local and in the central header
        for mark, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
            at = data.index(mark) + place
            data = data[:at] + bytes([flags]) + data[at + 1 :]
    return data


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (member("a.py", stat.S_IFLNK, content="/etc/passwd"), "is a link"),
        (member("a.py", flags=1), "encrypted"),
        (member("a.py").replace(b"x = 1", b"x = 2"), "cannot be unpacked"),
    ],
)
def test_odd_members_are_rejected(content, reason, tmp_path):
    assert reason in only(put(tmp_path / "top", {"a.zip": content})).problem


def test_a_name_twice_in_a_zip_is_rejected(tmp_path):
    buffer = io.BytesIO()
    with pytest.warns(UserWarning), zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.py", CODE)
        archive.writestr("a.py", "x = 2")
    one = only(put(tmp_path / "top", {"a.zip": buffer.getvalue()}))
    assert "holds a.py twice" in one.problem


@pytest.mark.skipif(os.name == "nt", reason="links and pipes of POSIX")
def test_links_and_devices_are_rejected_unread(tmp_path):
    put(tmp_path, {"secret.py": CODE, "top/bob.py": CODE, "dir/x.py": CODE})
    top = tmp_path / "top"
    (top / "ada.py").symlink_to(tmp_path / "secret.py")
    (top / "dan.py").symlink_to(tmp_path / "dir")
    (top / "loop.py").symlink_to("loop.py")
    os.mkfifo(top / "eve.py")
    found = {one.id: one for one in intake.collect([top]).submissions}
    assert list(found) == ["ada", "bob", "dan", "eve", "loop"]
    assert [bool(one.problem) for one in found.values()] == [1, 0, 1, 1, 1]
    assert found["ada"].cells == () and "link" in found["ada"].problem
    assert "regular" in found["eve"].problem
    assert "link" in only(top / "ada.py").problem


def test_too_many_files_are_one_error(tmp_path, monkeypatch):
    monkeypatch.setattr(trees, "MEMBERS", 3)
    put(tmp_path, {f"{i}.py": CODE for i in range(5)})
    with pytest.raises(ValueError, match="too many"):
        intake.collect([tmp_path])


# ----------------------------------------------------------------------------- roster


def students(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "roster.csv"
    path.write_bytes(text.encode(encoding))
    return roster.read(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_rosters_come_in_many_shapes(encoding, delimiter, tmp_path):
    text = 'Student ID,Full-Name,E-Mail\r\n7,Zoë,z@b.c\r\n\r\n8,"Li",\r\n'
    found = students(tmp_path, text.replace(",", delimiter), encoding)
    assert found == [
        roster.Student("7", "Zoë", "z@b.c"),
        roster.Student("8", "Li", ""),
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("id\n", "names no student"),
        ("who,email\na,b\n", "no column id"),
        ("id,name\nada,A\nADA,B\n", "rows 2 and 3"),
        ("id,name\n,A\n", "row 2, has no id"),
    ],
)
def test_a_bad_roster_is_told_in_one_sentence(text, reason, tmp_path):
    with pytest.raises(ValueError, match=reason):
        students(tmp_path, text)
    with pytest.raises(ValueError, match="Cannot read the roster"):
        roster.read(tmp_path / "none.csv")


def test_the_roster_names_who_is_missing_and_who_is_a_stranger(tmp_path):
    known = students(
        tmp_path,
        "id,name,email,file-pattern\n"
        "1,Ada Love,ada@x.y,\n2,Bob,bob@x.y,\n3,Cy,,group_c*\n4,Dan,,\n123,Eve,,\n",
    )
    names = ["loveada_9_8_a.py", "BOB.py", "group_c_final.ipynb", "zed.py"]
    files = {name: notebook(CODE) if "ipynb" in name else CODE for name in names}
    files["Somebody_123_assignsubmission_file_/a.py"] = CODE
    found = intake.collect([put(tmp_path / "top", files)], known)
    assert {one.id: one.name for one in found.submissions} == {
        "1": "Ada Love", "2": "Bob", "3": "Cy", "123": "Eve", "zed": "",
    }  # fmt: skip
    assert [student.id for student in found.missing] == ["4"]
    assert found.strangers == ("zed",)


def test_a_stranger_cannot_take_a_students_id(tmp_path):
    known = students(tmp_path, "id,file-pattern\nada,x*\n")
    found = intake.collect([put(tmp_path / "t", {"ada.py": CODE, "x.py": CODE})], known)
    assert [one.id for one in found.submissions] == ["ada", "ada-2"]
    assert found.submissions[0].files == ("x.py",)


def test_two_submissions_of_a_student_are_an_error(tmp_path):
    known = students(tmp_path, "id\nada\n")
    put(tmp_path / "top", {"ada.py": CODE, "ada.ipynb": notebook(CODE)})
    with pytest.raises(ValueError, match="Two submissions are ada's"):
        intake.collect([tmp_path / "top"], known)
    known = students(tmp_path, "id,pattern\nada,*\nbob,*\n")
    with pytest.raises(ValueError, match="ada and bob"):
        intake.collect([tmp_path / "top"], known)


@pytest.mark.parametrize("files", [["ada.zip", "bob.py"], ["ada/a.py", "bob/b.ipynb"]])
def test_a_folder_called_submitted_need_not_be_nbgrader_s(tmp_path, files):
    """The README grades one, of what `keras-gen submit` has made."""
    for name in files:
        path = tmp_path / "submitted" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".zip"):
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("02_autoencoders.py", "a = 1")
        else:
            path.write_text("{}" if name.endswith("ipynb") else "a = 1")
    for folder in (tmp_path / "submitted", tmp_path):
        found = intake.collect([folder]).submissions
        assert [one.id for one in found] == ["ada", "bob"]
