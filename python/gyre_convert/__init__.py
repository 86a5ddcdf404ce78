"""Conversions that gyre-host runs once per model, in a process of their own: see __main__.py."""
