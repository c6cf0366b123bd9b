"""Fifth stage: from activations to a briefing, and why a rule fired or did not."""
