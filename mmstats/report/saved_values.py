"""What the text of a report reads from saved results, ready to print."""

from collections.abc import Iterator
from functools import cached_property
from math import isnan
from pathlib import Path

from mmstats import format as fmt
from mmstats import labels, saved
from mmstats.errors import MmstatsError, ReportError, StudyError
from mmstats.estimate import Estimate
from mmstats.report.blocks import Words
from mmstats.results import Result, Results

TESTS = ("f_test", "likelihood_ratio")


class Report:
    """The saved results of a study, as the text of a report asks for them.

    Parameters
    ----------
    study : str or Path
        A study's folder, its folder of results, or the name of a study under ``analyses/``.
    style : {"apa", "ama", "bmc"}
        How p values are printed.

    Raises
    ------
    StudyError
        If there is no such study, or it has no results yet.
    """

    def __init__(self, study: str | Path, *, style: str = "apa") -> None:
        self.style = style
        self._folder = _results_folder(study)

    @cached_property
    def results(self) -> Results:
        """The saved results."""
        return saved.read(self._folder)

    @property
    def title(self) -> Words:
        """The study's title."""
        return Words(self.results.title)

    def text(self, analysis: str, quantity: str = "", term: str = "") -> Words:
        """Return an estimate in words: ``mean difference 1.5, 95% CI [0.2, 2.8], p = .025``.

        Parameters
        ----------
        analysis : str
            The analysis's id in the plan.
        quantity, term : str
            Which of its estimates; by default the one whose p value counts, else the first.

        Raises
        ------
        ReportError
            If there is none of that name, with the nearest ones.
        """
        result = self.results[analysis]
        if not result.estimates and not quantity:
            return Words(f"{result.status}: {result.reason}")
        return self.said(result.estimate(quantity, term))

    def said(self, e: Estimate) -> Words:
        """Return one estimate in words."""
        if e.quantity.name in TESTS and not isnan(e.estimate):
            p = fmt.p_value(e.p_value, self.style)
            about = f"{labels.term(self.results, e.term)}: " if e.term else ""
            return Words(about + ", ".join(filter(None, (fmt.test(e), p))))
        term = labels.term(self.results, e.term) if "[" in e.term else e.term.strip("()")
        name = begun_small(e.quantity.label) + (f" ({term})" if term else "")
        if isnan(e.estimate):
            return Words(f"{name} {fmt.value(e)}")
        unit = f" {fmt.level(e.conf_level)} CI" if not isnan(e.conf_level) else ""
        parts = [f"{name} {fmt.value(e)}"]
        if unit and (isnan(e.conf_low) or isnan(e.conf_high)):
            parts.append(f"interval not estimable: {e.note}")
        elif unit:
            parts.append(f"{unit.strip()} {fmt.interval(e)}")
        if not isnan(e.p_value):
            parts.append(fmt.p_value(e.p_value, self.style))
        return Words(", ".join(parts))

    def value(self, analysis: str, quantity: str = "", term: str = "") -> Words:
        """Return an estimate alone: ``1.5``."""
        return Words(fmt.value(self.results[analysis].estimate(quantity, term)))

    def interval(self, analysis: str, quantity: str = "", term: str = "") -> Words:
        """Return an estimate with its interval: ``1.5 [0.2, 2.8]``."""
        return Words(fmt.with_interval(self.results[analysis].estimate(quantity, term)))

    def p(self, analysis: str, quantity: str = "", term: str = "") -> Words:
        """Return the p value: ``p = .025``.

        Raises
        ------
        ReportError
            If the estimate has none.
        """
        e = self.results[analysis].estimate(quantity, term)
        if isnan(e.p_value):
            raise ReportError(f"In analysis {analysis!r} {e.quantity.label} has no p value.")
        return Words(fmt.p_value(e.p_value, self.style))

    def p_adjusted(self, analysis: str) -> Words:
        """Return the p value adjusted within its family.

        Raises
        ------
        ReportError
            If the analysis belongs to no family.
        """
        value = self.results[analysis].p_adjusted
        if isnan(value):
            raise ReportError(f"Analysis {analysis!r} has no adjusted p value.")
        return Words(fmt.p_value(value, self.style))

    def n(self, analysis: str = "", group: str = "") -> Words:
        """Return how many rows an analysis used; without one, how many participants there are.

        Raises
        ------
        ReportError
            If there is no such analysis, or no such group.
        """
        if analysis:
            return Words(fmt.count(self.results[analysis].n))
        if not self.results.flow:
            raise ReportError("These results have no participant flow.")
        last = self.results.flow[-1]
        if group and group not in last.groups:
            from mmstats.errors import unknown

            raise ReportError(unknown(group, last.groups, what="group"))
        return Words(fmt.count(last.groups[group] if group else last.kept))

    def participants(self, analysis: str) -> Words:
        """Return how many participants an analysis used, also where it used several rows of each.

        Raises
        ------
        ReportError
            If there is no such analysis.
        """
        return Words(fmt.count(labels.participants(self.results[analysis])))

    def label(self, variable: str) -> Words:
        """Return a variable's label."""
        return Words(labels.label(self.results, variable))

    def families(self) -> Iterator[tuple[str, list[Result]]]:
        """Yield each family with its analyses, in the plan's order; then those of none, but descriptions."""
        shown = [r for r in self.results if r.analysis.method != labels.DESCRIBE]
        for name in dict.fromkeys([r.analysis.family for r in shown if r.analysis.family] + [""]):
            members = [r for r in shown if r.analysis.family == name]
            if members:
                yield name, members


def begun_small(text: str) -> str:
    """Return a name as it stands within a sentence; people's names keep their capitals.

    Examples
    --------
    >>> begun_small("Mean difference"), begun_small("Hedges' g"), begun_small("Hodges-Lehmann shift")
    ('mean difference', "Hedges' g", 'Hodges-Lehmann shift')
    """
    first = text.partition(" ")[0]
    named = "'" in first or "’" in first or any(c.isupper() or c.isdigit() for c in first[1:])
    return text if named else text[:1].lower() + text[1:]


def _results_folder(study: str | Path) -> Path:
    given = Path(study)
    here = Path.cwd()
    places = [given, given / "results"]
    places += [folder / "analyses" / given / "results" for folder in (here, *here.parents)]
    for place in places:
        if (place / "results.json").is_file():
            return place
    try:
        from mmstats.study import Study

        return Study.find(str(study)).results_folder
    except MmstatsError as error:
        raise StudyError(str(error)) from None
