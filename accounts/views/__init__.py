"""The pages of a company's people, places, payors and settings, and the one where a password is chosen."""
