"""Which company's rows this transaction sees.

On PostgreSQL policies (accounts/policies.py) show the application's role only what five settings name, each of which
ends with the transaction: `app.company_id`, the company; `app.user_id`, one person, before their company is known;
`app.email`, whoever has joined with this address, for signing in; `app.domain`, the provider that signs in whoever has
an address there; `app.provider_of`, the provider of the company that an answer is sent to. None set: no rows. SQLite
has neither roles nor policies, so there all of this does nothing.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction

from . import planning
from .models import Company, User

# The connection that goes by support's role. SQLite has none.
SUPPORT = "support"

# How long a statement of a request may take, a wait for somebody's lock included, and how long a request's transaction,
# with all that it has locked, may wait for the program. Commands, and exports while they are written, take their time.
LIMITS = {"statement_timeout": "30s", "idle_in_transaction_session_timeout": "5min"}

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


def _set(values: Mapping[str, object], alias: str = DEFAULT_DB_ALIAS) -> None:
    """To the end of the transaction."""
    if connections[alias].vendor != "postgresql":
        return
    if not connections[alias].in_atomic_block:
        raise transaction.TransactionManagementError("A company's rows are seen within a transaction only.")
    calls = ", ".join(["set_config(%s, %s, true)"] * len(values))
    parameters = [text for name, value in values.items() for text in (name, str(value or ""))]
    with connections[alias].cursor() as cursor:
        cursor.execute(f"SELECT {calls}", parameters)


def _company_seen() -> str | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.company_id', true)")
        return cursor.fetchone()[0]


@contextmanager
def company_scope(company_id: int | None, limits: Mapping[str, str] | None = None) -> Iterator[None]:
    """Within the block, one transaction, this company's rows are seen, and afterwards those of before. For what runs
    outside a request: commands, an export that is written as it is read, what follows a commit. `limits` hold to the
    end of the transaction, as `LIMITS` do for a request."""
    if connection.vendor != "postgresql":
        yield
        return
    is_within = connection.in_atomic_block
    with transaction.atomic():
        before = _company_seen() if is_within else None
        _set({"app.company_id": company_id, planning.SETTING: planning.FOR_VALUES, **(limits or {})})
        yield
        if is_within:  # else the setting ends with the transaction
            _set({"app.company_id": before})


def recognise(user_id: int | str | None, company_id: int | None = None) -> None:
    """From here to the end of the transaction this person is seen, and where it is given the rows of their company."""
    _set(_of(user_id, company_id))


def begin_request(user_id: int | str | None, company_id: int | None, planned: str) -> None:
    """`recognise`, at the beginning of a request's transaction: `LIMITS` hold to its end, and when plans are kept
    (planning.mode_for)."""
    _set(_of(user_id, company_id) | LIMITS | {planning.SETTING: planned})


def limit_support() -> None:
    """The same limits for the rest of a request within `support()`, which keeps no plans."""
    _set(LIMITS | {planning.SETTING: planning.FOR_VALUES}, alias_in_use() or DEFAULT_DB_ALIAS)


def _of(user_id: int | str | None, company_id: int | None) -> dict[str, object]:
    names = ("app.email", "app.domain", "app.provider_of")
    return {"app.user_id": user_id, "app.company_id": company_id, **dict.fromkeys(names, "")}


def recognise_with_company(user_id: int) -> None:
    """`recognise`, for somebody who has proved who they are and whose company isn't known yet."""
    if connection.vendor == "postgresql":
        recognise(user_id)
        recognise(user_id, User.objects.filter(pk=user_id).values_list("company_id", flat=True).first())


def look_for(email: str) -> None:
    """From here on to `recognise`, whoever has joined with this address is seen: for signing in."""
    _set({"app.email": email})


def look_for_domain(name: str) -> None:
    """From here on to `recognise`, the company's provider is seen that this proved domain leads to: for signing in."""
    _set({"app.domain": name})


def look_for_provider(company_id: int) -> None:
    """From here on to `recognise`, this company's provider is seen: an answer has come that says it is from there."""
    _set({"app.provider_of": company_id})


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
