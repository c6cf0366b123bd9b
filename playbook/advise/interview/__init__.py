"""Which missing facts to ask for: what their possible values would change."""
