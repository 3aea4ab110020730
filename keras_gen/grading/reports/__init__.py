"""What goes out: tables for teachers and course systems, and pages for people.

The same grades give the same bytes. Times are in `grades.json` alone, under `timings`.
"""

from collections.abc import Collection, Sequence
from pathlib import Path

from keras_gen.grading import text
from keras_gen.grading.intake import safe_name
from keras_gen.grading.reports import (
    cohort_page,
    course_systems,
    junit,
    student_page,
    tables,
)
from keras_gen.grading.results import SubmissionResult
from keras_gen.grading.roster import Student
from keras_gen.plots.files import write_bytes

__all__ = ["write"]


def write(
    results: Sequence[SubmissionResult],
    folder: str | Path,
    roster: Sequence[Student] = (),
    strangers: Collection[str] = (),
    title: str = "Grades",
) -> list[Path]:
    """Write all reports.

    | file | for |
    | --- | --- |
    | `index.html`, `students/ID.html` | people |
    | `grades.csv`, `grades.json` | spreadsheets and programs |
    | `junit.xml` | continuous integration |
    | `gradescope/ID.json`, `canvas.csv`, `moodle.csv` | course systems |

    Args:
        results: one a student, those from whom nothing came among them.
        folder: where the files go; each appears by renaming.
        roster: students, for the email addresses that Moodle asks for.
        strangers: ids that are not on the roster; course systems are not told them.
        title: of the exercise.

    Returns:
        The paths written.

    Raises:
        OSError: where a file cannot be written.

    Example:
        >>> import tempfile
        >>> asked = ["vae"], ["jax"], 0, "none", {}
        >>> one = SubmissionResult("ada", "", *asked, status="missing")
        >>> len(write([one], tempfile.mkdtemp()))
        8
    """
    results = sorted(results, key=lambda result: (result.id in strangers, result.id))
    known = [result for result in results if result.id not in strangers]
    made = {
        "grades.csv": tables.grades_csv(results, strangers),
        "grades.json": tables.grades_json(results, strangers),
        "junit.xml": junit.xml(results, text.plain(title)),
        "canvas.csv": course_systems.canvas_csv(known, title),
        "moodle.csv": course_systems.moodle_csv(known, roster),
    }
    for result in results:
        name = safe_name(result.id)
        made[f"gradescope/{name}.json"] = course_systems.gradescope(result)
        made[f"students/{name}.html"] = student_page.page(result, title)
    made["index.html"] = cohort_page.page(results, title, strangers)
    folder = Path(folder)
    return [write_bytes(folder / name, content) for name, content in made.items()]
