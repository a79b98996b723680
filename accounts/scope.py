"""Which company's rows this transaction sees.

On PostgreSQL policies (accounts/walls.py) show the application's role only what three settings name, each of which ends
with the transaction: `app.company_id`, the company; `app.user_id`, one person, before their company is known;
`app.email`, whoever has joined with this address, for signing in. None set: no rows. SQLite has neither roles nor
policies, so there all of this does nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from .models import Company


def _set(**values: object) -> None:
    if connection.vendor != "postgresql":
        return
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A company's rows are seen within a transaction only.")
    calls = ", ".join(["set_config(%s, %s, true)"] * len(values))
    parameters = [text for name, value in values.items() for text in (f"app.{name}", str(value or ""))]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {calls}", parameters)


def _get(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s, true)", [f"app.{name}"])
        return cursor.fetchone()[0] or ""


@contextmanager
def company_scope(company_id: int | None) -> Iterator[None]:
    """Within the block, one transaction, this company's rows are seen, and afterwards those of before. For what runs
    outside a request: commands, an export that is written as it is read, what follows a commit."""
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic():
        before = _get("company_id")
        _set(company_id=company_id)
        yield
        _set(company_id=before)


def recognise(user_id: int | str | None, company_id: int | None = None) -> None:
    """From here to the end of the transaction this person is seen, and where it is given the rows of their company."""
    _set(user_id=user_id, company_id=company_id, email="")


def look_for(email: str) -> None:
    """From here on to `recognise`, whoever has joined with this address is seen: for signing in."""
    _set(email=email)


def every_company(slug: str | None = None) -> Iterator[Company]:
    """Each company in turn, or the one with this short name, within its own scope: for commands."""
    companies = Company.objects.order_by("slug")
    if slug is not None:
        companies = companies.filter(slug=slug)
    for company in companies:
        with company_scope(company.pk):
            yield company
