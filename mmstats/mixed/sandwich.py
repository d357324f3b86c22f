"""Covariance of coefficients from participants as they vary, corrected for how few they are.

A participant's residuals are too small, because the fit followed them. With whitened columns X and residuals
e, X'X = R'R, T = XR^-1 and B_i = T_i'T_i, a participant's score is F_i T_i'e_i, and the covariance of
the coefficients is R^-1 (sum of the scores' squares) R^-T. The corrections differ in F_i: I (Liang
and Zeger), (I - B_i)^-1/2 (Kauermann and Carroll), (I - B_i)^-1 (Mancl and DeRouen), or one factor
for each coefficient (Fay and Graubard). They are the published ones: (I - H_i)^-1 moves through T_i.

References: liang1986, mancl2001, kauermann2001, fay2001, pustejovsky2018.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import linalg, stats

from mmstats.errors import NotEstimableError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Correction = Literal["mancl-derouen", "kauermann-carroll", "fay-graubard", "robust"]

POWERS = {"robust": 0.0, "kauermann-carroll": -0.5, "mancl-derouen": -1.0}
ALONE = 1e-10  # a participant whose leverage is closer to 1 than this is the only one to inform something
BOUND = 0.75  # Fay and Graubard's factor is at most twice the score


@dataclass(frozen=True)
class Sandwich:
    """The corrected covariance of p coefficients from k participants.

    Parameters
    ----------
    r : float array, shape (p, p)
        Upper triangular.
    shares : float array, shape (k, p, p)
        B_i, each participant's part of what is known; they add up to I.
    factors : float array, shape (k, p, p)
        F_i.
    scores : float array, shape (k, p)
        F_i T_i'e_i.
    alone : int
        How many participants are the only ones to inform something.
    rounding : float array, shape (k, p)
        How large a score can be by rounding alone.
    """

    r: FloatArray
    shares: FloatArray
    factors: FloatArray
    scores: FloatArray
    alone: int
    rounding: FloatArray

    def covariance(self, contrasts: FloatArray) -> FloatArray:
        """Return the covariance of linear combinations (rows) of coefficients, shape (m, m).

        Exactly 0 where it could be rounding.
        """
        parts = self.scores @ self._along(contrasts).T
        parts = np.where(np.abs(parts) <= self.rounding @ np.abs(self._along(contrasts)).T, 0, parts)
        return np.asarray(parts.T @ parts)

    def satterthwaite(self, contrasts: FloatArray) -> float:
        """Return the degrees of freedom of the covariance of q combinations, were the working model true.

        Of one combination they are those of Bell and McCaffrey; of several, those of Hotelling's T squared
        by Pustejovsky and Tipton, who write eta.
        """
        along = np.einsum("kij,mi->kmj", self.factors, self._along(contrasts))  # F_i'c
        moved = np.einsum("kij,kmj->kmi", self.shares, along)  # B_i F_i'c
        own = np.einsum("kmi,kli->kml", along, moved)
        expected = own.sum(axis=0) - np.einsum("kmi,kli->ml", moved, moved)
        sizes, axes = np.linalg.eigh(expected)
        if sizes[0] <= 1e-12 * sizes[-1]:
            return 0.0
        root = axes / np.sqrt(sizes)
        moved = np.einsum("kmi,ml->kli", moved, root)
        own = np.einsum("kml,mi,lj->kij", own, root, root)
        crossed = np.einsum("kmi,klj->mlij", moved, moved)
        inner = np.einsum("kmi,kli->kml", moved, moved)
        q = len(contrasts)
        own_own, own_inner = own.diagonal(axis1=1, axis2=2), inner.diagonal(axis1=1, axis2=2)
        same = float((own_own.T @ own_own - 2 * own_own.T @ own_inner).sum() + (crossed**2).sum())
        across = float((own**2 - 2 * own * inner).sum() + np.einsum("mlij,mlji->", crossed, crossed))
        return float(q * (q + 1) / (same + across))

    def _along(self, contrasts: FloatArray) -> FloatArray:
        return np.asarray(linalg.solve_triangular(self.r, contrasts.T, trans="T").T)

    @cached_property
    def participants(self) -> int:
        """How many there are."""
        return len(self.scores)


def hotelling_f(values: FloatArray, covariance: FloatArray, df: float) -> tuple[float, float, float]:
    """Return Hotelling's T squared of q estimates as F, its second degrees of freedom df - q + 1, and p.

    Of one estimate it is the square of t with df degrees of freedom.

    Raises
    ------
    NotEstimableError
        If the covariance is singular, or df is less than q.
    """
    q, scale = len(values), 1 / np.sqrt(np.diag(covariance))  # so that units do not decide what is singular
    scaled = covariance * np.outer(scale, scale)
    df2 = df - q + 1
    if np.linalg.eigvalsh(scaled)[0] < 1e-12:
        raise NotEstimableError("The robust covariance of the term's coefficients is singular.")
    if not df2 > 0:
        raise NotEstimableError(f"Too few participants for a test of {q} coefficients at once.")
    squared = float((values * scale) @ np.linalg.solve(scaled, values * scale))
    f = squared * df2 / (df * q)
    return f, df2, float(stats.f.sf(f, q, df2))


def sandwich(
    columns: FloatArray,
    residuals: FloatArray,
    codes: IntArray,
    correction: Correction,
    *,
    centred: FloatArray,
    rounding: float = 0.0,
) -> Sandwich:
    """Return the corrected covariance.

    Parameters
    ----------
    columns : float array, shape (n, p)
        Whitened by the working covariance.
    residuals : float array, shape (n,)
        Whitened alike.
    codes : int array, shape (n,)
        The participant of each row, from 0.
    correction : {"mancl-derouen", "kauermann-carroll", "fay-graubard", "robust"}
    centred : float array, shape (p, p)
        The coefficients, as combinations of those of `columns`, to each of which Fay and Graubard's
        correction gives one factor.
    rounding : float
        How far a residual may be from 0 by rounding.
    """
    count, p = int(codes.max()) + 1, columns.shape[1]
    q, r = linalg.qr(columns, mode="economic")
    shares = np.zeros((count, p, p))
    np.add.at(shares, codes, q[:, :, None] * q[:, None, :])
    plain, noise = np.zeros((count, p)), np.zeros((count, p))
    np.add.at(plain, codes, q * residuals[:, None])
    np.add.at(noise, codes, np.abs(q) * rounding)
    sizes, axes = np.linalg.eigh(shares)
    room = 1 - sizes
    alone = (
        int((room.min(axis=1) <= ALONE).sum()) if correction in ("kauermann-carroll", "mancl-derouen") else 0
    )
    if correction == "fay-graubard":
        own = np.linalg.solve(centred.T, r.T).T  # R of the centred columns, but for a rotation
        across = np.linalg.inv(own).T
        taken = np.einsum("ji,kjl,li->ki", own, shares, across)
        factors = np.einsum("ij,kj,lj->kil", across, 1 / np.sqrt(1 - np.minimum(BOUND, taken)), own)
    else:
        powers = np.maximum(room, ALONE) ** POWERS[correction]
        factors = np.einsum("kij,kj,klj->kil", axes, powers, axes)
    scores = np.einsum("kij,kj->ki", factors, plain)
    return Sandwich(
        np.asarray(r), shares, factors, scores, alone, np.einsum("kij,kj->ki", np.abs(factors), noise)
    )
