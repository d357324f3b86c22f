"""The arrays that loops take."""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
SeedArray = npt.NDArray[np.uint64]
IndexArray = npt.NDArray[
    np.uint32
]  # unsigned, so that loops need not ask whether an index counts from the end
