"""The name of a place where work runs."""

import re
from dataclasses import dataclass

from mmstats.errors import ComputeError

_PROCESSES = re.compile(r"processes:([1-9][0-9]{0,3})")
_DASK = re.compile(r"dask://((?:\[[0-9a-fA-F:.%]+\]|[\w.-]+):[0-9]{1,5})/?")


@dataclass(frozen=True)
class Place:
    """Where work runs.

    Parameters
    ----------
    workers : int
        How many processes share the work; 1 stays in this one.
    scheduler : str
        ``host:port`` of the scheduler of a Dask cluster, or empty.

    Examples
    --------
    >>> Place.parse("processes:4").workers
    4
    >>> str(Place.parse("dask://10.0.0.7:8786"))
    'dask://10.0.0.7:8786'
    """

    workers: int = 1
    scheduler: str = ""

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Return the place that ``here``, ``processes:4`` or ``dask://host:port`` names.

        Raises
        ------
        ComputeError
            If it is none of them.
        """
        if text == "here":
            return HERE
        if found := _PROCESSES.fullmatch(text):
            return cls(workers=int(found[1]))
        if found := _DASK.fullmatch(text):
            return cls(scheduler=found[1])
        raise ComputeError(
            f"Work cannot run on {text!r}. It runs on here, processes:4 (any number), or dask://HOST:PORT, "
            "the scheduler of a Dask cluster."
        )

    def __str__(self) -> str:
        if self.scheduler:
            return f"dask://{self.scheduler}"
        return "here" if self.workers == 1 else f"processes:{self.workers}"


HERE = Place()
