"""As in production, and each answer tells how many statements it took."""

from tests.production.settings import *  # noqa: F403
from tests.production.settings import MIDDLEWARE

MIDDLEWARE = ["tests.bench.counting.statements", *MIDDLEWARE]
