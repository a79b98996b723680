"""A list of devices: columns and cells become rows (`rows`), rows a plan (`plan`), the plan devices (`storing`), some
hundred rows at a time (`bringing`); by a command at once, or from a page by a worker (`work`).

What each column means and what the rules are: docs/importing.md.
"""
