"""A Dask cluster on this computer."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module")
def dask() -> Iterator[str]:
    """The address of a cluster of two workers."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        dashboard_address=":0",
        silence_logs=logging.CRITICAL,
    ) as cluster:
        yield cluster.scheduler_address.replace("tcp://", "dask://")
