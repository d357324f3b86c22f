"""How a function becomes a method that a plan can name.

A method's signature is its declaration. Positional parameters are roles, each annotated with the
kind of variable it takes (see `mmstats.kind`); keyword-only parameters are options, which must be set
where they have no default, and the one called ``rng`` receives the analysis's own random stream.
"""

import importlib
import inspect
import pkgutil
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np
import pandas as pd

from mmstats.errors import unknown
from mmstats.estimate import Estimate
from mmstats.kind import Accepts, Kind

Function = Callable[..., Iterator[Estimate]]
Same = TypeVar("Same", bound=Function)


@dataclass(frozen=True)
class Between:
    """The open range an option's number lies in, said in its annotation."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"a number between {self.low:g} and {self.high:g}"


@dataclass(frozen=True)
class AtLeast:
    """The smallest value of an option that is a whole number."""

    low: int

    def __str__(self) -> str:
        return f"a whole number of at least {self.low}"


Level = Annotated[float, Between(0, 1)]
Resamples = Annotated[int, AtLeast(99)]
ResamplesOrAuto = Annotated[int | Literal["auto"], AtLeast(99)]
Random = np.random.Generator | None


@dataclass(frozen=True)
class Role:
    """What a role takes: which kinds, one, several or a formula; which missing values and levels it keeps.

    `random` says whether the formula has random parts: it must, or must not.
    """

    kind: Kind
    many: bool
    formula: bool
    optional: bool
    keeps_missing: bool
    keeps_levels: bool
    random: bool


@dataclass(frozen=True)
class Option:
    """What an option takes, and its default: `inspect.Parameter.empty` where it has none."""

    type: Any
    limit: Between | AtLeast | None
    choices: tuple[Any, ...]
    default: Any
    words: tuple[str, ...] = ()  # that may stand in place of a number

    @property
    def required(self) -> bool:
        """Whether it must be set, having no default."""
        return self.default is inspect.Parameter.empty

    @property
    def takes(self) -> str:
        """What it takes, in words."""
        if self.choices:
            return " or ".join(map(repr, self.choices))
        plain = {float: "a number", int: "a whole number", bool: "true or false", str: "text"}[self.type]
        return " or ".join([str(self.limit or plain), *map(repr, self.words)])

    def problem(self, value: object) -> str:
        """Return what is wrong with `value`, or an empty string."""
        if self.choices:
            if value in self.choices:
                return ""
            return unknown(str(value), map(str, self.choices), what="choice")
        if value in self.words:
            return ""
        number = isinstance(value, int | float) and not isinstance(value, bool)
        fits = {
            float: number,
            int: isinstance(value, int) and not isinstance(value, bool),
            bool: isinstance(value, bool),
            str: isinstance(value, str),
        }[self.type]
        if isinstance(self.limit, Between):
            fits = fits and self.limit.low < float(value) < self.limit.high  # type: ignore[arg-type]
        if isinstance(self.limit, AtLeast):
            fits = fits and int(value) >= self.limit.low  # type: ignore[call-overload]
        return "" if fits else f"It takes {self.takes}; it has {value!r}."


@dataclass(frozen=True)
class Method:
    """A statistical function, its title, and the papers that define it (BibTeX keys)."""

    title: str
    references: tuple[str, ...]
    function: Function

    @property
    def name(self) -> str:
        """The name by which a plan asks for it."""
        return self.function.__name__

    @cached_property
    def roles(self) -> dict[str, Role]:
        """What each role takes."""
        return {name: _role(hint, parameter) for name, hint, parameter in self._parameters(keyword=False)}

    @cached_property
    def options(self) -> dict[str, Option]:
        """What a plan may set."""
        return {
            name: _option(hint, parameter)
            for name, hint, parameter in self._parameters(keyword=True)
            if name != "rng"
        }

    @cached_property
    def random(self) -> bool:
        """Whether it may draw random numbers."""
        return "rng" in inspect.signature(self.function).parameters

    @cached_property
    def summary(self) -> str:
        """The first line of its docstring."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]

    def _parameters(self, *, keyword: bool) -> Iterator[tuple[str, Any, inspect.Parameter]]:
        hints = get_type_hints(self.function, include_extras=True)
        for parameter in inspect.signature(self.function).parameters.values():
            if (parameter.kind is parameter.KEYWORD_ONLY) is keyword:
                yield parameter.name, hints[parameter.name], parameter


METHODS: dict[str, Method] = {}


def method(*, title: str, references: tuple[str, ...]) -> Callable[[Same], Same]:
    """Register a function as a method; the function itself is returned unchanged.

    Parameters
    ----------
    title : str
        What reports call it: ``Welch's t test``.
    references : tuple of str
        BibTeX keys of the papers that define it, in ``reports/references.bib``.

    Raises
    ------
    ValueError
        If another function of that name is registered already.
    """

    def register(function: Same) -> Same:
        known = METHODS.get(function.__name__)
        if known is not None and known.function.__module__ != function.__module__:
            raise ValueError(f"Two methods are called {function.__name__!r}.")
        METHODS[function.__name__] = Method(title, references, function)
        return function

    return register


def discover(package: ModuleType) -> None:
    """Import every module of `package`, so that each file in it registers itself."""
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")


def _role(hint: Any, parameter: inspect.Parameter) -> Role:
    optional = parameter.default is not parameter.empty
    if get_origin(hint) in {types.UnionType, Union}:  # `Categorical | None`, by Python version
        hint = next(arm for arm in get_args(hint) if arm is not type(None))
    base, *extras = get_args(hint)
    accepts = next(extra for extra in extras if isinstance(extra, Accepts))
    single, several = base is pd.Series, base is pd.DataFrame
    return Role(
        kind=accepts.kind,
        many=several,
        formula=not (single or several),
        optional=optional,
        keeps_missing=accepts.keeps_missing,
        keeps_levels=accepts.keeps_levels,
        random=accepts.random,
    )


def _option(hint: Any, parameter: inspect.Parameter) -> Option:
    limit = None
    if get_origin(hint) is Annotated:
        hint, *extras = get_args(hint)
        limit = next((extra for extra in extras if isinstance(extra, Between | AtLeast)), None)
    choices = get_args(hint) if get_origin(hint) is Literal else ()
    words: tuple[str, ...] = ()
    if get_origin(hint) in {types.UnionType, Union}:  # a number, or one of a few words
        number, literal = get_args(hint)
        hint, words = number, get_args(literal)
    return Option(hint, limit, choices, parameter.default, words)
