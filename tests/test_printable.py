"""Text from files is harmless on a terminal and in a document, each in its own way."""

from mmstats.printable import for_document, for_terminal

STEERING = "a\x1b[2Jb\u202ec\td\r\ne"


def test_a_terminal_shows_the_code_of_what_could_steer_it() -> None:
    assert for_terminal(STEERING) == "a\\x1b[2Jb\\u202ec\\td\\r\ne"


def test_a_document_has_a_space_for_what_it_may_not_hold() -> None:
    assert for_document(STEERING) == "a [2Jb c\td\ne"


def test_only_a_terminal_cuts_long_lines() -> None:
    assert for_document("a" * 5_000) == "a" * 5_000
    assert "(4000 characters)" in for_terminal("a" * 5_000)
