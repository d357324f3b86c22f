"""What a multilevel model finds: coefficients, variances, tests, predictions, shares of variation."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import inf, log, nan, sqrt
from typing import Literal

import numpy as np
from scipy import linalg, sparse, stats

from mmstats.errors import NotEstimableError
from mmstats.meta.independent_blocks import Batch
from mmstats.meta.marginal_deviance import DependentEffects, Marginal
from mmstats.meta.pooling import Predicted
from mmstats.meta.random_term import RandomTerm
from mmstats.meta.variance_search import VarianceOptimum
from mmstats.meta.weighted import FloatArray

MultilevelTest = Literal["z", "t", "containment"]
ZERO = 1e-10  # a variance, relative to that of sampling, that is 0
EDGE = 1e-8  # how near the end of its range a correlation is at it
FLAT = 1e-9  # a curvature, relative to the largest, that is 0
SAME = 1e-12  # of a column's size: differences within a level that are rounding


@dataclass(frozen=True)
class Multilevel:
    """A pooling of n dependent effects on p columns.

    Parameters
    ----------
    effects : float array, shape (n,)
    sampling : sparse array, shape (n, n)
        The known covariance of sampling errors.
    design : float array, shape (n, p)
    names : tuple of str, length p
    intercept : bool
        Whether the first column is constant.
    terms : tuple of RandomTerm
    restricted : bool
        Whether parameters are by restricted maximum likelihood.
    test : {"z", "t", "containment"}
    optimum : VarianceOptimum
        Of effects divided by `scale`.
    fit : Marginal
        At the optimum, of effects as they are, on orthonormal columns.
    triangle : float array, shape (p, p)
        The design is the orthonormal columns times this.
    scale : float
    """

    effects: FloatArray
    sampling: sparse.csr_array = field(repr=False)
    design: FloatArray
    names: tuple[str, ...]
    intercept: bool
    terms: tuple[RandomTerm, ...] = field(repr=False)
    restricted: bool
    test: MultilevelTest
    optimum: VarianceOptimum = field(repr=False)
    fit: Marginal = field(repr=False)
    triangle: FloatArray = field(repr=False)
    scale: float

    @property
    def residual_df(self) -> int:
        """Effects less coefficients, n - p."""
        return len(self.effects) - len(self.names)

    @cached_property
    def variances(self) -> tuple[FloatArray, ...]:
        """Of each term: one variance, or one for each inner level."""
        found = [
            term.structure.variances(self.fit.theta[place])
            for term, place in zip(self.terms, self.fit.data.places, strict=True)
        ]
        return tuple(np.where(one > ZERO * self.scale**2, one, 0.0) for one in found)

    @cached_property
    def correlations(self) -> tuple[FloatArray, ...]:
        """Of each term: none, one, or those of each pair of inner levels; NaN with a variance of 0."""
        found = []
        for term, place, variances in zip(self.terms, self.fit.data.places, self.variances, strict=True):
            values = term.structure.correlations(self.fit.theta[place])
            there = variances > 0
            if term.kind == "un":
                first, second = np.triu_indices(len(there), 1)
                values = np.where(there[first] & there[second], values, nan)
            elif there.sum() < min(len(there), 2):
                values = np.full_like(values, nan)
            found.append(values)
        return tuple(found)

    @property
    def notes(self) -> tuple[str, ...]:
        """Variances of 0, correlations at the end of their range, and what the data do not tell apart."""
        found = []
        for term, variances, correlations in zip(self.terms, self.variances, self.correlations, strict=True):
            labels = term.inner_labels if len(variances) > 1 else ("",)
            found += [
                f"The variance of {term.name}{f' at {label!r}' if label else ''} is estimated as 0."
                for label, value in zip(labels, variances, strict=True)
                if value == 0
            ]
            if np.isnan(correlations).any():
                found.append(f"With a variance of 0, a correlation of {term.name} is not determined.")
            low, high = (
                (-1.0, 1.0) if term.kind == "un" else (term.structure.lower[-1], term.structure.upper[-1])
            )
            found += [
                f"A correlation of {term.name} is estimated as {value:.3g}, the end of its range."
                for value in correlations
                if low < high and not low + EDGE < value < high - EDGE and np.isfinite(value)
            ]
        curvature = self.optimum.curvature
        # the factor of an unstructured covariance may turn where the covariance stays
        judged = all(term.kind != "un" for term in self.terms) and not any(
            np.isnan(one).any() for one in self.correlations
        )
        if judged and len(curvature) and curvature.min() < FLAT * curvature.max():
            found.append(
                "The likelihood is flat in one direction: some variances or correlations are not told apart."
            )
        return tuple(found)

    @cached_property
    def back(self) -> FloatArray:
        """The inverse of `triangle`: from orthonormal columns to those given."""
        return np.asarray(linalg.solve_triangular(self.triangle, np.eye(len(self.triangle))))

    @cached_property
    def coefficients(self) -> FloatArray:
        """Shape (p,)."""
        return np.asarray(self.back @ self.fit.coefficients)

    @cached_property
    def covariance(self) -> FloatArray:
        """Of the coefficients, shape (p, p)."""
        return np.asarray(self.back @ self.fit.covariance @ self.back.T)

    @cached_property
    def weights(self) -> FloatArray:
        """What each effect counts for in each coefficient, which is their weighted sum, shape (p, n)."""
        along = np.zeros((len(self.effects) + 1, len(self.names)))
        for batch, one in zip(self.fit.data.batches, self.fit.solved, strict=True):
            along[batch.rows] = one.along
        return np.asarray(self.back @ self.fit.covariance @ along[:-1].T)

    @property
    def std_errors(self) -> FloatArray:
        """Shape (p,)."""
        return np.sqrt(np.diag(self.covariance))

    @cached_property
    def df(self) -> FloatArray:
        """Of each coefficient's t distribution, shape (p,); infinite for the normal one.

        ``containment``: the levels, less p, of the coarsest term within whose levels a column does not vary.
        """
        p = len(self.names)
        found = np.full(p, inf if self.test == "z" else float(self.residual_df))
        if self.test == "containment":
            for term in self.terms:
                levels = len(term.outer_labels)
                least, most = np.full((levels, p), inf), np.full((levels, p), -inf)
                np.minimum.at(least, term.outer, self.design)
                np.maximum.at(most, term.outer, self.design)
                same = (most - least).max(axis=0) <= SAME * np.abs(self.design).max(axis=0)
                found = np.where(same, np.minimum(found, levels - p), found)
        return found

    @cached_property
    def q(self) -> float:
        """The residual sum of squares by the sampling covariance alone: Q of equal true effects."""
        return self._sampling_only.q

    @property
    def q_p_value(self) -> float:
        """The probability of a larger Q without heterogeneity."""
        return float(stats.chi2.sf(self.q, self.residual_df)) if self.residual_df else nan

    @cached_property
    def _sampling_only(self) -> Marginal:
        alone = tuple(Batch(batch.rows, batch.sampling, batch.codes[:0]) for batch in self.fit.data.batches)
        return DependentEffects(self.effects, self.fit.data.design, (), alone).at(np.zeros(0))

    @property
    def typical_variance(self) -> float:
        """What variances between effects are compared with in I squared."""
        return self.residual_df / self._sampling_only.trace if self.residual_df else nan

    def i2(self) -> FloatArray:
        """Return the share of each term's variance in the variation of effects, in percent, shape (terms,).

        References: cheung2014.
        """
        if any(len(one) > 1 for one in self.variances):
            raise NotEstimableError("A term with several variances has no one I squared.")
        own = np.array([float(one[0]) for one in self.variances])
        return np.asarray(100 * own / (own.sum() + self.typical_variance))

    def joint_test(self, contrasts: FloatArray) -> tuple[float, float, float, float]:
        """Return the statistic, its two degrees of freedom and p, that combinations (l, p) are all 0.

        Chi-squared, with an infinite second df, if `test` is normal; else F, with the least degrees of
        freedom of the coefficients that take part.
        """
        rows = np.atleast_2d(contrasts)
        estimate, spread = rows @ self.coefficients, rows @ self.covariance @ rows.T
        chi2 = float(estimate @ np.linalg.solve(spread, estimate))
        if self.test == "z":
            return chi2, len(rows), inf, float(stats.chi2.sf(chi2, len(rows)))
        df = float(self.df[np.any(rows != 0, axis=0)].min())
        _need_df(df)
        value = chi2 / len(rows)
        return value, len(rows), df, float(stats.f.sf(value, len(rows), df))

    def moderators(self) -> tuple[float, float, float, float]:
        """Return the joint test of all columns but the intercept, or of the intercept alone."""
        identity = np.eye(len(self.names))
        return self.joint_test(identity[1:] if self.intercept and len(self.names) > 1 else identity)

    def p_values(self) -> FloatArray:
        """Return the probabilities of larger coefficients if they are 0, two-sided, shape (p,)."""
        _need_df(float(self.df.min()))
        return np.asarray(2 * stats.t.sf(np.abs(self.coefficients / self.std_errors), self.df))

    def intervals(self, level: float = 0.95) -> FloatArray:
        """Return the limits of each coefficient, shape (p, 2)."""
        _need_df(float(self.df.min()))
        half = stats.t.isf((1 - level) / 2, self.df) * self.std_errors
        return np.stack([self.coefficients - half, self.coefficients + half], axis=1)

    def predict(self, row: FloatArray, *, inner: Sequence[str | None] = (), level: float = 0.95) -> Predicted:
        """Return the average effect of studies with given features, and where a new true effect lies.

        Parameters
        ----------
        row : float array, shape (p,)
        inner : sequence of str or None, one for each term
            The inner level of the new effect in terms that have several variances.
        level : float

        References: higgins2009.
        """
        estimate, error = float(row @ self.coefficients), sqrt(float(row @ self.covariance @ row))
        df = float(self.df[np.asarray(row) != 0].min())
        _need_df(df)
        half = float(stats.t.isf((1 - level) / 2, df))
        spread = sqrt(error**2 + self._between(inner))
        low, high = estimate - half * error, estimate + half * error
        return Predicted(estimate, error, low, high, estimate - half * spread, estimate + half * spread, df)

    def _between(self, inner: Sequence[str | None]) -> float:
        chosen = tuple(inner) or (None,) * len(self.terms)
        total = 0.0
        for term, variances, label in zip(self.terms, self.variances, chosen, strict=True):
            if len(variances) > 1 and label not in term.inner_labels:
                raise NotEstimableError(
                    f"The variance of {term.name} differs between levels: say by `inner` for which of "
                    f"{', '.join(term.inner_labels)} to predict."
                )
            total += float(variances[term.inner_labels.index(str(label)) if len(variances) > 1 else 0])
        return total

    def random_effects(self) -> tuple[FloatArray, ...]:
        """Return the best linear prediction of each term's effect, at each row, shape (n,)."""
        found = tuple(np.zeros(len(self.effects) + 1) for _ in self.terms)
        scores = np.append(self.fit.scores, 0.0)
        for batch in self.fit.data.batches:
            score = scores[batch.rows]
            for effect, codes in zip(found, batch.codes, strict=True):
                effect[batch.rows] = (self.fit.values[codes] @ score[..., None])[..., 0]
        return tuple(effect[:-1] for effect in found)

    def log_likelihood(self, *, restricted: bool) -> float:
        """Return the log likelihood; the restricted one has log|X'X| added: no unit of a column matters."""
        return -self.fit.deviance(restricted=restricted) / 2

    def information_criteria(self) -> tuple[float, float, float]:
        """Return AIC, BIC and AICc, by the likelihood that was maximised."""
        count = len(self.names) + int(self.fit.data.free.sum())
        rows = self.residual_df if self.restricted else len(self.effects)
        deviance = -2 * self.log_likelihood(restricted=self.restricted)
        corrected = max(rows, count + 2)
        return (
            deviance + 2 * count,
            deviance + count * log(rows),
            deviance + 2 * count * corrected / (corrected - count - 1),
        )


def _need_df(df: float) -> None:
    if df <= 0:
        raise NotEstimableError(
            f"The t distribution would have {df:g} degrees of freedom: there are too few levels for the "
            "coefficients. Take fewer columns, or the normal distribution, which is too sure."
        )
