"""In continuous integration a skipped test is a failed one, unless it names an optional engine.

The longest tests come first, so that at the end no processor waits for one of them.
"""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")

OPTIONAL_ENGINES = ("Quarto",)
REFERENCES = Path(__file__).parents[2] / "shared"
LONGEST = "test_hostile_data.py"


@pytest.fixture(scope="session")
def references() -> Path:
    """The folder of real tables and reference results, kept outside the project."""
    if not REFERENCES.is_dir():
        message = "the folder of real tables and references is missing"
        if os.environ.get("MMSTATS_REQUIRE_REFERENCES") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return REFERENCES


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name != LONGEST)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if (
        report.skipped
        and not hasattr(report, "wasxfail")
        and os.environ.get("MMSTATS_REQUIRE_REFERENCES") == "1"
    ):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not any(engine in reason for engine in OPTIONAL_ENGINES):
            report.outcome = "failed"
            report.longrepr = f"{reason} (a skip is a failure here)"
    return report
