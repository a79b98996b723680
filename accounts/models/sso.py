"""Single sign-on of a company: its provider, the domains that are its own, and who is who at the provider."""

import secrets
from typing import TYPE_CHECKING

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import clock
from accounts.keys import SameCompany
from accounts.sealed import seal, unseal
from accounts.text import readable_domain

from .closable import Refused, still_there
from .company import Company

if TYPE_CHECKING:
    from .user import User


class SingleSignOnQuerySet(models.QuerySet["SingleSignOn"]):
    def is_only_way_for(self, person: "User") -> bool:
        """Whether this person may come in by their company's provider and by nothing else. Asked while they are about
        to come in, so it opens their company's scope itself: a row that isn't seen must not be taken for a yes."""
        from accounts.scope import company_scope

        if person.company_id is None or person.is_break_glass:
            return False
        with company_scope(person.company_id):
            return self.filter(company_id=person.company_id, is_only_way=True).exists()


class SingleSignOn(models.Model):
    """How a company's people sign in at its own provider: known by its issuer (the entity ID, in SAML's words), and to
    OpenID Connect by a client ID and a secret, to SAML by an address and certificates."""

    class Protocol(models.TextChoices):
        OIDC = "oidc", "OpenID Connect"
        SAML = "saml", "SAML"

    company = models.OneToOneField("accounts.Company", on_delete=models.PROTECT, related_name="single_sign_on")
    protocol = models.CharField(max_length=4, choices=Protocol, default=Protocol.OIDC, editable=False)
    issuer = models.CharField(_("issuer"), max_length=500, help_text=_("The address of your provider, with https://."))
    client_id = models.CharField(_("client ID"), max_length=255)
    sealed_secret = models.TextField(blank=True, editable=False)
    sign_in_address = models.CharField(max_length=500, blank=True, editable=False)
    certificates = models.JSONField(default=list, blank=True, editable=False)
    is_on = models.BooleanField(
        _("people can sign in with your company"),
        default=False,
        help_text=_("Whoever types an address of one of your domains is led to your provider."),
    )
    creates_people = models.BooleanField(
        _("add whoever comes in for the first time"),
        default=False,
        help_text=_("As an employee, where their address is of one of your domains. Else you add people first."),
    )
    is_only_way = models.BooleanField(
        _("only by single sign-on"),
        default=False,
        help_text=_("Passwords, passkeys and one-time links let nobody in but the IT admins whom you choose below."),
    )

    objects = SingleSignOnQuerySet.as_manager()

    class Meta:
        verbose_name = _("single sign-on")
        verbose_name_plural = _("single sign-on")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_only_way=False) | models.Q(is_on=True), name="sso_only_way_is_on"
            ),
            models.CheckConstraint(condition=models.Q(protocol__in=["oidc", "saml"]), name="sso_protocol_known"),
        ]

    def __str__(self) -> str:
        return self.issuer

    def speak(self, protocol: str) -> None:
        """Change to this protocol, if it is another. By that nothing is known of the provider yet, and a secret that
        nobody needs any more is forgotten. Not saved."""
        if protocol != self.protocol:
            self.protocol, self.certificates = protocol, []
            self.issuer = self.client_id = self.sealed_secret = self.sign_in_address = ""

    @property
    def client_secret(self) -> str:
        """Raises sealed.Unreadable."""
        return unseal(self.sealed_secret) if self.sealed_secret else ""

    @client_secret.setter
    def client_secret(self, text: str) -> None:
        self.sealed_secret = seal(text) if text else ""


def new_code() -> str:
    return secrets.token_hex(16)


class Domain(models.Model):
    """A domain that a company says is its own; once proved, whoever has an address there is led to its provider."""

    company = models.ForeignKey(
        "accounts.Company", on_delete=models.PROTECT, related_name="domains", verbose_name=_("company")
    )
    name = models.CharField(_("domain"), max_length=253)
    # Each company has a code of its own, so that nobody can lean on what another company has published.
    code = models.CharField(max_length=32, default=new_code, editable=False)
    proved_at = models.DateTimeField(_("proved"), null=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("domain")
        verbose_name_plural = _("domains")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["company", "name"],
                name="domain_once_in_company",
                violation_error_message=_("This domain is in the list already."),
            ),
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(proved_at__isnull=False), name="domain_proved_once"
            ),
        ]

    def __str__(self) -> str:
        """As people read it; `name` is what name servers know."""
        return readable_domain(self.name)

    @property
    def is_proved(self) -> bool:
        return self.proved_at is not None

    @property
    def record(self) -> str:
        """The TXT record of the domain that proves it."""
        return f"velory-verification={self.code}"

    def set_proved(self, *, by: "User") -> None:
        """From now on it leads to this company's provider. Raises Refused where it leads to another's."""
        from .audit import record

        try:
            with transaction.atomic():
                if Domain.objects.filter(pk=self.pk, proved_at=None).update(proved_at=clock.now()):
                    record(self.company_id, "setting_domain_proved", by=by, thing=str(self))
        except IntegrityError as error:
            raise Refused(
                gettext("%(domain)s was proved for another company already. Please contact Velory Support.")
                % {"domain": self}
            ) from error

    @transaction.atomic
    def remove(self, *, by: "User") -> None:
        """Let it go. Raises Refused where it is gone already, and for the last one that leads anybody to a provider
        which is in use."""
        from .audit import record

        # The domain before the company, as proving does; the company so that the last two don't go at once.
        domain = still_there(self)
        Company.objects.select_for_update(no_key=True).get(pk=domain.company_id)
        others = Domain.objects.filter(company_id=domain.company_id, proved_at__isnull=False).exclude(pk=domain.pk)
        is_used = SingleSignOn.objects.filter(company_id=domain.company_id, is_on=True).exists()
        if domain.is_proved and is_used and not others.exists():
            raise Refused(
                gettext("People sign in by this domain. Switch single sign-on off first, or prove another domain.")
            )
        domain.delete()
        record(self.company_id, "setting_domain_removed", by=by, thing=str(self))


class Identity(models.Model):
    """Who somebody is at their company's provider: noted when they first come in, and binding from then on. An address
    can be given to somebody else one day, a subject never."""

    company = models.ForeignKey("accounts.Company", on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="identities")
    issuer = models.CharField(max_length=500)
    subject = models.CharField(max_length=255)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = _("identity")
        verbose_name_plural = _("identities")
        constraints = [
            SameCompany(field="user", name="identity_user_same_company"),
            models.UniqueConstraint(fields=["company", "issuer", "subject"], name="identity_is_one_person"),
            models.UniqueConstraint(fields=["user", "issuer"], name="identity_once_for_a_person"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.issuer}"
