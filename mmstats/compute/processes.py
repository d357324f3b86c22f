"""Several processes on this computer, replaced when one of them dies."""

import signal
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from mmstats.compute.parcel import carry_out, pack
from mmstats.compute.threads import ONE_THREAD


class Processes:
    """A pool of processes (loky's, which tells at once when one is killed).

    Parameters
    ----------
    function : callable
        The work; packed once.
    size : int
        How many processes.
    """

    tries = 2
    losses = (BrokenProcessPool,)

    def __init__(self, function: Callable[[Any], Any], size: int) -> None:
        self.work = pack(({}, pack(function, what="The work")), what="The work")
        self.size = size
        self._pool = self._fresh()
        self._sent: list[Future[bytes]] = []

    def submit(self, items: bytes) -> Future[bytes]:
        """Send a packed chunk, to a new pool if a process of the old one has died."""
        try:
            future: Future[bytes] = self._pool.submit(carry_out, self.work, items)
        except BrokenProcessPool:
            self.close()
            self._pool = self._fresh()
            future = self._pool.submit(carry_out, self.work, items)
        self._sent = [one for one in self._sent if not one.done()] + [future]
        return future

    def look(self) -> None:
        """Nothing to do: a pool tells of every death by itself."""

    def close(self) -> None:
        """Stop every process, once none of its work is on the way to it: loky would trip over that."""
        patience = time.monotonic() + 5
        while any(not (one.running() or one.done()) for one in self._sent) and time.monotonic() < patience:
            time.sleep(0.001)
        self._pool.shutdown(wait=True, kill_workers=True)

    def _fresh(self) -> Any:
        from joblib.externals.loky import ProcessPoolExecutor

        return ProcessPoolExecutor(max_workers=self.size, initializer=_leave_interrupts, env=ONE_THREAD)


def _leave_interrupts() -> None:
    """Ctrl-C reaches every process of a terminal; only the first one answers it, and stops the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
