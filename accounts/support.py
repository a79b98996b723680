"""What Velory Support sees in the Django admin: everything to read, and little to do."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import DEFAULT_DB_ALIAS, DataError, models, router, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from .models import User
from .tenants import names_company
from .visits import company_visited, visit_now


class SupportRequest(HttpRequest):
    """A request that the admin site let in."""

    user: User


# Django's own list without the scripts that make a slug while one types: half of a page's weight, for no page here.
_SCRIPTS = ("vendor/jquery/jquery.min.js", "jquery.init.js", "core.js", "admin/RelatedObjectLookups.js", "actions.js")


class ReadOnlyAdmin(admin.ModelAdmin):
    """A model that support staff may look at. Whatever they may do to it stands in the subclass, act by act.

    Only support staff get as far as this: the site asks for `is_staff`, which the database ties to having no company.
    """

    actions: Any = None
    list_per_page = 50
    # One count less; of the events there may be millions.
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    # The app's pages are for the company's own people.
    view_on_site = False

    # By which keys a link of ours asks for rows, beside what the list's filters offer.
    linked_by: tuple[str, ...] = ()

    @property
    def media(self) -> forms.Media:
        return forms.Media(js=[f"admin/js/{script}" for script in _SCRIPTS])

    @property
    def is_of_companies(self) -> bool:
        """Whether its rows are a company's data, which support looks at on a visit (accounts/visits.py)."""
        return names_company(self.model)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.filter(company=company_visited(request)) if self.is_of_companies else rows

    def lacks_visit(self, request: HttpRequest) -> HttpResponse | None:
        """The way to begin one, where it takes one and there is none, or one to another company than what was asked
        for."""
        visited = company_visited(request)
        asked = request.GET.get("company__id__exact", "")
        if not self.is_of_companies or (visited is not None and asked in ("", str(visited))):
            return None
        return HttpResponseRedirect(reverse("support_visit", query={"next": request.get_full_path(), "company": asked}))

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        """Django asks whether it was deleted. Most likely it is another company's than the one that is visited."""
        visit = visit_now(request) if self.is_of_companies else None
        if visit is None:
            return super()._get_obj_does_not_exist_redirect(request, opts, object_id)  # type: ignore[misc]
        words = {"company": visit[0]}
        text = _("%(company)s has nothing at this address. For what another company has, change the visit.") % words
        self.message_user(request, text, messages.WARNING)
        return HttpResponseRedirect(reverse("admin:index"))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        way = self.lacks_visit(request) if object_id is not None else None
        return way or super().changeform_view(request, object_id, form_url, extra_context)

    def history_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.lacks_visit(request) or super().history_view(request, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """An address or a tick that asks for what there can't be is no error of ours: the whole list instead."""
        if way := self.lacks_visit(request):
            return way
        alias = router.db_for_read(self.model) or DEFAULT_DB_ALIAS
        try:
            with transaction.atomic(using=alias):
                return super().changelist_view(request, extra_context)
        except (ValueError, OverflowError, DataError):
            self.message_user(request, _("There is nothing like that, so here is the whole list."), messages.WARNING)
            return HttpResponseRedirect(request.path)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """What the list's filters and our links ask for, and nothing else: Django lets an address ask for any column of
        the row, shown or not, so that a password's hash could be tried letter by letter."""
        asked = {one[0] if isinstance(one, tuple) else one for one in self.get_list_filter(request)}
        asked |= {*self.linked_by, *(["company"] if self.is_of_companies else [])}  # by company: see lacks_visit
        return lookup.partition("__")[0] in asked and super().lookup_allowed(lookup, value, request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class OpenFilter(admin.EmptyFieldListFilter):
    """By a date at which something ended: what is open, and what is over."""

    heading, unset, is_set = _("open or closed"), _("Open"), _("Closed")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = self.heading

    def choices(self, changelist: Any) -> Iterator[Any]:
        for choice, words in zip(super().choices(changelist), (_("All"), self.unset, self.is_set), strict=True):
            yield choice | {"display": words}


def rows_link(model: type[models.Model], text: object, **filters: object) -> SafeString:
    """A link to the list of a model's rows, filtered."""
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist", query=filters)
    return format_html('<a href="{}">{}</a>', address, text)
