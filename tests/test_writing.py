"""A file is written whole or not at all."""

import os
from pathlib import Path

import pytest

from mmstats.errors import StudyError
from mmstats.writing import write_whole


@pytest.mark.parametrize("content", ["één\r\ntwee\n", b"\x00\xff"])
def test_a_file_holds_what_it_was_given(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "new" / "file"
    assert write_whole(path, content) == path
    assert write_whole(path, content) == path
    assert path.read_bytes() == (content.encode() if isinstance(content, str) else content)
    assert [one.name for one in path.parent.iterdir()] == ["file"]


def test_what_was_there_stays_when_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_whole(tmp_path / "file", "old")

    def full(file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StudyError, match="cannot be written: No space left on device"):
        write_whole(path, b"new")
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
