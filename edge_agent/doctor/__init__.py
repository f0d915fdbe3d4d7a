"""`doctor`: every setting against what it meets, in one table. Looks only: safe beside a running agent, changes nothing here.

`examine` gives the findings; `table` shows them. What is wrong is told in the words of errors, as the agent itself would.
"""

from __future__ import annotations

from pathlib import Path

from edge_agent import tools
from edge_agent.doctor.finding import Finding, Level, good, wrong

__all__ = ["Finding", "Level", "examine"]


def examine(config: Path) -> list[Finding]:
    """All findings about the settings file `config`, in the order in which to mend them."""
    missing = tools.faults(load=True)
    if missing:
        return [wrong("tools", fault) for fault in missing]
    from edge_agent.config import check
    from edge_agent.doctor.cloud import reached
    from edge_agent.doctor.machine import found_here

    findings = [good("tools", f"{len(tools.TOOLS)} 个库可用", f"{len(tools.TOOLS)} libraries work")]
    settings, faults = check(config)
    if settings is None:
        return findings + [wrong("settings", fault) for fault in faults]
    findings.append(good("settings", str(config), str(config)))
    here, who = found_here(settings)
    return findings + here + reached(settings.cloud, who)
