"""Stands in for the package of this name where it is not installed: what inference.py files use."""
