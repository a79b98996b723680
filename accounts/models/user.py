from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, models, transaction
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import clock, signals
from accounts.fields import NameField
from accounts.keys import company_row
from accounts.text import clean_email

from .closable import Refused, StillInUse, delete_if_unused, refuse_while_holding, require_admin, still_there
from .named import Named, NamedQuerySet


class AddressTaken(Exception):
    """Somebody else signs in to Velory with this address. Only its owner may be told."""


class LinkUsed(Exception):
    """The link for choosing a password was used a moment ago."""


class UserQuerySet(NamedQuerySet):
    def active(self) -> "UserQuerySet":
        """Those that a device may be assigned to."""
        return self.filter(is_active=True)

    def known(self) -> "UserQuerySet":
        """All but the erased, who stand in the history only."""
        return self.filter(erased_at=None)

    def admins(self) -> "UserQuerySet":
        return self.filter(role=User.Role.ADMIN, is_active=True)

    def not_joined(self) -> "UserQuerySet":
        """Those who can't sign in yet, whether or not they have got a link to join."""
        return self.filter(is_active=True, joined_at=None)

    def invited(self) -> "UserQuerySet":
        """Those who have got a link to join and have not used it, whether or not it still works."""
        return self.not_joined().filter(link_made_at__isnull=False)


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]
    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        """Make a person. With a password they have joined; without one they hold devices and join by a link."""
        user = self.model(email=clean_email(email), **fields)
        user.set_password(password)
        if password is not None:
            user.joined_at = clock.now()
        user.save(using=self._db, force_insert=True)
        return user

    def lock(self, people: models.QuerySet["User"]) -> "list[User]":
        """Lock these people and the admins of their companies who can sign in; returns their rows, fresh. Always in one
        order, so that two acts on the same people wait for each other instead of deadlocking."""
        admins = models.Q(role=User.Role.ADMIN, is_active=True, joined_at__isnull=False)
        admins &= models.Q(company__in=people.order_by().values("company"))
        rows = self.filter(models.Q(pk__in=people.order_by().values("pk")) | admins).order_by("pk")
        return list(rows.select_for_update(no_key=True))

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=clean_email(username or ""), joined_at__isnull=False)


class User(Named, AbstractBaseUser):
    """Somebody with a name and an email address: an employee or IT admin of one company, or Velory's support staff.

    A company may know a person who has never signed in. The address becomes an account, unique over all companies,
    when its owner joins by choosing a password; so no company can tell whether another one knows an address.
    """

    class Role(models.TextChoices):
        EMPLOYEE = "employee", _("Employee")
        ADMIN = "admin", _("IT admin")

    class Language(models.TextChoices):
        ENGLISH = "en", "English"
        SWEDISH = "sv", "Svenska"

    company = models.ForeignKey(
        "accounts.Company",
        on_delete=models.PROTECT,
        related_name="users",
        null=True,
        editable=False,
        verbose_name=_("company"),
    )
    email = models.EmailField(_("email"), max_length=254)
    full_name = NameField(_("full name"), max_length=150)
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.EMPLOYEE)
    language = models.CharField(
        _("language"),
        max_length=5,
        choices=Language,
        blank=True,
        help_text=_("Left empty, Velory follows the browser."),
    )
    is_active = models.BooleanField(_("active"), default=True, editable=False)
    is_staff = models.BooleanField(_("support staff"), default=False, editable=False)
    joined_at = models.DateTimeField(_("joined"), null=True, editable=False)
    # May come in by password where their company has single sign-on as the only way, for the day on which that fails.
    is_break_glass = models.BooleanField(_("break-glass admin"), default=False, editable=False)
    # When the link was made with which they may choose a password. Only the latest works, and none where this is empty.
    link_made_at = models.DateTimeField(_("link made"), null=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)
    erased_at = models.DateTimeField(_("erased"), null=True, editable=False)
    # How they like their tables (devices/likes.py). Here, as this row is read by every request anyway.
    tables = models.JSONField(default=dict, blank=True, editable=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["full_name"]
    named_by = ("full_name", "email")

    objects = UserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["full_name", "id"]
        indexes = [
            models.Index(fields=["company", "full_name", "id"], name="user_list"),
            models.Index(fields=["company", "found_by", "id"], name="user_found"),
            # They stand behind all others in the list of users, and are few.
            models.Index(
                fields=["company", "found_by", "id"], condition=models.Q(is_active=False), name="user_inactive"
            ),
        ]
        constraints = [
            company_row("user_company_row"),
            models.UniqueConstraint(
                fields=["company", "email"],
                name="user_email_once_in_company",
                violation_error_message=_("There is somebody with this email address already."),
            ),
            models.UniqueConstraint(
                fields=["email"],
                condition=models.Q(joined_at__isnull=False),
                name="user_account_email_once",
            ),
            models.CheckConstraint(
                condition=models.Q(is_staff=True, company=None) | models.Q(is_staff=False, company__isnull=False),
                name="user_staff_or_company",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=["employee", "admin"]),
                name="user_role_known",
            ),
            models.CheckConstraint(condition=~models.Q(full_name=""), name="user_has_a_name"),
            models.CheckConstraint(
                condition=models.Q(erased_at=None) | models.Q(is_active=False, joined_at=None),
                name="user_erased_is_gone",
            ),
        ]

    def __str__(self) -> str:
        return gettext("(erased)") if self.erased_at else self.full_name

    def get_absolute_url(self) -> str:
        return reverse("accounts:user_edit", args=[self.pk])

    def get_full_name(self) -> str:
        return self.full_name

    get_short_name = get_full_name  # by which the Django admin greets

    @property
    def is_admin(self) -> bool:
        """IT admin of their company."""
        return self.role == self.Role.ADMIN and self.company_id is not None and self.is_active

    # What the Django admin asks of a user: support staff may open it, and each page there says what they may do.

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_active and self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_staff

    # Joining

    @property
    def has_joined(self) -> bool:
        return self.joined_at is not None

    def join(self, password: str) -> None:
        """Choose a password by a link. Raises AddressTaken when the address is somebody's account already, LinkUsed
        when the link has been used since this row was read."""
        before = self.password
        self.set_password(password)
        joined, self.joined_at = self.joined_at, self.joined_at or clock.now()
        try:
            with transaction.atomic():
                same = User.objects.filter(pk=self.pk, password=before, link_made_at=self.link_made_at)
                used = not same.update(password=self.password, joined_at=self.joined_at, link_made_at=None)
                if not used:
                    self._tell("sign_in_password_chosen", by=self)
        except IntegrityError as error:
            self.joined_at = joined
            raise AddressTaken from error
        if used:
            raise LinkUsed
        if joined:
            self._mail("password_chosen")

    @transaction.atomic
    def withdraw_link(self, *, by: "User") -> None:
        """The link they have got works no more. Raises PermissionDenied for anybody but an admin."""
        require_admin(by, self.company_id)
        self.link_made_at = None
        self.save(update_fields=["link_made_at"])
        self._tell("sign_in_link_withdrawn", by=by)

    @transaction.atomic
    def change_email(self, email: str, *, by: "User") -> None:
        """Another address is another account: the person is signed out everywhere and joins anew by a link. Raises
        StillInUse for the last admin who can sign in, PermissionDenied for anybody but an admin."""
        require_admin(by, self.company_id)
        # First, as whoever signs in locks the factor first and then the person.
        self.forget_factors()
        person, others = self._locked()
        person._refuse_without_admin(others)
        self.email = clean_email(email)
        self.joined_at = self.link_made_at = None
        self.set_unusable_password()
        # allauth's own list of addresses, by which it would still find the person. Its models load after ours.
        from allauth.account.models import EmailAddress

        EmailAddress.objects.filter(user=self).delete()
        if person.has_joined:  # the new address gets the link
            self._mail("email_changed", by=by, email=person.email)
        self.identities.all().delete()
        self.is_break_glass = False
        self.save(update_fields=["email", "joined_at", "link_made_at", "password", "is_break_glass"])

    # Two-step sign-in

    @transaction.atomic
    def reset_two_step(self, *, by: "User") -> None:
        """For somebody who has lost their phone or key: signed out everywhere, and their password is enough once more.
        Raises PermissionDenied for one's own, which are changed where one proves who one is."""
        require_admin(by, self.company_id)
        if by == self:
            raise PermissionDenied(gettext("Your own two-step sign-in is changed on your profile."))
        self.forget_factors()
        self._mail("two_step_reset", by=by)
        self._tell("sign_in_two_step_reset", by=by)

    @transaction.atomic
    def reset_sign_in(self, *, by: "User") -> None:
        """Neither password nor two-step sign-in opens the account any more, and no session or link of before: for
        Velory Support, which hands out a new link."""
        self.forget_factors()  # first: see change_email
        self.set_unusable_password()
        self.save(update_fields=["password"])
        self._mail("sign_in_reset", by=by)
        self._tell("sign_in_reset", by=by)

    @transaction.atomic
    def forget_factors(self) -> None:
        """Signed out everywhere; from now on the password is enough."""
        # These import allauth's models.
        from accounts.sessions import end_sessions
        from accounts.two_step import remove_factors

        remove_factors(self)
        still_there(self)  # locked before their sessions, as signing out does
        end_sessions(self)

    # Roles and leaving

    def _locked(self) -> "tuple[User, list[User]]":
        """This person and the company's other admins who can sign in, fresh and locked."""
        people = {person.pk: person for person in User.objects.lock(User.objects.filter(pk=self.pk))}
        if self.pk not in people:
            raise Refused(gettext("%(subject)s is gone already.") % {"subject": self})
        return people.pop(self.pk), list(people.values())

    def _refuse_without_admin(self, others: "list[User]") -> None:
        if self.is_admin and not others:
            raise StillInUse(
                gettext("%(person)s is the company's last IT admin. Make somebody else an IT admin first.")
                % {"person": self}
            )
        if self.is_break_glass and not any(other.is_break_glass for other in others):
            self._refuse_while_only_sso()

    def _refuse_while_only_sso(self) -> None:
        from .sso import SingleSignOn

        if SingleSignOn.objects.filter(company=self.company, is_only_way=True).exists():
            raise StillInUse(
                gettext(
                    "%(person)s is the last IT admin who can sign in when single sign-on fails. Choose somebody else "
                    "in Settings → Single sign-on first."
                )
                % {"person": self}
            )

    @transaction.atomic
    def set_role(self, role: str, *, by: "User") -> None:
        """Make somebody an employee or an IT admin. Raises StillInUse for the last active admin, PermissionDenied for
        anybody but an admin."""
        require_admin(by, self.company_id)
        person, others = self._locked()
        if role != self.Role.ADMIN:
            person._refuse_without_admin(others)
            person.is_break_glass = self.is_break_glass = False
        person.role = self.role = role
        person.save(update_fields=["role", "is_break_glass"])

    @transaction.atomic
    def deactivate(self, *, by: "User", unassign: bool = False) -> None:
        """Out at once, open sessions included. `unassign` first takes back what they hold; without it, holding
        anything is a reason to refuse, except to support staff. Raises StillInUse, also for the last active admin."""
        if not by.is_staff:
            require_admin(by, self.company_id)
        if unassign:
            signals.releasing.send(sender=User, subject=self, by=by)
        person, others = self._locked()
        person._refuse_without_admin(others)
        if not by.is_staff:
            refuse_while_holding(person)
        person.is_active = self.is_active = False
        person.link_made_at = self.link_made_at = None
        person.is_break_glass = self.is_break_glass = False
        person.save(update_fields=["is_active", "link_made_at", "is_break_glass"])
        # Reactivated some day, they sign in anew. Its models load after ours.
        from accounts.sessions import end_sessions

        end_sessions(person)
        self._tell("user_deactivated", by=by)

    @transaction.atomic
    def remove(self, *, by: "User", unassign: bool = False) -> bool:
        """Delete somebody whom nothing refers to, else deactivate them. True when deleted."""
        self.deactivate(by=by, unassign=unassign)
        person = User.objects.get(pk=self.pk)
        deleted = not person.has_joined and delete_if_unused(person)
        if deleted:
            self._tell("user_deleted", by=by)
        return deleted

    @transaction.atomic
    def reactivate(self, *, by: "User") -> None:
        """Let somebody in again."""
        if not by.is_staff:
            require_admin(by, self.company_id)
        if User.objects.known().filter(pk=self.pk, is_active=False).update(is_active=True):
            self._tell("user_reactivated", by=by)

    # Support staff, who are let in and shut out at the console

    @transaction.atomic
    def leave_support(self) -> None:
        """Out at once, and nothing of before opens the account again: no password, factor, session or link."""
        self.forget_factors()  # first: see change_email
        self.is_active = False
        self.link_made_at = None
        self.set_unusable_password()
        self.save(update_fields=["is_active", "link_made_at", "password"])

    def _tell(self, kind: str, *, by: "User") -> None:
        """A line about this person in the audit log of their company."""
        from .audit import record

        record(self.company_id, kind, by=by, person=self)

    def _mail(self, kind: str, *, by: "User | None" = None, email: str = "") -> None:
        """Tell this person by mail what has changed of how they sign in."""
        from accounts.notices import notify

        notify(self, kind, by=by.full_name if by else "", email=email)
