"""Rules, codes and dependencies as pages to read."""
