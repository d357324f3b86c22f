"""The marginal likelihood: random effects integrated out by Laplace or adaptive Gauss-Hermite quadrature."""

from dataclasses import dataclass
from itertools import product
from math import pi, sqrt

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from scipy.special import logsumexp

from mmstats.errors import NotEstimableError
from mmstats.mixed.generalised.density import FloatArray
from mmstats.mixed.generalised.model import GeneralisedModel
from mmstats.mixed.generalised.modes import Modes, along, find_modes

MOST_POINTS = 100  # beyond, the outermost weights are 0 to a double


def quadrature(model: GeneralisedModel, points: int) -> tuple[FloatArray, FloatArray]:
    """Return nodes of shape (nodes, width) and log weights for the standard normal density.

    One point is Laplace's approximation, for any random terms.

    Raises
    ------
    NotEstimableError
        If several points are asked for where a cluster has more than two effects, or more than 100.
    """
    width = model.layout.width
    if points > MOST_POINTS:
        raise NotEstimableError(f"Quadrature has at most {MOST_POINTS} points; {points} are asked for.")
    if points == 1:
        return np.zeros((1, width)), np.zeros(1)
    if len(model.random) > 1 or width > 2:
        raise NotEstimableError(
            "Quadrature with several points needs one random term of one or two columns; with more, "
            "use points = 1, Laplace's approximation."
        )
    at, weight = hermegauss(points)
    log_weight = np.log(weight / sqrt(2 * pi)) + at**2 / 2
    nodes = np.array(list(product(at, repeat=width)))
    return nodes, np.array([sum(w) for w in product(log_weight, repeat=width)])


@dataclass
class Marginal:
    """The marginal log likelihood of a model, with its gradient.

    The modes of the last call are where the next search for modes starts, which changes no result: they are
    found to rounding from anywhere.

    Parameters
    ----------
    model : GeneralisedModel
    points : int
        Quadrature points by dimension; 1 is Laplace's approximation.

    Notes
    -----
    The gradient is exact: modes and curvature are implicit functions of the parameters. References:
    pinheiro1995, skaug2006.
    """

    model: GeneralisedModel
    points: int = 1

    def __post_init__(self) -> None:
        self.nodes, self.log_weights = quadrature(self.model, self.points)
        self.near = np.zeros((self.model.layout.clusters, self.model.layout.width))

    def modes(self, parameters: FloatArray) -> Modes | None:
        """Return the conditional modes, or None where the parameters have no density."""
        return self._modes(parameters, self.model.entries(parameters[len(self.model.names) :]))

    def _modes(self, parameters: FloatArray, entries: FloatArray) -> Modes | None:
        model, p = self.model, len(self.model.names)
        base = np.einsum("jnp,p->jn", model.columns, parameters[:p]) + model.offset
        if not (np.isfinite(parameters).all() and model.family.feasible(base)):
            return None
        found = find_modes(model, base, entries, self.near)
        if found is not None:
            self.near = found.effects
        return found

    def __call__(self, parameters: FloatArray) -> tuple[float, FloatArray]:
        """Return the log likelihood, -inf where there is no density, and its gradient of shape (size,)."""
        model, layout, p = self.model, self.model.layout, len(self.model.names)
        entries = model.entries(parameters[p:])
        modes = self._modes(parameters, entries)
        if modes is None:
            return -np.inf, np.zeros(model.size)
        first, second, third, cross = along(model.family.direction, modes.density)
        inverse = np.linalg.inv(modes.hessian)
        log_size = np.linalg.slogdet(modes.hessian)[1]
        if self.points == 1:
            value = float((modes.joint - log_size / 2).sum())
            slope, kernel, pull = modes.density.slope, inverse, np.zeros_like(modes.effects)
            held = first[:, None] * modes.effects.ravel()[layout.flat]
        else:
            value, slope, kernel, pull, held = self._at_nodes(parameters, modes, entries, log_size)
        inner = kernel.ravel()[layout.pairs]
        spread = np.einsum("nab,nb->na", inner, entries)
        leverage = (spread * entries).sum(axis=1)
        bent = layout.summed((third * leverage / 2)[:, None] * entries) + pull
        shift = np.einsum("gab,gb->ga", inverse, bent).ravel()[layout.flat]
        moved = (shift * entries).sum(axis=1)
        by_predictor = slope + leverage / 2 * modes.density.twist + moved * cross
        gradient = np.einsum("jnp,jn->p", model.columns, by_predictor)
        effects = modes.effects.ravel()[layout.flat]
        by_entry = (
            held
            + (leverage / 2 * third + moved * second)[:, None] * effects
            + first[:, None] * shift
            + second[:, None] * spread
        )
        starts = np.cumsum([0, *(term.size for term in model.random)])
        theta = [
            float(layout.columns[:, starts[r] + a] @ by_entry[:, starts[r] + b]) for r, a, b in model.places
        ]
        return value, np.concatenate([gradient, theta])

    def _at_nodes(
        self, parameters: FloatArray, modes: Modes, entries: FloatArray, log_size: FloatArray
    ) -> tuple[float, FloatArray, FloatArray, FloatArray, FloatArray]:
        model, layout, p = self.model, self.model.layout, len(self.model.names)
        lower = np.linalg.cholesky(modes.hessian)
        root = np.transpose(np.linalg.inv(lower), (0, 2, 1))
        effects = modes.effects + np.einsum("gab,mb->mga", root, self.nodes)
        by_row = effects.reshape(len(effects), -1)[:, layout.flat]  # nodes, rows, width
        base = np.einsum("jnp,p->jn", model.columns, parameters[:p]) + model.offset
        direction = model.family.direction
        density = model.family.density(
            base[:, None, :] + direction[:, None, None] * (by_row * entries).sum(axis=2)
        )
        joint = layout.totals(density.value) - (effects**2).sum(axis=2) / 2
        terms = joint + self.log_weights[:, None]
        total = logsumexp(terms, axis=0)
        share = np.exp(terms - total)
        rows = share[:, layout.cluster]
        slope = (density.slope * rows).sum(axis=1)
        first = np.einsum("j,jmn->mn", direction, density.slope)
        push = np.stack([layout.summed(f[:, None] * entries) for f in first]) - effects
        pull = np.einsum("mg,mga->ga", share, push)
        turned = np.einsum("gab,mga->mgb", root, push)
        grown = np.einsum("mg,ma,mgb->gab", share, self.nodes, turned)
        lowered = np.tril(grown, -1)
        kernel = (lowered + np.transpose(lowered, (0, 2, 1))) / 2
        at = np.arange(layout.width)
        kernel[:, at, at] = grown[:, at, at] / 2
        held = np.einsum("mn,mnb->nb", rows * first, by_row)
        inverse = root @ np.transpose(root, (0, 2, 1))
        wide = inverse + 2 * root @ kernel @ np.transpose(root, (0, 2, 1))
        return float((total - log_size / 2).sum()), slope, wide, pull, held
