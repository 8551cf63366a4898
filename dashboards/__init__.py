"""What to look at a probe with: dashboards, rules, runbook. Nothing here is part of the installed packages."""
