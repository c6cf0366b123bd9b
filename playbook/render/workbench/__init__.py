"""What the workbench found: findings, tests, comparisons, upgrades."""
