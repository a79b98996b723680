"""As in production, but that lines of a log carry no digests."""

from tests.production.settings import *  # noqa: F403
from tests.production.settings import MIDDLEWARE

MIDDLEWARE = [*MIDDLEWARE, "tests.bench.without.chain"]
