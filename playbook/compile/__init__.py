"""Third stage: a rulebook as one durable_rules ruleset."""
