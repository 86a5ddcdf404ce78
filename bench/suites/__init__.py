"""One benchmark a file: `NAME.py` has TITLE, and run(bench) that measures and reports."""
