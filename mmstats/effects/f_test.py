"""The F test, as a quantity: its estimate is F itself."""

from mmstats.estimate import Quantity

F_TEST = Quantity("f_test", "F test")
