"""A list of past repairs: cells become rows (`rows`), rows a plan (`plan`), the plan closed Repairs (`of_repairs`,
repairs/models/past.py). The rest is devices/importing/.

What each column means and what the rules are: docs/importing.md.
"""
