"""Companies and people, as Velory Support sees them, and what it may do to them."""

from typing import Any

import django.contrib.auth.admin  # noqa: F401  (registers Group, which is taken off below)
from allauth.account.admin import EmailAddress
from allauth.mfa.admin import Authenticator
from allauth.usersessions.admin import UserSession
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst, slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .forms import in_words
from .models import Company, Domain, Payor, Space, User
from .models.audit import record
from .models.closable import Refused, StillInUse
from .support import OpenFilter, ReadOnlyAdmin, SupportRequest, rows_link
from .text import clean_email
from .tokens import link_keys, link_path
from .two_step import lock_factors, uses_two_step
from .views.links import mail_link

# Velory keeps neither groups nor second addresses, and how somebody signs in is for nobody to browse.
admin.site.unregister([Group, EmailAddress, Authenticator, UserSession])


def number_of(related: str, **only: object) -> Coalesce:
    """How many rows of a company's there are, counted apart, so that two counts don't multiply each other."""
    rows = getattr(Company, related).rel.related_model._default_manager.filter(company=models.OuterRef("pk"), **only)
    counted = rows.order_by().values("company").annotate(number=models.Count("pk")).values("number")
    return Coalesce(models.Subquery(counted), 0)


def add_person_url(company: Company) -> str:
    """The form for a new person, set up for the company's first IT admin."""
    return reverse("admin:accounts_user_add", query={"company": company.pk, "role": User.Role.ADMIN})


class NewCompanyForm(forms.ModelForm):
    """A company; its short name comes from its name where none is given."""

    slug = forms.SlugField(
        label=capfirst(gettext_lazy("short name")),
        required=False,
        help_text=gettext_lazy("Names the company in commands, such as acme. Left empty, it is made from the name."),
    )

    def clean_slug(self) -> str:
        slug = self.cleaned_data["slug"] or slugify(self.cleaned_data.get("name", ""))[:50]
        if not slug:
            raise ValidationError(_("Type a short name: letters from a to z, digits and hyphens."))
        return slug


@admin.register(Company)
class CompanyAdmin(ReadOnlyAdmin):
    """Support founds companies, changes their plan, and releases the repair flow for one after the other."""

    list_display = ("name", "plan", "repair_flow_released", "people_count", "device_count", "created_at")
    list_filter = ("plan", "repair_flow_released")
    search_fields = ("name", "slug")
    changeable = ("plan", "repair_flow_released")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Company]:
        companies = super().get_queryset(request)
        return companies.annotate(people_count=number_of("users", erased_at=None), device_count=number_of("devices"))

    @admin.display(description=gettext_lazy("people"), ordering="people_count")
    def people_count(self, company: Any) -> int:
        return company.people_count

    @admin.display(description=gettext_lazy("devices"), ordering="device_count")
    def device_count(self, company: Any) -> int:
        return company.device_count

    @admin.display(description=gettext_lazy("people"))
    def people(self, company: Company) -> SafeString:
        return format_html(
            '{} · <a href="{}">{}</a>',
            rows_link(User, _("Show the people"), company__id__exact=company.pk),
            add_person_url(company),
            _("Add a person"),
        )

    # What may be done

    def has_add_permission(self, request: HttpRequest) -> bool:
        return True

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return True

    def get_fields(self, request: HttpRequest, obj: Company | None = None) -> tuple[str, ...]:
        if obj is None:
            return ("name", "slug", *self.changeable)
        rest = ("people", "repair_instructions", "colleagues_visible", "admins_need_two_step", "created_at")
        return ("name", "slug", *self.changeable, *rest)

    def get_readonly_fields(self, request: HttpRequest, obj: Company | None = None) -> tuple[str, ...]:
        return tuple(name for name in self.get_fields(request, obj) if name not in self.changeable) if obj else ()

    def get_form(self, request: HttpRequest, obj: Company | None = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = NewCompanyForm
        return super().get_form(request, obj, change, **kwargs)

    def save_model(self, request: HttpRequest, obj: Company, form: forms.ModelForm, change: bool) -> None:
        if change:
            by: Any = request.user
            with transaction.atomic():
                obj.save(update_fields=form.changed_data)
                for field in form.changed_data:
                    before, after = in_words(form.initial[field]), in_words(form.cleaned_data[field])
                    record(obj.pk, "setting_changed", by=by, field=field, before=before, after=after)
        else:
            obj.pk = Company.objects.found(**form.cleaned_data).pk

    def response_post_save_add(self, request: HttpRequest, obj: Company) -> HttpResponseRedirect:
        """A company without an IT admin can do nothing, so that comes next."""
        return HttpResponseRedirect(add_person_url(obj))


class NewPersonForm(forms.ModelForm):
    """Somebody of a company, who will choose a password by a link."""

    company = forms.ModelChoiceField(Company.objects.all(), label=capfirst(gettext_lazy("company")))

    def clean_full_name(self) -> str:
        return " ".join(self.cleaned_data["full_name"].split())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        company, email = cleaned.get("company"), clean_email(cleaned.get("email", ""))
        if company and email and company.users.filter(email=email).exists():
            self.add_error("email", _("There is somebody with this email address already."))
        return cleaned


class JoinedFilter(OpenFilter):
    heading, unset, is_set = gettext_lazy("sign-in"), gettext_lazy("Not joined yet"), gettext_lazy("Joined")


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    """Support adds people (a company's first IT admin, above all), deactivates them, and resets their sign-in."""

    list_display = ("full_name", "email", "company", "role", "is_active", "joined")
    list_filter = ("is_active", "role", ("joined_at", JoinedFilter))
    list_select_related = ("company",)
    search_fields = ("full_name", "email")
    form = NewPersonForm
    # The form brings its own field: the model's can't be edited.
    exclude = ("company",)
    actions = ("deactivate", "reactivate", "reset_sign_in")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return True

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        if obj is None:
            return ("company", "full_name", "email", "role")
        standing = ("is_active", "is_staff", "joined_at", "two_step", "last_login", "created_at")
        return ("company", "full_name", "email", "role", "language", *standing)

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        created = User.objects.create_user(**form.cleaned_data)
        obj.pk, obj.company = created.pk, created.company
        by: Any = request.user
        record(created.company_id, "user_added", by=by, person=created, role=created.role)
        self.give_link(request, created)

    def response_post_save_add(self, request: HttpRequest, obj: User) -> HttpResponseRedirect:
        """Back to the company: the list of its people takes a visit."""
        return HttpResponseRedirect(reverse("admin:accounts_company_change", args=[obj.company_id]))

    @admin.display(description=gettext_lazy("two-step sign-in"), boolean=True)
    def two_step(self, person: User) -> bool:
        return uses_two_step(person)

    @admin.display(description=gettext_lazy("joined"), boolean=True, ordering="joined_at")
    def joined(self, person: User) -> bool:
        return person.has_joined

    # Acts on those who are ticked in the list

    @admin.action(description=gettext_lazy("Deactivate: out at once, devices stay with them"))
    def deactivate(self, request: SupportRequest, people: models.QuerySet[User]) -> None:
        for person in self.of_companies(request, people).filter(is_active=True):
            try:
                person.deactivate(by=request.user)
            except StillInUse as reason:
                self.message_user(request, str(reason), messages.ERROR)
            else:
                self.log_change(request, person, "Deactivated.")
                self.message_user(request, _("%(person)s is deactivated.") % {"person": person}, messages.SUCCESS)

    @admin.action(description=gettext_lazy("Reactivate"))
    def reactivate(self, request: SupportRequest, people: models.QuerySet[User]) -> None:
        for person in self.of_companies(request, people).filter(is_active=False, erased_at=None):
            person.reactivate(by=request.user)
            self.log_change(request, person, "Reactivated.")
            self.message_user(request, _("%(person)s is active again.") % {"person": person}, messages.SUCCESS)

    @admin.action(description=gettext_lazy("Reset sign-in: signed out, password and two-step sign-in void, new link"))
    def reset_sign_in(self, request: SupportRequest, people: models.QuerySet[User]) -> None:
        for person in self.of_companies(request, people):
            if not person.is_active:
                text = _("%(person)s is deactivated. Reactivate first.") % {"person": person}
                self.message_user(request, text, messages.ERROR)
                continue
            with transaction.atomic():
                person.reset_sign_in(by=request.user)
                self.log_change(request, person, "Sign-in reset.")
                self.give_link(request, person)

    def of_companies(self, request: SupportRequest, people: models.QuerySet[User]) -> models.QuerySet[User]:
        """All but support's own: those are not looked after here. Their rows are locked all at once, with those of the
        admins whom one of them may leave as the last: one after the other, with a line of the audit log in between,
        would lock a company's row before the next person's."""
        if people.filter(is_staff=True).exists():
            self.message_user(request, _("Support staff are left as they are."), messages.WARNING)
        people = people.filter(is_staff=False)
        lock_factors(people)
        User.objects.lock(people)
        return people.select_related("company")

    def give_link(self, request: HttpRequest, person: User) -> None:
        """Show a link that works once, and mail it where mail is set up."""
        link = request.build_absolute_uri(link_path(person, link_keys.new(person)))
        by: Any = request.user
        record(person.company_id, "sign_in_link_made", by=by, person=person)
        if settings.MAIL_IS_SET_UP:
            transaction.on_commit(lambda: mail_link(person, link), robust=True)
        words = _("%(person)s chooses a password by this link, which works once: %(link)s")
        self.message_user(request, words % {"person": person, "link": link}, messages.WARNING)


@admin.register(Space)
class SpaceAdmin(ReadOnlyAdmin):
    list_display = ("name", "company", "description", "closed_at")
    list_filter = (("closed_at", OpenFilter),)
    list_select_related = ("company",)
    search_fields = ("name",)
    fields = ("company", "name", "description", "closed_at")


@admin.register(Payor)
class PayorAdmin(ReadOnlyAdmin):
    list_display = ("name", "company", "kind", "pays_repairs", "closed_at")
    list_filter = ("kind", ("closed_at", OpenFilter))
    list_select_related = ("company",)
    search_fields = ("name",)
    fields = ("company", "name", "kind", "pays_repairs", "closed_at")


@admin.register(Domain)
class DomainAdmin(ReadOnlyAdmin):
    """Support confirms a domain where its company can't publish a record, and has shown in another way that it is
    theirs."""

    list_display = ("name", "company", "proved", "created_at")
    list_select_related = ("company",)
    search_fields = ("name",)
    fields = ("company", "name", "proved_at", "created_at")
    actions = ("confirm",)

    @admin.display(description=gettext_lazy("proved"), boolean=True)
    def proved(self, domain: Domain) -> bool:
        return domain.is_proved

    @admin.action(description=gettext_lazy("Confirm: its company has shown that it is theirs"))
    def confirm(self, request: SupportRequest, domains: models.QuerySet[Domain]) -> None:
        # All are locked before the first line of the audit log locks a company's row.
        for domain in list(domains.filter(proved_at=None).order_by("pk").select_for_update(no_key=True, of=("self",))):
            try:
                domain.set_proved(by=request.user)
            except Refused as refusal:
                self.message_user(request, str(refusal), messages.ERROR)
            else:
                self.log_change(request, domain, "Confirmed.")
                self.message_user(request, _("%(domain)s is proved.") % {"domain": domain}, messages.SUCCESS)
