"""How many wait for providers at one moment: few, so that a slow one never takes the time of everybody else."""

from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Lock

from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.middleware import without_transaction
from accounts.models import SingleSignOn

from .protocols import ProviderBusy

# Of a process, which has six threads (`manage.py serve`); and no company takes them all.
AT_ONCE = 3
OF_A_COMPANY = 2

_lock = Lock()
_asking: Counter[int] = Counter()


@contextmanager
def turn(company_id: int) -> Iterator[None]:
    """Within the block this company's provider is asked. Raises ProviderBusy where there is no turn left."""
    with _lock:
        if _asking.total() >= AT_ONCE or _asking[company_id] >= OF_A_COMPANY:
            raise ProviderBusy(_("Too many ask a provider at this moment. Try again in some seconds."))
        _asking[company_id] += 1
    try:
        yield
    finally:
        with _lock:
            _asking[company_id] -= 1


@contextmanager
def asking(request: HttpRequest, company_id: int) -> Iterator[None]:
    """`turn`, outside the request's transaction: the database does not wait along."""
    with turn(company_id), without_transaction(request):
        yield


def asking_if_needed(request: HttpRequest, sso: SingleSignOn) -> AbstractContextManager[None]:
    """`asking`, where the server itself asks the provider. By SAML the browser alone carries question and answer."""
    return nullcontext() if sso.protocol == SingleSignOn.Protocol.SAML else asking(request, sso.company_id)
