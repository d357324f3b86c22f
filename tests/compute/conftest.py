"""A Dask cluster on this computer."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@pytest.fixture(scope="module")
def dask() -> Iterator[str]:
    """The address of a cluster of two workers."""
    with cluster() as address:
        yield address


@pytest.fixture
def doomed_dask() -> Iterator[str]:
    """The address of a cluster for one test alone, which its workers need not survive."""
    with cluster() as address:
        yield address


@contextmanager
def cluster() -> Iterator[str]:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        dashboard_address=":0",
        silence_logs=logging.CRITICAL,
    ) as local:
        yield local.scheduler_address.replace("tcp://", "dask://")
