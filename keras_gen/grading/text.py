"""What came out of a box, made harmless before it reaches terminal or file."""

import unicodedata

# Cc: controls (escape sequences), Cf: formats (right-to-left marks), Cs: lone
# surrogates, Co and Cn: private use and nothing at all, Zl and Zp: line ends.
HARMFUL = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "|", "%")


def plain(text: str, keep: str = "") -> str:
    """Spell out each character that a terminal, a CSV or an XML file may act upon.

    Args:
        text: anything.
        keep: of those characters, which to leave, such as `"\\n"`.

    Example:
        >>> print(plain("a\\x1b[31m\\u202e\\ud800b"))
        a\\x1b[31m\\u202e\\ud800b
    """
    return "".join(
        character
        if character in keep or unicodedata.category(character) not in HARMFUL
        else character.encode("unicode_escape", "surrogatepass").decode("ascii")
        for character in str(text)
    )


def one_line(text: str) -> str:
    """As `plain`, with each space and each end of a line as one space.

    Example:
        >>> one_line(" a\\n  b\\x07")
        'a b\\\\x07'
    """
    return plain(" ".join(str(text).split()))


def cell(value) -> str:
    """A value for a CSV file: no spreadsheet takes it for a formula.

    Example:
        >>> cell('=HYPERLINK("http://a.b")'), cell(3.5), cell(None)
        ('\\'=HYPERLINK("http://a.b")', '3.5', '')
    """
    if value is None:
        return ""
    if isinstance(value, int | float):
        return number(value)
    text = one_line(value)
    return f"'{text}" if text.startswith(FORMULAS) else text


def number(value: float | None) -> str:
    """Points as people write them; an empty string for no grade.

    Example:
        >>> number(100.0), number(33.3), number(None)
        ('100', '33.3', '')
    """
    return "" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")
