from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Company, Domain, SingleSignOn, User
from accounts.models.audit import record
from accounts.models.closable import Refused, still_there


@transaction.atomic
def remove(domain: Domain, *, by: User) -> None:
    """Let a domain go. Raises Refused for one that is gone already, and for the last one that leads anybody to a
    provider which is in use."""
    # The domain before the company, as proving does; the company so that the last two don't go at once.
    domain = still_there(domain)
    Company.objects.select_for_update(no_key=True).get(pk=domain.company_id)
    others = Domain.objects.filter(company_id=domain.company_id, proved_at__isnull=False).exclude(pk=domain.pk)
    is_used = SingleSignOn.objects.filter(company_id=domain.company_id, is_on=True).exists()
    if domain.is_proved and is_used and not others.exists():
        raise Refused(_("People sign in by this domain. Switch single sign-on off first, or prove another domain."))
    domain.delete()
    record(by.company_id, "setting_domain_removed", by=by, thing=str(domain))
