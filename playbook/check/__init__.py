"""Second stage: what is wrong with a rulebook as a whole, and a witness for each rule."""
