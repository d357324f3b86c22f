"""A small study folder for tests: made-up values, two tables, five analyses."""

from pathlib import Path

PARTICIPANTS = """participant_id,group,age,sex,total
P01,HC,34,f,20
P02,HC,41,m,31
P03,HC,29,f,25
P04,HC,52,f,22
P05,HC,38,m,28
P06,HC,17,m,30
P07,MS,36,f,44
P08,MS,48,f,39
P09,MS,27,m,-9
P10,MS,55,f,51
P11,MS,40,m,47
P12,MS,33,f,36
"""
SCORES = "participant_id,hand,score\n" + "".join(
    f"P{i:02},{hand},{(i * 7 + len(hand)) % 5 if i > 6 else i % 2}\n"
    for i in range(1, 13)
    for hand in ("left", "right")
)
PEOPLE_SCHEMA = """
table = "people"
key = ["participant_id"]
[columns.participant_id]
kind = "id"
required = true
[columns.group]
kind = "binary"
label = "Group"
levels = { HC = "Healthy control", MS = "Multiple sclerosis" }
required = true
[columns.age]
kind = "continuous"
label = "Age"
unit = "years"
range = [16, 90]
[columns.sex]
kind = "binary"
label = "Sex"
levels = { female = "Female", male = "Male" }
codes = { f = "female", m = "male" }
[columns.total]
kind = "continuous"
label = "Fatigue"
range = [20, 100]
missing_codes = { -9 = "not done" }
"""
SCORES_SCHEMA = """
table = "scores"
key = ["participant_id", "hand"]
[columns.participant_id]
kind = "id"
required = true
[columns.hand]
kind = "binary"
label = "Hand"
levels = { left = "Left", right = "Right" }
required = true
[columns.score]
kind = "ordinal"
label = "Score"
allowed = [0, 1, 2, 3, 4]
"""
PLAN = """
title = "An example"
seed = 7
note = "Made-up values."
[tables.people]
source = "data/people.csv"
schema = "people"
[tables.scores]
source = "data/scores.csv"
schema = "scores"
summarise = [
  { name = "worst", value = "score", by = "max", label = "Worst score" },
  { name = "left", value = "score", by = "max", where = "hand == 'left'" },
]
[cohort]
group = "group"
exclude = [{ where = "age < 18", reason = "under 18" }]
[cohort.derive]
marked = "worst > 1"
[families.main]
adjust = "holm"
[[analysis]]
id = "fatigue"
method = "welch"
outcome = "total"
group = "group"
family = "main"
[[analysis]]
id = "severity"
method = "brunner_munzel"
outcome = "worst"
group = "group"
family = "main"
[[analysis]]
id = "boot"
method = "welch"
outcome = "age"
group = "group"
interval = "bca-bootstrap"
resamples = 199
[[analysis]]
id = "within"
method = "spearman"
x = "total"
y = "age"
where = "group == 'MS'"
[[analysis]]
id = "nobody"
method = "welch"
outcome = "total"
group = "sex"
where = "age > 80"
"""


def make(folder: Path, *, plan: str = PLAN, people: str = PARTICIPANTS, scores: str = SCORES) -> Path:
    """Write the study into `folder` and return it."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "data_schemas").mkdir(exist_ok=True)
    files = {
        "plan.toml": plan,
        "data/people.csv": people,
        "data/scores.csv": scores,
        "data_schemas/people.toml": PEOPLE_SCHEMA,
        "data_schemas/scores.toml": SCORES_SCHEMA,
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder
