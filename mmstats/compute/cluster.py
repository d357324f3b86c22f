"""A Dask cluster that runs already, found by its scheduler's address."""

import logging
import socket
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from functools import partial
from typing import Any

from mmstats.compute.parcel import carry_out, differences, pack
from mmstats.compute.place import Place
from mmstats.errors import ComputeError
from mmstats.versions import versions

ANSWER = 10.0  # seconds for the scheduler to answer
PATIENCE = 30.0  # seconds without any worker, in which a new one may start
START = "`dask worker {} --nworkers auto --nthreads 1`"


class Cluster:
    """The workers of a Dask cluster, with the versions that are here.

    A worker that dies is Dask's to replace: its chunks go to others until as many died over one as the
    scheduler's `allowed-failures` allows.

    Parameters
    ----------
    function : callable
        The work; packed once.
    place : Place

    Raises
    ------
    ComputeError
        If Dask is not installed, nothing answers at the address, there are no workers, or they have other
        versions.
    """

    tries = 1

    def __init__(self, function: Callable[[Any], Any], place: Place) -> None:
        self.place = place
        self.work = pack((versions(), pack(function, what="The work")), what="The work")
        try:
            from distributed import KilledWorker
        except ImportError:
            raise ComputeError(
                f"To run on {place}, Dask must be installed, here and there: pip install 'mmstats[dask]'."
            ) from None
        self.losses = (KilledWorker, CancelledError)
        self._silenced = _silence()
        try:
            self._client = _connected(place.scheduler)
        except Exception as failed:  # what listens there may be anything
            self._speak()
            raise ComputeError(
                f"No Dask scheduler answers at {place} ({str(failed) or type(failed).__name__}). Start one "
                f"with `dask scheduler`, and workers with {START.format(place.scheduler)}; or leave out --on."
            ) from failed
        try:
            self._seen = time.monotonic()
            while not self._workers():
                if time.monotonic() - self._seen > ANSWER:
                    raise ComputeError(
                        f"{place} has no workers. Start some with {START.format(place.scheduler)}."
                    )
                time.sleep(0.2)
            self._same_versions()
        except BaseException:
            self.close()
            raise

    def submit(self, items: bytes) -> Future[bytes]:
        """Send a packed chunk."""
        sent = self._client.submit(carry_out, self.work, items, pure=False, retries=0)
        future: Future[bytes] = Future()
        sent.add_done_callback(partial(_hand_over, future=future))
        return future

    def look(self) -> None:
        """Raise an error if the scheduler is gone, or has been without workers for long."""
        now = time.monotonic()
        if self._workers():
            self._seen = now
        elif now - self._seen > PATIENCE:
            raise ComputeError(
                f"{self.place} has lost all its workers, and no new one came in {PATIENCE:g} seconds. Look "
                f"into their logs, and start new ones with {START.format(self.place.scheduler)}."
            )

    def close(self) -> None:
        """Leave the cluster; what nobody waits for any more is dropped there."""
        try:
            self._client.close(timeout=2)
        finally:
            self._speak()

    def _speak(self) -> None:
        for logger in self._silenced:
            logger.disabled = False

    def _workers(self) -> int:
        """Return how many workers there are now."""
        found = self._asked(self._client.scheduler.identity)["workers"]
        self.size = max(len(found), 1)
        return len(found)

    def _asked(self, question: Callable[..., Any], *arguments: Any) -> Any:
        if self._client.status != "running":
            raise self._gone()
        try:
            return self._client.sync(question, *arguments, callback_timeout=ANSWER)
        except (OSError, CancelledError) as failed:  # a TimeoutError is an OSError
            raise self._gone() from failed

    def _gone(self) -> ComputeError:
        return ComputeError(
            f"The Dask scheduler at {self.place} does not answer any more. Run again when it is back, or "
            "without --on."
        )

    def _same_versions(self) -> None:
        """Raise an error that names every computer of the cluster with other versions than are here."""
        try:
            found: dict[str, list[str]] = {
                "the scheduler": self._asked(self._client.run_on_scheduler, differences, versions()),
                **self._asked(self._client.run, differences, versions()),
            }
        except ImportError as failed:
            raise ComputeError(
                f"mmstats {versions()['mmstats']} must be installed on the scheduler and on every worker of "
                f"{self.place}, as here: {failed}."
            ) from failed
        wrong = [f"{where}: {'; '.join(texts)}." for where, texts in found.items() if texts]
        if wrong:
            raise ComputeError(
                f"{self.place} does not compute with the versions that are here, so the answer might differ. "
                "Install the same ones there.",
                wrong,
            )


def _connected(scheduler: str) -> Any:
    """Return a client of a scheduler, once it has greeted a caller: a client waits for that for ever."""
    from distributed import Client

    host, _, port = scheduler.rpartition(":")
    with socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER / 2) as call:
        if not call.recv(1):
            raise ConnectionError("What listens there is no scheduler.")
    client: Any = Client
    return client(f"tcp://{scheduler}", timeout=ANSWER / 2, set_as_default=False)


def _hand_over(sent: Any, *, future: Future[bytes]) -> None:
    """Give what became of a chunk to the future that is waited for."""
    try:
        if sent.cancelled():
            raise CancelledError
        future.set_result(sent.result())
    except BaseException as failed:  # told where the future is awaited
        future.set_exception(failed)


def _silence() -> list[logging.Logger]:
    """Stop Dask's messages about what is lost, which an error says once, and return its loggers."""
    known = logging.root.manager.loggerDict.items()
    talking = [
        logger
        for name, logger in known
        if name.partition(".")[0] == "distributed"
        and isinstance(logger, logging.Logger)
        and not logger.disabled
    ]
    for logger in talking:
        logger.disabled = True
    return talking
