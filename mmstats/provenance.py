"""Where results come from: digests of everything that went in, and the versions that computed them."""

import platform
from collections.abc import Sequence
from typing import Any

from mmstats.intake import Finding, Intake
from mmstats.kind import Kind
from mmstats.own_methods import OwnMethods
from mmstats.plan import Plan
from mmstats.versions import packages


def provenance(plan: Plan, intake: Intake, own: Sequence[OwnMethods] = ()) -> dict[str, Any]:
    """Return the record that is saved with results: no times, no paths, no identifiers of participants."""
    return {
        "plan": {"digest": plan.digest, "seed": plan.seed},
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": dict(packages()),
        **({"methods": [_own(one) for one in own]} if own else {}),
        "tables": [
            {
                "name": table.name,
                "source": table.source,
                "digest": checked.digest,
                "rows": len(checked.frame),
                "columns": len(checked.frame.columns),
                "schema": checked.schema.table,
                "schema_digest": checked.schema.digest,
                "details": dict(checked.details),
            }
            for table, checked in intake.tables
        ],
        "violations": [_finding(finding, _identifiers(intake)) for finding in intake.findings],
    }


def _own(methods: OwnMethods) -> dict[str, Any]:
    return {"file": methods.path.name, "digest": methods.digest, "methods": list(methods.names)}


def _identifiers(intake: Intake) -> set[tuple[str, str]]:
    """Return the columns, by table and heading, that identify people."""
    return {
        (table.name, variable.heading or variable.name)
        for table, checked in intake.tables
        for variable in checked.schema.variables.values()
        if variable.kind in (Kind.ID, Kind.DATE)
    }


def _finding(finding: Finding, identifiers: set[tuple[str, str]]) -> dict[str, Any]:
    found = finding.violation
    hidden = (found.table, found.column) in identifiers
    return {
        "table": found.table,
        "row": found.row,
        "column": found.column or ", ".join(found.columns),
        "value": "(identifier)" if hidden else found.value,
        "rule": found.rule,
        "severity": found.severity,
        "action": finding.action,
        "becomes": "(identifier)" if hidden and finding.becomes else finding.becomes,
        "reason": finding.reason,
    }
