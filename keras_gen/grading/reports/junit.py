"""Grades as JUnit XML, which continuous integration shows."""

from collections.abc import Sequence
from xml.etree import ElementTree

from keras_gen.grading.results import CheckResult, SubmissionResult, box_told
from keras_gen.grading.text import number, one_line, plain

# The submission was wrong; all else is that it did not come to an answer.
FAILURES = ("failed", "missing")


def xml(results: Sequence[SubmissionResult], title: str = "Grades") -> bytes:
    """One suite a submission, one case a check and backend; no times, which differ.

    Example:
        >>> asked = ["vae"], ["jax"], 0, "none", {}
        >>> one = SubmissionResult("ada", "", *asked, status="missing")
        >>> b'<skipped message="missing"' in xml([one])
        True
    """
    top = ElementTree.Element("testsuites", name=plain(title))
    for result in results:
        suite = ElementTree.SubElement(top, "testsuite", name=plain(result.id))
        about = ElementTree.SubElement(suite, "properties")
        box = box_told(result.tier)
        ElementTree.SubElement(about, "property", name="box", value=plain(box))
        kinds = [_case(suite, result.id, check) for check in result.checks]
        if result.status != "graded":
            kinds.append(_whole(suite, result))
        suite.set("tests", str(len(kinds)))
        for kind, plural in (("failure", "failures"), ("error", "errors")):
            suite.set(plural, str(kinds.count(kind)))
        suite.set("skipped", str(kinds.count("skipped")))
    ElementTree.indent(top, " ")
    made = ElementTree.tostring(top, encoding="utf-8", xml_declaration=True)
    return made + b"\n"


def _case(suite, name: str, check: CheckResult) -> str:
    case = ElementTree.SubElement(suite, "testcase")
    case.set("classname", plain(f"{name}.{check.set}.{check.backend}"))
    points = f"{number(check.points)} points"
    case.set("name", plain(f"{check.name}: {check.check} ({points})"))
    if check.verdict == "passed":
        return "passed"
    kind = "failure" if check.verdict in FAILURES else "error"
    fault = ElementTree.SubElement(case, kind, type=check.verdict)
    fault.set("message", one_line(check.message))
    fault.text = plain(check.message, "\n")
    if check.student_output:
        output = ElementTree.SubElement(case, "system-out")
        output.text = plain(check.student_output, "\n")
    return kind


def _whole(suite, result: SubmissionResult) -> str:
    case = ElementTree.SubElement(suite, "testcase")
    case.set("classname", plain(result.id))
    case.set("name", "submission")
    kind = "skipped" if result.status == "missing" else "error"
    fault = ElementTree.SubElement(case, kind)
    fault.set("message", one_line(f"{result.status} {result.message}".strip()))
    return kind
