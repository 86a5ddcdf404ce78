"""What the suites share: contestants measured in turn, and a report of medians and ratios."""
