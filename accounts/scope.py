"""Which company's rows this transaction sees.

On PostgreSQL policies (accounts/policies.py) show the application's role only what five settings name, each of which
ends with the transaction: `app.company_id`, the company; `app.user_id`, one person, before their company is known;
`app.email`, whoever has joined with this address, for signing in; `app.domain`, the provider that signs in whoever has
an address there; `app.provider_of`, the provider of the company that an answer is sent to. None set: no rows. SQLite
has neither roles nor policies, so there all of this does nothing.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction

from .models import Company, User

T = TypeVar("T")

# The connection that goes by support's role. SQLite has none.
SUPPORT = "support"

_alias: ContextVar[str | None] = ContextVar("alias", default=None)


def alias_in_use() -> str | None:
    """The connection that queries go by within `support()`; None outside."""
    return _alias.get()


@contextmanager
def support() -> Iterator[None]:
    """Within the block, one transaction by support's role, the rows of every company are seen: for the Django admin,
    and for commands that go from company to company."""
    alias = SUPPORT if SUPPORT in connections.databases else DEFAULT_DB_ALIAS
    if connections[alias].vendor != "postgresql":
        yield
        return
    token = _alias.set(alias)
    try:
        with transaction.atomic(using=alias):
            yield
    finally:
        _alias.reset(token)


def _set(**values: object) -> None:
    if connection.vendor != "postgresql":
        return
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A company's rows are seen within a transaction only.")
    calls = ", ".join(["set_config(%s, %s, true)"] * len(values))
    parameters = [text for name, value in values.items() for text in (f"app.{name}", str(value or ""))]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {calls}", parameters)


@contextmanager
def company_scope(company_id: int | None) -> Iterator[None]:
    """Within the block, one transaction, this company's rows are seen, and afterwards those of before. For what runs
    outside a request: commands, an export that is written as it is read, what follows a commit."""
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('app.company_id', true)")
            before = cursor.fetchone()[0]
        _set(company_id=company_id)
        yield
        _set(company_id=before)


def within(company_id: int | None, rows: Iterable[T]) -> Iterator[T]:
    """The rows, read within the company's scope: for a response that is written after its request."""
    with company_scope(company_id):
        yield from rows


def recognise(user_id: int | str | None, company_id: int | None = None) -> None:
    """From here to the end of the transaction this person is seen, and where it is given the rows of their company."""
    _set(user_id=user_id, company_id=company_id, email="", domain="", provider_of="")


def recognise_with_company(user_id: int) -> None:
    """`recognise`, for somebody who has proved who they are and whose company isn't known yet."""
    if connection.vendor == "postgresql":
        recognise(user_id)
        recognise(user_id, User.objects.filter(pk=user_id).values_list("company_id", flat=True).first())


def look_for(email: str) -> None:
    """From here on to `recognise`, whoever has joined with this address is seen: for signing in."""
    _set(email=email)


def look_for_domain(name: str) -> None:
    """From here on to `recognise`, the company's provider is seen that this proved domain leads to: for signing in."""
    _set(domain=name)


def look_for_provider(company_id: int) -> None:
    """From here on to `recognise`, this company's provider is seen: an answer has come that says it is from there."""
    _set(provider_of=company_id)


def companies(slug: str | None = None) -> list[Company]:
    """All companies, or the one with this short name if there is one: for commands, which go on within the scope of
    each."""
    with support():
        return list(Company.objects.order_by("slug") if slug is None else Company.objects.filter(slug=slug))


def every_company(slug: str | None = None) -> Iterator[Company]:
    """Each of `companies()` in turn, within its own scope."""
    for company in companies(slug):
        with company_scope(company.pk):
            yield company
