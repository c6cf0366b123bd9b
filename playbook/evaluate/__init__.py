"""Fourth stage: activations and conclusions of a rulebook on a deal, from either engine."""
