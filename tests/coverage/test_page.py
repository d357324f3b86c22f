"""The page of simulated coverage is the one that the shipped table makes."""

from docs.build_coverage import FOLDER, document, file_name, pooled
from mmstats.coverage.table import shipped


def test_the_page_is_made_from_the_table() -> None:
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == document()


def test_every_quantity_has_its_figure() -> None:
    assert {path.stem for path in FOLDER.glob("*.svg")} == {
        file_name(r.method, r.quantity) for r in shipped()
    }


def test_intervals_of_the_test_they_belong_to_cover_what_they_promise_for_normal_data() -> None:
    """The anchor of the whole table: what theory says is exact comes out exact."""
    for method, quantity in (
        ("welch", "mean_difference"),
        ("paired_t", "mean_difference"),
        ("pearson", "pearson_r"),
    ):
        rows = [r for r in shipped() if (r.method, r.quantity, r.shape) == (method, quantity, "normal")]
        coverage, error, estimable = pooled([r for r in rows if r.default and r.n >= 15])
        assert abs(coverage - 0.95) < 4 * error + 0.002
        assert estimable == 1
