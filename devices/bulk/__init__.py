"""Acting on many devices: which acts there are, what each would do with those that were chosen, and doing it."""
