"""The pipeline review: the funnel, and the forecast against the gates."""
