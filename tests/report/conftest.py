"""A made-up study's saved results, and a document that uses everything the engine knows."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmstats import saved
from mmstats.cohort import Step
from mmstats.estimate import Estimate, Quantity
from mmstats.kind import Kind
from mmstats.missing_counts import Missing
from mmstats.plan import Analysis
from mmstats.results import Result, Results
from mmstats.variable import Variable

HOSTILE = (
    '<script>alert(1)</script> ![](/etc/passwd) `x`{=html} #read("/etc/passwd") $x$ @tbl-none '
    "{{< include /etc/passwd >}}"
)
SUPERIORITY = Quantity("superiority", "Probability of superiority", null=0.5)
DIFFERENCE = Quantity("mean_difference", "Mean difference", null=0)


def compared(id: str, outcome: str, e: Estimate, **more: object) -> Result:
    arguments = {"outcome": outcome, "group": "group"}
    values = {"title": "Welch's t test", "references": ("welch1947",), "tested": 0, "n": 20, **more}
    return Result(
        analysis=Analysis(id=id, method="welch", arguments=arguments, family="primary"),
        options={"level": 0.95},
        estimates=(e,),
        **values,  # type: ignore[arg-type]
    )


def results() -> Results:
    rng = np.random.default_rng(1)
    group = pd.Categorical(["HC"] * 10 + ["MS"] * 10, categories=["HC", "MS"])
    points = pd.DataFrame(
        {"group": group, "age": rng.normal(40, 9, 20).round(), "mm": rng.integers(0, 5, 20) * 1.0}
    )
    superiority = Estimate(
        quantity=SUPERIORITY,
        estimate=0.784,
        conf_low=0.634,
        conf_high=0.921,
        conf_level=0.95,
        p_value=0.0021,
        n=20,
    )
    difference = Estimate(
        quantity=DIFFERENCE,
        estimate=-1.24,
        conf_low=-2.06,
        conf_high=-0.34,
        conf_level=0.95,
        p_value=0.04,
        n=20,
    )
    return Results(
        title="A made-up study of <b>nobody</b>",
        note="These data are simulated.",
        group="group",
        families={"primary": "holm"},
        family_labels={"primary": "First things"},
        variables={
            "group": Variable(
                name="group", kind=Kind.BINARY, label="Group", levels={"HC": "Control", "MS": "Patient"}
            ),
            "age": Variable(name="age", kind=Kind.CONTINUOUS, label=HOSTILE, unit="years"),
            "mm": Variable(name="mm", kind=Kind.ORDINAL, label="Mirror movements", allowed=(0, 1, 2, 3, 4)),
        },
        items=(
            compared("mm-severity", "mm", superiority, p_adjusted=0.0042, excluded={"mm is missing": 2}),
            compared("age-difference", "age", difference, p_adjusted=0.04, warnings=(HOSTILE,)),
        ),
        flow=(
            Step("In clinical", 22, 0, {"HC": 11, "MS": 11}),
            Step("under 18", 20, 2, {"HC": 10, "MS": 10}),
        ),
        missing=(Missing("mm", "not done", "MS", 2), Missing("mm", "refused", "HC", 1)),
        points=points,
        provenance={
            "plan": {"digest": "ab" * 32, "seed": 7},
            "python": "3.11.7",
            "platform": "Linux x86_64",
            "packages": {"mmstats": "0.1.0", "numpy": "2.4.6"},
            "tables": [
                {"name": "clinical", "source": "data/clinical.csv", "digest": "cd" * 32, "rows": 22,
                 "columns": 3, "schema": "clinical", "schema_digest": "ef" * 32,
                 "details": {"encoding": "cp1252", "delimiter": ";"}}
            ],
            "violations": [
                {"table": "clinical", "row": 9, "column": "PASAT", "value": HOSTILE, "rule": "number",
                 "severity": "error", "action": "called missing", "reason": "It cannot be read."}
            ],
        },
    )  # fmt: skip


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study") / "results"
    saved.save(results(), folder)
    return folder


DOCUMENT = """---
title: "A title & <more>"
jupyter: python3
toc: true
bibliography: own.bib
---

```{python}
#| tags: [parameters]
study = "unset"
```

```{python}
#| include: false
from mmstats.report import Report

report = Report(study)
untrusted = report.results.variables["age"].label
```

# First {#first}

Severity: `{python} report.text("mm-severity")`. Untrusted: `{python} untrusted`. Verbatim: ``{python} 1``.
See @tbl-own, [-@fig-plot], [@fig-plot; @tbl-asis] and [@doe2001].

::: {.callout-note}
A remark.
:::

```{python}
#| label: tbl-own
#| tbl-cap: "Own table [@doe2001]."
#| echo: false
from mmstats.tables.table import Column, Row, Table

table = Table(
    id="own",
    columns=(Column("a", "Name", "left"), Column("b", "Number", "right")),
    rows=(Row({"a": untrusted, "b": "0.1234"}),),
)
table
```

{{< pagebreak >}}

```{python}
#| label: fig-plot
#| fig-cap: "A plot."
#| fig-alt: "Two points, one <above> the \\"other\\"."
#| echo: false
from matplotlib.figure import Figure
from IPython.display import SVG

SVG('<svg xmlns="http://www.w3.org/2000/svg" width="100pt" height="50pt"><rect width="9" height="9"/></svg>')
```

```{python}
#| output: asis
#| echo: false
from dataclasses import replace

from IPython.display import Markdown, display

display(Markdown("::: {#tbl-asis}\\n"))
display(replace(table, id="looped"))
display(Markdown("\\nMade in a loop.\\n\\n:::\\n"))
```

# References

::: {#refs}
:::
"""
BIB = """@article{doe2001, author = {Doe, A.}, title = {A title}, journal = {A journal}, year = {2001},
volume = {1}, pages = {1--2}}
"""


@pytest.fixture(scope="session")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("document")
    (folder / "own.bib").write_text(BIB)
    (folder / "own.qmd").write_text(DOCUMENT)
    return folder / "own.qmd"
