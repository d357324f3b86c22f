"""Text that files hold, made harmless and short enough to print."""

LONGEST = 1_000


def printable(text: str, *, longest: int = LONGEST) -> str:
    r"""Return `text` line by line, with every sign that could steer a terminal written as its code.

    Lines longer than `longest` are cut in their middle, which says how much is left out.

    Examples
    --------
    >>> print(printable("red: \x1b[31m"))
    red: \x1b[31m
    >>> printable("a" * 50, longest=10)
    'aaaaa ... (40 characters) ... aaaaa'
    """
    return "\n".join(_line(line, longest) for line in text.split("\n"))


def _line(line: str, longest: int) -> str:
    if len(line) > longest:
        half = longest // 2
        line = f"{line[:half]} ... ({len(line) - 2 * half} characters) ... {line[-half:]}"
    return line if line.isprintable() else "".join(s if s.isprintable() else ascii(s)[1:-1] for s in line)
