"""Bringing lists along: what every import shares, and the import of people (`people`).

A file's table (`accounts.spreadsheets`) becomes rows without a look at the database, rows become a plan, and the plan
is stored through the domain's own verbs. Each step can be had alone, so that a page can rehearse what a command does.
"""
