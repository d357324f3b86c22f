"""The same answers from every place, whatever the chunks; a worker that dies costs a second try."""

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count, islice
from pathlib import Path

import numpy as np
import pytest

from mmstats.compute import Place, each
from mmstats.compute import stream as streaming
from mmstats.errors import ComputeError
from mmstats.versions import versions
from tests.compute import work

LOCAL = ("here", "processes:2")


@pytest.fixture(params=["processes:2", "dask"])
def elsewhere(request: pytest.FixtureRequest) -> str:
    where: str = request.getfixturevalue("dask") if request.param == "dask" else request.param
    return where


def test_answers_are_those_from_here_whatever_the_chunks(
    elsewhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = [number**2 for number in range(500)]
    assert list(each(work.square, range(500))) == expected
    for most in (1, 3, 1000):
        monkeypatch.setattr(streaming, "MOST_ITEMS", most)
        assert list(each(work.square, range(500), on=elsewhere)) == expected
    assert list(each(work.square, [], on=elsewhere)) == []
    assert list(each(work.square, [3], on=elsewhere)) == [9]


def test_functions_and_items_of_any_kind_travel(elsewhere: str) -> None:
    items = [np.arange(3.0) + start for start in range(4)]
    factor = 2.0
    answers = list(each(lambda values: values * factor, items, on=elsewhere))
    assert [answer.tobytes() for answer in answers] == [(values * factor).tobytes() for values in items]
    assert all(answer.flags.writeable for answer in answers)


def test_several_processes_share_the_work(elsewhere: str) -> None:
    found = set(each(work.process, range(40), on=elsewhere))
    assert len(found) == 2
    assert os.getpid() not in found


def test_items_are_taken_a_few_at_a_time(elsewhere: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "MOST_ITEMS", 5)
    taken = []

    def source() -> Iterator[int]:
        for number in count():
            taken.append(number)
            yield number

    answers = each(work.square, source(), on=elsewhere)
    assert list(islice(answers, 100)) == [number**2 for number in range(100)]
    time.sleep(0.5)
    answers.close()
    assert len(taken) <= 100 + 5 * (streaming.MOST_AHEAD + 5)


@pytest.mark.parametrize("on", LOCAL)
def test_an_error_of_the_work_arrives_as_it_is(on: str, tmp_path: Path) -> None:
    check_error(on, tmp_path)


def test_an_error_of_the_work_arrives_as_it_is_from_a_cluster(dask: str, tmp_path: Path) -> None:
    check_error(dask, tmp_path)


def check_error(on: str, folder: Path) -> None:
    got: list[int] = []
    with pytest.raises(LookupError) as caught:
        got.extend(each(partial(work.refuse_seven, folder=folder), range(200), on=on))
    assert type(caught.value) is LookupError
    assert str(caught.value) == "seven"
    assert got == list(range(7))
    assert (folder / "refused").read_text() == "x"


def test_a_killed_worker_costs_a_second_try(elsewhere: str, tmp_path: Path) -> None:
    answers = list(each(partial(work.die_once, folder=tmp_path), range(50), on=elsewhere))
    assert (tmp_path / "died").exists()
    assert answers == list(range(50))


@pytest.mark.parametrize("place", ["processes:2", "doomed_dask"])
def test_an_item_that_kills_every_worker_is_named(
    place: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    on = place if place.startswith("processes") else request.getfixturevalue(place)
    got: list[int] = []
    named = r"had item 8 to work on, and nothing else: 7\. Most often memory"
    none_left = r"(?s)lost all its workers.* Under way were:.*item 8: 7"  # Dask may give up replacing them
    with pytest.raises(ComputeError, match=named if on == place else f"{none_left}|{named}"):
        got.extend(each(partial(work.die, folder=tmp_path), range(50), on=on))
    assert got == list(range(7))
    assert 1 <= len((tmp_path / "deaths").read_text()) <= 8


def test_closing_stops_the_processes() -> None:
    answers = each(work.process, count(), on="processes:2")
    pid = next(answers)
    answers.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_workers_use_one_thread(elsewhere: str) -> None:
    found = list(each(work.threads, range(6), on=elsewhere))
    assert {number for one in found for number in one} == {1}
    assert set(each(work.numba_threads, range(6), on=elsewhere)) == {1}


def test_work_here_uses_one_thread() -> None:
    before = work.threads(0)
    (found,) = each(work.threads, [0])
    assert set(found) == {1}
    assert work.threads(0) == before


def test_what_cannot_travel_is_said(elsewhere: str) -> None:
    with pytest.raises(ComputeError, match="The work cannot be sent from one process to another"):
        list(each(partial(max, key=work.unsendable(2)), range(3), on=elsewhere))
    with pytest.raises(ComputeError, match="An item cannot be sent"):
        list(each(work.square, [work.unsendable(2)] * 2, on=elsewhere))
    with pytest.raises(ComputeError, match="An answer cannot be sent"):
        list(each(work.unsendable, range(3), on=elsewhere))
    with pytest.raises(ComputeError, match="UnreadableError: 1 and 2"):
        list(each(work.unreadable, range(3), on=elsewhere))


@pytest.mark.parametrize(
    "text",
    ["", "there", "processes:0", "processes:", "processes:-1", "dask://host", "tcp://host:1", "dask://a b:1"],
)
def test_a_place_that_is_none_is_said(text: str) -> None:
    with pytest.raises(ComputeError, match=r"It runs on here, processes:4 .*dask://HOST:PORT"):
        each(work.square, range(3), on=text)


@pytest.mark.parametrize("text", ["here", "processes:12", "dask://localhost:8786", "dask://[::1]:8786"])
def test_a_place_is_written_as_it_is_read(text: str) -> None:
    assert str(Place.parse(text)) == text


class TestCluster:
    def test_other_versions_are_refused_and_named(self, dask: str, monkeypatch: pytest.MonkeyPatch) -> None:
        from mmstats.compute import cluster

        here = versions()
        monkeypatch.setattr(cluster, "versions", lambda: {**here, "numpy": "1.0"})
        with pytest.raises(ComputeError) as caught:
            list(each(work.square, range(3), on=dask))
        assert len(caught.value.problems) == 3
        assert f"the scheduler: numpy is {here['numpy']}, not 1.0." in caught.value.problems

    def test_a_worker_that_came_later_is_held_to_the_same_versions(self) -> None:
        from mmstats.compute.parcel import carry_out, pack, unpack

        parcel = pack(({"scipy": "1.0"}, pack(work.square, what="")), what="")
        outcome = unpack(carry_out(parcel, pack([2], what="")))
        assert outcome.answers == ()
        assert "A worker computes with other versions: scipy is" in str(outcome.error)

    def test_without_dask_the_way_to_it_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "distributed", None)
        with pytest.raises(ComputeError, match=r"pip install 'mmstats\[dask\]'"):
            list(each(work.square, range(3), on="dask://localhost:8786"))

    def test_an_address_where_nothing_answers_is_said_soon(self) -> None:
        import socket

        pytest.importorskip("distributed")
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            check_soon(f"dask://127.0.0.1:{port}", "No Dask scheduler answers at", seconds=10)
        check_soon(f"dask://127.0.0.1:{port}", "No Dask scheduler answers at", seconds=5)

    def test_a_cluster_without_workers_is_said_soon(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from mmstats.compute import cluster

        distributed = pytest.importorskip("distributed")
        monkeypatch.setattr(cluster, "ANSWER", 2.0)
        with distributed.LocalCluster(
            n_workers=0, dashboard_address=":0", silence_logs=logging.CRITICAL
        ) as empty:
            on = empty.scheduler_address.replace("tcp://", "dask://")
            check_soon(on, "has no workers. Start some with `dask worker", seconds=8)

    @pytest.mark.parametrize(
        ("left", "words"),
        [
            (0, "does not answer any more"),
            (1, r"(?s)has lost all its workers.* Under way were:.* item \d+: \d"),
        ],
    )
    def test_a_cluster_that_goes_away_is_said_soon(
        self, left: int, words: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from mmstats.compute import cluster

        distributed = pytest.importorskip("distributed")
        monkeypatch.setattr(cluster, "PATIENCE", 1.0)
        lost = distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.CRITICAL
        )
        answers = each(work.wait, range(1000), on=lost.scheduler_address.replace("tcp://", "dask://"))
        assert next(answers) == 0
        gone: Callable[[], object] = partial(lost.scale, 0) if left else lost.close
        gone()
        started = time.monotonic()
        with pytest.raises(ComputeError, match=words):
            list(answers)
        assert time.monotonic() - started < 15
        lost.close()


def check_soon(on: str, words: str, *, seconds: float) -> None:
    started = time.monotonic()
    with pytest.raises(ComputeError, match=words):
        list(each(work.square, range(3), on=on))
    assert time.monotonic() - started < seconds
