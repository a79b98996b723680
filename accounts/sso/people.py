"""Who of a company comes in by its provider."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts import clock
from accounts.models import Domain, Identity, SingleSignOn, User
from accounts.models.audit import record
from accounts.text import clean_email, without_unseen

_YES, _NO = (True, "true"), (False, "false")


class NotLetIn(Exception):
    """Nobody comes in. `person` is whom the claims fit, where there is somebody: for the audit log, not for them."""

    def __init__(self, person: User | None = None) -> None:
        super().__init__()
        self.person = person


def who_comes_in(sso: SingleSignOn, claims: Mapping[str, Any]) -> User:
    """The person of the company that these claims of its provider are about. Runs within the company's scope.

    Who has come in before is known by the provider's own name for them (`sub`). Who comes for the first time is found
    by an address that the provider vouches for, and may be added. Raises NotLetIn.
    """
    subject = _text(claims["sub"])
    if not 0 < len(subject) <= 255:
        raise NotLetIn
    known = {"company_id": sso.company_id, "issuer": sso.issuer, "subject": subject}
    try:
        with transaction.atomic():
            identity = Identity.objects.select_related("user__company").filter(**known).first()
            if identity is None:
                person = _first_time(sso, claims)
                Identity.objects.create(user=person, **known)
                return person
    except IntegrityError as error:  # somebody was quicker, or the address is somebody's account at another company
        raise NotLetIn from error
    return _let_in(identity.user)


def _text(value: object) -> str:
    """What a claim says, if every database can keep it."""
    return str(value or "").replace("\0", "").encode(errors="ignore").decode()


def _let_in(person: User) -> User:
    if not (person.is_active and person.has_joined):
        raise NotLetIn(person)
    return person


def _first_time(sso: SingleSignOn, claims: Mapping[str, Any]) -> User:
    email, domain_is_own = _vouched_address(sso, claims)
    people = User.objects.select_for_update(no_key=True, of=("self",)).select_related("company")
    person = people.filter(company_id=sso.company_id, email=email).first()
    if person is None:
        if not (sso.creates_people and domain_is_own):
            raise NotLetIn
        return _added(sso, email, claims)
    if not person.is_active or person.identities.filter(issuer=sso.issuer).exists():
        raise NotLetIn(person)
    if not person.has_joined:
        person.joined_at, person.link_made_at = clock.now(), None
        person.save(update_fields=["joined_at", "link_made_at"])
    return person


def _vouched_address(sso: SingleSignOn, claims: Mapping[str, Any]) -> tuple[str, bool]:
    """The address, and whether its domain is the company's own. Some providers of companies never say that an address
    is verified: they are believed about the company's own domains, and about no others."""
    email, word = clean_email(_text(claims.get("email"))), claims.get("email_verified")
    try:
        User._meta.get_field("email").run_validators(email)
    except ValidationError as error:
        raise NotLetIn from error
    own = Domain.objects.filter(company_id=sso.company_id, proved_at__isnull=False, name=email.rpartition("@")[2])
    domain_is_own = own.exists()
    if word in _NO or (word not in _YES and not domain_is_own):
        raise NotLetIn
    return email, domain_is_own


def _added(sso: SingleSignOn, email: str, claims: Mapping[str, Any]) -> User:
    """An employee, whoever they are at the provider: an admin is made by an admin."""
    name = " ".join(without_unseen(_text(claims.get("name"))).split())[:150] or email.partition("@")[0]
    person = User(company_id=sso.company_id, email=email, full_name=name, joined_at=clock.now())
    person.set_unusable_password()
    person.save(force_insert=True)
    record(sso.company_id, "user_added_by_sso", by=person)
    return person
