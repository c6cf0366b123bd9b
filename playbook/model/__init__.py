"""What everything is made of: values, vocabulary, facts, unary tests, rules and the rulebook. No input or output."""
