"""Text that files hold, made harmless: on a terminal, and in a document."""

import re

LONGEST = 1_000

# Control characters, and those that turn the direction of the text around them.
_NOT_IN_DOCUMENTS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def for_terminal(text: str, *, longest: int = LONGEST) -> str:
    r"""Return `text` line by line, with every sign that could steer a terminal written as its code.

    Lines longer than `longest` are cut in their middle, which says how much is left out.

    Examples
    --------
    >>> print(for_terminal("red: \x1b[31m"))
    red: \x1b[31m
    >>> for_terminal("a" * 50, longest=10)
    'aaaaa ... (40 characters) ... aaaaa'
    """
    return "\n".join(_line(line, longest) for line in text.split("\n"))


def for_document(text: str) -> str:
    r"""Return `text` with a space for every character that no document may hold; its lines stay.

    Examples
    --------
    >>> for_document("red: \x1b[31m")
    'red:  [31m'
    """
    return _NOT_IN_DOCUMENTS.sub(" ", text.replace("\r\n", "\n"))


def _line(line: str, longest: int) -> str:
    if len(line) > longest:
        half = longest // 2
        line = f"{line[:half]} ... ({len(line) - 2 * half} characters) ... {line[-half:]}"
    return line if line.isprintable() else "".join(s if s.isprintable() else ascii(s)[1:-1] for s in line)
