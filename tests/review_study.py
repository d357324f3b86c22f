"""A small review for tests: 13 trials of BCG vaccine (Colditz et al. 1994), with made-up judgements.

Counts of the trials are those of `dat.bcg` of R's package metadat; the flow, the published result and the
certainty are made up, and the study says so.
"""

from functools import cache
from math import log, sqrt
from pathlib import Path
from tempfile import TemporaryDirectory

from mmstats.results import Results
from mmstats.study import Study

TRIALS = (
    ("t1", "Aronson 1948", 1948, 4, 119, 11, 128, 44, "random"),
    ("t2", "Ferguson & Simes 1949", 1949, 6, 300, 29, 274, 55, "random"),
    ("t3", "Rosenthal et al. 1960", 1960, 3, 228, 11, 209, 42, "random"),
    ("t4", "Hart & Sutherland 1977", 1977, 62, 13536, 248, 12619, 52, "random"),
    ("t5", "Frimodt-Møller et al. 1973", 1973, 33, 5036, 47, 5761, 13, "alternate"),
    ("t6", "Stein & Aronson 1953", 1953, 180, 1361, 372, 1079, 44, "alternate"),
    ("t7", "Vandiviere et al. 1973", 1973, 8, 2537, 10, 619, 19, "random"),
    ("t8", "TPT Madras 1980", 1980, 505, 87886, 499, 87892, 13, "random"),
    ("t9", "Coetzee & Berjak 1968", 1968, 29, 7470, 45, 7232, 27, "random"),
    ("t10", "Rosenthal et al. 1961", 1961, 17, 1699, 65, 1600, 42, "systematic"),
    ("t11", "Comstock et al. 1974", 1974, 186, 50448, 141, 27197, 18, "systematic"),
    ("t12", "Comstock & Webster 1969", 1969, 5, 2493, 3, 2338, 33, "systematic"),
    ("t13", "Comstock et al. 1976", 1976, 27, 16886, 29, 17825, 33, "systematic"),
)
JUDGED = ("low", "some", "low", "low", "high", "some", "low", "low", "some", "high", "some", "", "low")
REVIEW = """
[review]
question = "Does BCG vaccination prevent tuberculosis?"
study = "trial"
citation = "citation"
characteristics = ["latitude", "allocation"]
risk_of_bias = ["allocation", "blinding"]
eligibility = "Prospective trials of BCG vaccine with concurrent controls, counting cases of tuberculosis."
search = "BCG and tuberculosis, in any field, without limits of language."
selection = "Two people read each title, and each report in full, apart from each other."
funding = "None."
[review.pico]
population = "People without tuberculosis"
intervention = "BCG vaccine"
comparison = "No vaccine"
outcome = "Tuberculosis"
[review.flow]
databases = { MEDLINE = 900, Embase = 700 }
registers = 130
duplicates = 230
screened = 1500
excluded_screening = 1440
sought = 60
not_retrieved = 5
assessed = 55
excluded = [{ reason = "No concurrent controls", n = 30 }, { reason = "No count of cases", n = 12 }]
included_studies = 13
included_reports = 15
[review.flow.other]
citations = 4
sought = 4
not_retrieved = 1
assessed = 3
excluded = [{ reason = "No concurrent controls", n = 1 }]
[[review.published]]
analysis = "bcg"
label = "Made up 1994"
estimate = 0.49
conf_low = 0.34
conf_high = 0.70
studies = 13
participants = 357347
citation = "colditz1994"
measure = "RR"
[[review.published]]
analysis = "bcg"
label = "Made up 1995"
estimate = 0.51
studies = 13
q = 163.0
i2 = 70
measure = "RR"
note = "Mantel-Haenszel"
[[review.finding]]
analysis = "bcg"
outcome = "Tuberculosis"
certainty = "moderate"
reasons = ["Trials differ by more than chance."]
comment = "BCG probably lowers the risk."
"""
PLAN = f"""
title = "BCG vaccine against tuberculosis: an example with made-up judgements"
seed = 7
note = "The trials are real; the flow, the judgements and the published results are made up for this test."
[tables.trials]
source = "data/trials.csv"
schema = "trials"
[cohort]
unit = "key"
[[analysis]]
id = "bcg"
label = "Risk of tuberculosis"
method = "meta_effects"
study = "trial"
effect = "effect"
std_error = "effect_se"
size = "n"
scale = "logarithms"
[[analysis]]
id = "by-allocation"
label = "Risk of tuberculosis, by allocation"
method = "meta_effects"
study = "trial"
effect = "effect"
std_error = "effect_se"
size = "n"
subgroup = "allocation"
scale = "logarithms"
[[analysis]]
id = "common"
label = "Risk of tuberculosis, one true effect"
method = "meta_effects"
study = "trial"
effect = "effect"
std_error = "effect_se"
size = "n"
scale = "logarithms"
tau2 = "common"
test = "z"
[[analysis]]
id = "small"
label = "Small trials of tuberculosis"
method = "meta_small_study"
study = "trial"
effect = "effect"
std_error = "effect_se"
scale = "logarithms"
[[analysis]]
id = "without"
label = "Risk of tuberculosis without each trial"
method = "meta_influence"
study = "trial"
effect = "effect"
std_error = "effect_se"
scale = "logarithms"
[[analysis]]
id = "latitude"
label = "Risk of tuberculosis by latitude"
method = "meta_regression"
study = "trial"
formula = "effect ~ latitude"
std_error = "effect_se"
[[analysis]]
id = "counts"
label = "Cases of tuberculosis"
method = "meta_events"
study = "trial"
comparison_events = "cases_bcg"
comparison_total = "n_bcg"
reference_events = "cases_none"
reference_total = "n_none"
measure = "risk_ratio"
{REVIEW}"""
SCHEMA = """
table = "trials"
key = ["key"]
[columns.key]
kind = "id"
required = true
[columns.trial]
kind = "nominal"
label = "Trial"
levels = {{ {trials} }}
[columns.citation]
kind = "nominal"
label = "Report"
levels = {{ {citations} }}
[columns.effect]
kind = "continuous"
label = "Log risk ratio"
[columns.effect_se]
kind = "continuous"
label = "Its standard error"
[columns.effect_from]
kind = "nominal"
label = "Computed from"
levels = {{ counts = "Counts of both groups", interval = "Interval as printed" }}
[columns.n]
kind = "count"
label = "Participants"
[columns.latitude]
kind = "continuous"
label = "Latitude"
unit = "°"
[columns.allocation]
kind = "nominal"
label = "Allocation"
levels = {{ random = "Random", alternate = "Alternate", systematic = "Systematic" }}
[columns.blinding]
kind = "ordinal"
label = "Blinding"
levels = {{ low = "Low", some = "Some concerns", high = "High" }}
[columns.cases_bcg]
kind = "count"
label = "Cases, vaccinated"
[columns.n_bcg]
kind = "count"
label = "Vaccinated"
[columns.cases_none]
kind = "count"
label = "Cases, not vaccinated"
[columns.n_none]
kind = "count"
label = "Not vaccinated"
[columns.unused]
kind = "count"
label = "Not used by anything"
"""


COLDITZ = """@article{colditz1994,
  author = {Colditz, Graham A. and Brewer, Timothy F. and Berkey, Catherine S. and others},
  title = {Efficacy of {BCG} vaccine in the prevention of tuberculosis},
  journal = {JAMA},
  year = {1994},
  volume = {271},
  number = {9},
  pages = {698--702},
  doi = {10.1001/jama.1994.03510330076038}
}
"""


def make(folder: Path, *, plan: str = PLAN) -> Path:
    """Write the study into `folder` and return it."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "data_schemas").mkdir(exist_ok=True)
    rows = [
        "key,trial,citation,effect,effect_se,effect_from,n,latitude,allocation,blinding,cases_bcg,n_bcg,cases_none,n_none,unused"
    ]
    for (name, _, _, tp, tn, cp, cn, latitude, how), judged in zip(TRIALS, JUDGED, strict=True):
        effect = log(tp / (tp + tn)) - log(cp / (cp + cn))
        error = sqrt(1 / tp - 1 / (tp + tn) + 1 / cp - 1 / (cp + cn))
        size = tp + tn + cp + cn
        rows.append(
            f"{name},{name},bcg{name},{effect!r},{error!r},counts,{size},{latitude},{how},{judged},"
            f"{tp},{tp + tn},{cp},{cp + cn},1"
        )
    trials = ", ".join(f'{name} = "{label}"' for name, label, *_ in TRIALS)
    citations = ", ".join(f'bcg{name} = "{label}"' for name, label, *_ in TRIALS)
    bibliography = [
        f"@misc{{bcg{name},\n  title = {{Trial of BCG vaccine: {label}}},\n  year = {{{year}}}\n}}\n"
        for name, label, year, *_ in TRIALS
    ]
    bibliography.append(COLDITZ)
    texts = {
        "plan.toml": plan,
        "data/trials.csv": "\n".join(rows) + "\n",
        "data_schemas/trials.toml": SCHEMA.format(trials=trials, citations=citations),
        "references.bib": "\n".join(bibliography).replace("&", "\\&"),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@cache
def computed() -> Results:
    """Return the study's results."""
    with TemporaryDirectory() as folder:
        return Study.find(make(Path(folder))).compute()
