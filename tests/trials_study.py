"""A small review for tests: made-up trials, of which each prints something else."""

from pathlib import Path

NAMES = ("Adler 2010", "Berg 2012", "Costa 2009", "Dorn 2014", "Egli 2012", "Falk 2015", "Gross 2001")
TRIALS = """trial,study,n1,m1,sd1,se1,md1,q1,q3,n2,m2,sd2,t,p,dir,est,lo,hi,fell1,fell2
T1,Adler 2010,20,12.5,4,,,,,21,10,4.5,,,,,,,3,6
T2,Berg 2012,16,11,,1.2,,,,18,9,5,,,,,,,0,0
T3,Costa 2009,30,,,,14,10,18,28,11,6,,,,,,,5,9
T4,Dorn 2014,25,,,,,,,24,,,2.1,,,,,,0,4
T5,Egli 2012,13,,,,,,,15,,,,0.03,positive,,,,2,5
T6,Falk 2015,,,,,,,,,,,,,,0.4,0.1,0.7,,
T7,Gross 2001,10,,,,,,,11,,,,,,,,,1,2
"""
NUMBERS = (
    "n1",
    "m1",
    "sd1",
    "se1",
    "md1",
    "q1",
    "q3",
    "n2",
    "m2",
    "sd2",
    "t",
    "p",
    "est",
    "lo",
    "hi",
    "fell1",
    "fell2",
)
LEVELS = ", ".join(f'"{name}" = "{name}"' for name in NAMES)
SCHEMA = f"""
table = "trials"
key = ["trial"]
[columns.trial]
kind = "id"
required = true
[columns.study]
kind = "nominal"
label = "Study"
levels = {{ {LEVELS} }}
[columns.dir]
kind = "binary"
label = "Direction"
levels = {{ negative = "Negative", positive = "Positive" }}
""" + "".join(f'[columns.{name}]\nkind = "continuous"\nlabel = "{name}"\n' for name in NUMBERS)
EFFECTS = """
[effects.motor]
measure = "SMD"
label = "Motor function"
comparison_n = "n1"
comparison_mean = "m1"
comparison_sd = "sd1"
comparison_std_error = "se1"
comparison_median = "md1"
comparison_quartile_1 = "q1"
comparison_quartile_3 = "q3"
reference_n = "n2"
reference_mean = "m2"
reference_sd = "sd2"
t_value = "t"
p_value = "p"
direction = "dir"
estimate = "est"
conf_low = "lo"
conf_high = "hi"
[effects.falls]
measure = "RR"
comparison_events = "fell1"
comparison_n = "n1"
reference_events = "fell2"
reference_n = "n2"
"""
ANALYSES = """
[[analysis]]
id = "motor"
method = "meta_effects"
study = "study"
effect = "motor"
std_error = "motor_se"
[[analysis]]
id = "falls"
method = "meta_effects"
study = "study"
effect = "falls"
std_error = "falls_se"
scale = "logarithms"
[[analysis]]
id = "sources"
method = "describe"
outcome = "motor_from"
"""
PLAN = f"""
title = "Trials"
seed = 1
note = "Made-up values."
[tables.trials]
source = "data/trials.csv"
schema = "trials"
[cohort]
unit = "trial"
called = "trials"
{EFFECTS}{ANALYSES}"""


def make(folder: Path, *, plan: str = PLAN, trials: str = TRIALS, schema: str = SCHEMA) -> Path:
    """Write the study into `folder` and return it."""
    files = {"plan.toml": plan, "data/trials.csv": trials, "data_schemas/trials.toml": schema}
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder
