"""As in production, but that no request opens a transaction or names its company."""

from tests.production.settings import *  # noqa: F403
from tests.production.settings import MIDDLEWARE

MIDDLEWARE = [name for name in MIDDLEWARE if name != "accounts.middleware.CompanyMiddleware"]
