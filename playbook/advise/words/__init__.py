"""Facts and conditions of rules in the words of either language."""
