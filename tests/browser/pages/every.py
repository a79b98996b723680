"""Every page that people may come to see, with the way to it: what test_pages looks at and screenshots shows."""

from collections.abc import Callable
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from tests.world import PASSWORD

from .office import LONG, TWO_STEPS

NO_PASSKEY = {"name": "x" * 61, "credential": "{}"}

# Ways to go on once the page is there. Each ends where the page to look at is.


def post(fields=None, form="main form[method=post]"):
    """Send the page's form with these fields, past what the browser itself would refuse."""

    def act(page):
        for name, value in (fields or {}).items():
            page.eval_on_selector(f"{form} [name={name}]", "(field, value) => { field.value = value }", value)
        with page.expect_navigation():
            page.eval_on_selector(form, "form => { form.noValidate = true; form.requestSubmit() }")

    return act


def window(words):
    """Open a confirmation window over the page."""

    def act(page):
        page.get_by_role("link", name=words, exact=True).first.click()
        page.get_by_role("dialog").wait_for()

    return act


def press(words):
    def act(page):
        page.get_by_text(words, exact=True).click()

    return act


def type_ahead(words):
    """Type this into the search above the page, and look at what it finds."""

    def act(page):
        page.get_by_role("combobox", name="Search").press_sequentially(words)
        page.get_by_role("listbox", name="Found").wait_for()

    return act


def tick(page):
    """The first two rows of a table, by keyboard."""
    for key in "jxjx":
        page.keyboard.press(key)


def menu(page):
    """The menu of a phone."""
    page.set_viewport_size({"width": 360, "height": 740})
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Close the menu").wait_for()


def stand_in(template, status):
    """A page that a test can't bring about: its template, served in place of the address."""

    def act(page):
        body = render_to_string(template)
        page.route("**/stand-in/", lambda route: route.fulfill(status=status, body=body, content_type="text/html"))
        page.goto("/stand-in/")

    return act


def too_many_attempts(page):
    for _attempt in range(11):
        Client().post(reverse("account_login"), {"login": "ada@acme.example", "password": "wrong"})
    post({"login": "ada@acme.example", "password": "wrong"})(page)


def prove(page):
    """Before factors are changed the password is asked for, once in five minutes."""
    if "/reauthenticate/" in page.url:
        post({"password": PASSWORD})(page)


def refused(fields, **form):
    """The same, and then send what is wrong."""

    def act(page):
        prove(page)
        post(fields, **form)(page)

    return act


def second_step(page):
    post({"login": TWO_STEPS, "password": PASSWORD})(page)


def forget_cookies(page):
    """As if the sign-in had ended in another tab since the page was opened."""
    page.evaluate("document.querySelector('main [name=csrfmiddlewaretoken]').value = 'x'.repeat(64)")
    post()(page)


@dataclass(frozen=True)
class Page:
    """`who` opens the address `name` of the office's `about`, and goes on with `act`."""

    title: str
    who: str | None
    name: str
    about: str = ""
    query: str = ""
    more: tuple[int, ...] = ()
    act: Callable | None = None
    status: int = 200

    def __str__(self):
        return f"{self.who or 'nobody'}: {self.title}"

    def address(self, office):
        if self.name.startswith("/"):
            return self.name
        if self.name.startswith("link"):
            return getattr(office, self.name)()
        subject = getattr(office, self.about, self.about)
        return reverse(self.name, args=[getattr(subject, "pk", subject), *self.more] if self.about else []) + self.query


PAGES = [
    # Signed out
    Page("sign in", None, "account_login"),
    Page("sign in, refused", None, "account_login", act=post({"login": "a@b.example", "password": "no"})),
    Page("sign in, too often", None, "account_login", act=too_many_attempts),
    Page("too many attempts", None, "account_login", act=stand_in("429.html", 429), status=429),
    Page("second step", None, "account_login", act=second_step),
    Page("second step, refused", None, "account_login", act=post({"code": "1"}, form="form:has([name=code])")),
    Page("second step, left", None, "account_login", act=post(form="form[action$='cancel/']")),
    Page("forgotten password", None, "account_reset_password"),
    Page("forgotten password, no address", None, "account_reset_password", act=post({"email": "x"})),
    Page("look in your mail", None, "account_reset_password_done"),
    Page("choose a new password", None, "link_to_reset"),
    Page("choose a new password, refused", None, "link_to_reset", act=post({"password1": "1", "password2": "2"})),
    Page("a reset link that is too old", None, "/account/password/reset/key/1-abc-def/"),
    Page("a new password is chosen", None, "account_reset_password_from_key_done"),
    Page("join", None, "link_to_join"),
    Page("join, refused", None, "link_to_join", act=post({"new_password1": "1", "new_password2": "2"})),
    Page("join, link is gone", None, "/join/abc-def-123/", status=410),
    Page("sign in with your company", None, "accounts:sso_sign_in"),
    Page("sign in with your company, refused", None, "accounts:sso_sign_in", act=post({"email": "a@nowhere.example"})),
    Page("sign in with your company, found", None, "accounts:sso_sign_in", act=post({"email": "a@acme.example"})),
    Page("sign in with your company, a link that leads nowhere", None, "accounts:sso_start", "nowhere.example"),
    Page("sign in with your company, failed", None, "accounts:sso_callback", status=400),
    Page(
        "sign in with your company, only",
        None,
        "account_login",
        act=stand_in("accounts/sso_only.html", 403),
        status=403,
    ),
    Page("account not active", None, "account_inactive"),
    Page("not found", None, "/nothing/", status=404),
    Page("page too old", None, "account_login", act=forget_cookies, status=403),
    Page("our fault", None, "account_login", act=stand_in("500.html", 500), status=500),
    Page("database away", None, "account_login", act=stand_in("503.html", 503), status=503),
    Page("bad request", None, "account_login", act=stand_in("400.html", 400), status=400),
    # Employees
    Page("my devices", "employee", "devices:mine"),
    Page("my devices, none", "without_devices", "devices:mine"),
    Page("my devices, none found", "employee", "devices:mine", query="?q=nothing"),
    Page("the menu of a phone", "employee", "devices:mine", act=menu),
    Page("all devices", "employee", "devices:colleagues"),
    Page("all devices, none found", "employee", "devices:colleagues", query="?q=nothing"),
    Page("overview", "employee", "devices:overview", "phone"),
    Page("overview, in repair", "employee", "devices:overview", "away"),
    Page("support", "employee", "repairs:support", "phone"),
    Page("support, reported", "employee", "repairs:support", "laptop"),
    Page("support, in repair", "employee", "repairs:support", "away"),
    Page("support, repaired", "employee", "repairs:support", "back"),
    Page("support, too much said", "employee", "repairs:support", "phone", act=post({"description": LONG * 30})),
    Page("support, not activated", "initech_employee", "repairs:support", "initech_laptop"),
    Page("event log", "employee", "devices:log", "laptop"),
    Page("log of much", "long_user", "devices:log", "long"),
    Page("support of much", "long_user", "repairs:support", "long"),
    Page("signing in with a company while signed in", "employee", "accounts:sso_start", "acme.example"),
    Page("profile", "employee", "accounts:profile"),
    Page("sign-in and security", "employee", "accounts:security"),
    Page("sign-in and security, all of it", "guarded", "accounts:security"),
    Page("set up an app", "employee", "mfa_activate_totp", act=prove),
    Page("set up an app, refused", "employee", "mfa_activate_totp", act=refused({"code": "1"})),
    Page("remove the app", "guarded", "mfa_deactivate_totp", act=prove),
    Page("recovery codes", "guarded", "mfa_view_recovery_codes", act=prove),
    Page("new recovery codes", "guarded", "mfa_generate_recovery_codes", act=prove),
    Page("add a passkey", "employee", "mfa_add_webauthn", act=prove),
    Page("add a passkey, refused", "employee", "mfa_add_webauthn", act=refused(NO_PASSKEY, form="form[data-passkey]")),
    Page("rename a passkey", "guarded", "mfa_edit_webauthn", "passkey", act=prove),
    Page("remove a passkey", "guarded", "mfa_remove_webauthn", "passkey", act=prove),
    Page("confirm by password", "guarded", "account_reauthenticate"),
    Page("confirm by code", "guarded", "mfa_reauthenticate"),
    Page("confirm by passkey", "guarded", "mfa_reauthenticate_webauthn"),
    Page("change password", "employee", "account_change_password"),
    Page("change password, refused", "employee", "account_change_password", act=post({"password1": "1"})),
    Page("confirm that it is you", "employee", "account_reauthenticate"),
    Page("sign out", "employee", "account_logout"),
    Page("not allowed", "employee", "devices:hardware", status=403),
    Page("not found", "employee", "/devices/999999/", status=404),
    # Admins: Hardware
    Page("all hardware", "admin", "devices:hardware"),
    Page("all hardware, second page", "admin", "devices:hardware", query="?page=2&sort=-holder"),
    Page("all hardware, filtered", "admin", "devices:hardware", query="?status=in_repair&category=Headset"),
    Page("all hardware, columns", "admin", "devices:columns", "all"),
    Page("filter to keep", "admin", "devices:save_filter", "all", query="?warranty=soon"),
    Page("saved filter", "admin", "devices:saved_filter", "kept_filter"),
    Page("saved filter, deleting", "admin", "devices:delete_filter", "kept_filter"),
    Page("all hardware, none found", "admin", "devices:hardware", query="?q=nothing"),
    Page("all hardware, none yet", "beginner", "devices:hardware"),
    Page("the menu of a phone", "admin", "devices:mine", act=menu),
    Page("needs repair", "admin", "devices:hardware_table", "needs-repair"),
    Page("in repair", "admin", "devices:hardware_table", "in-repair"),
    Page("in repair, none", "beginner", "devices:hardware_table", "in-repair"),
    Page("unassigned", "admin", "devices:hardware_table", "unassigned"),
    Page("archived", "admin", "devices:hardware_table", "archived"),
    Page("archived, none", "beginner", "devices:hardware_table", "archived"),
    Page("repairs", "admin", "repairs:list"),
    Page("repairs, to export", "admin", "repairs:list", act=press("Export")),
    Page("event logs", "admin", "devices:events", query="?format=csv&since=2026-02-01&until=2026-01-01"),
    Page("repairs, none found", "admin", "repairs:list", query="?q=nothing&outcome=open"),
    Page("repairs, none yet", "beginner", "repairs:list"),
    Page("register device", "admin", "devices:register"),
    Page("register device, refused", "admin", "devices:register", act=post({"serial_number": "C02-XK1 AAA"})),
    # Admins: the search
    Page("search", "admin", "devices:search", query="?q=a"),
    Page("search, found", "admin", "devices:search", query="?q=apple"),
    Page("search, mistyped", "admin", "devices:search", query="?q=macbok"),
    Page("search, none found", "admin", "devices:search", query="?q=nothing"),
    Page("search, much", "long_admin", "devices:search", query="?q=donau"),
    Page("search, while one types", "admin", "devices:mine", act=type_ahead("apple")),
    # Admins: imports
    Page("imports", "admin", "devices:imports"),
    Page("imports, none yet", "beginner", "devices:imports"),
    Page("imports, no file", "admin", "devices:imports", act=post(form="form[enctype]")),
    Page("import, columns", "admin", "devices:import_columns", "unknown_list"),
    Page("import, columns, refused", "admin", "devices:import_columns", "unknown_list", act=post(form="form.stack")),
    Page("import, columns to be chosen", "admin", "devices:import", "unknown_list"),
    Page("import, rehearsed", "admin", "devices:import", "rehearsed_list"),
    Page("import, past repairs", "admin", "devices:import", "past_repairs"),
    Page("import, at work", "admin", "devices:import", "waiting_list"),
    Page("import, stored", "admin", "devices:import", "stored_list"),
    Page("import, stopped", "admin", "devices:import", "stopped_list"),
    Page("import, broken off", "admin", "devices:import", "broken_off_list"),
    Page("import, undo", "admin", "devices:import_undo", "stored_list"),
    Page("import, undo, asked", "admin", "devices:import", "stored_list", act=window("Undo this import")),
    # Admins: many devices at once
    Page("all hardware, some ticked", "admin", "devices:hardware", act=tick),
    Page("shortcuts", "admin", "devices:shortcuts"),
    Page("bulk actions", "admin", "devices:bulk_actions"),
    Page("bulk actions, none yet", "beginner", "devices:bulk_actions"),
    Page("bulk action, refused", "admin", "devices:bulk_action", "chosen_action", act=post()),
    Page("bulk action, to be confirmed", "admin", "devices:bulk_action", "filled_in_action"),
    Page("bulk action, its devices", "admin", "devices:bulk_devices", "filled_in_action"),
    Page("bulk action, at work", "admin", "devices:bulk_action", "waiting_action"),
    Page("bulk action, done", "admin", "devices:bulk_action", "done_action"),
    Page("bulk action, stopped", "admin", "devices:bulk_action", "stopped_action"),
    Page("bulk action, interrupted", "admin", "devices:bulk_action", "interrupted_action"),
    Page("labels", "admin", "devices:labels", "all", query="?sheet=99012&category=Phone"),
    Page("labels of much, refused", "long_admin", "devices:labels", "all", query="?first=22"),
    # Admins: a device
    Page("overview", "admin", "devices:overview", "phone", act=press("Assign to a user or space")),
    Page("overview, in repair", "admin", "devices:overview", "away", act=press("Another user or space")),
    Page("overview, holder has left", "admin", "devices:overview", "orphan"),
    Page("overview, repaired", "admin", "devices:overview", "back"),
    Page("overview, lent", "admin", "devices:overview", "lent"),
    Page("overview, replaced", "admin", "devices:overview", "replaced"),
    Page("overview, registered instead", "admin", "devices:overview", "instead"),
    Page("overview, recycled", "admin", "devices:overview", "recycled"),
    Page("overview of much", "long_admin", "devices:overview", "long"),
    Page(
        "overview, assigned to nobody",
        "admin",
        "devices:overview",
        "phone",
        act=post(form="form:has([value=user])"),
    ),
    Page("overview, an empty note", "admin", "devices:overview", "phone", act=post(form="form[action$='notes/']")),
    Page("unassign, asked", "admin", "devices:overview", "phone", act=window("Unassign")),
    Page("unassign", "admin", "devices:unassign", "phone"),
    Page("restore", "admin", "devices:restore", "recycled"),
    Page("edit", "admin", "devices:edit", "phone"),
    Page("edit, refused", "admin", "devices:edit", "phone", act=post({"name": "", "serial_number": "C02-XK1 AAA"})),
    Page("edit, overtaken", "admin", "devices:edit", "phone", act=post({"initial-model": "X", "model": "Y"})),
    Page("event log", "admin", "devices:log", "away"),
    Page("late entry, asked", "admin", "devices:log", "away", act=window("Add late entry")),
    Page("late entry", "admin", "devices:late_entry", "away"),
    Page(
        "late entry, refused",
        "admin",
        "devices:late_entry",
        "away",
        act=post({"occurred_at": "2999-01-01T12:00", "text": "?"}),
    ),
    Page("correction, asked", "admin", "devices:log", "away", act=window("Correct line 2")),
    Page("correction", "admin", "devices:correct", "away", more=(2,)),
    Page("log of much, second page", "long_admin", "devices:log", "long", query="?page=2"),
    # Admins: the repair flow
    Page("support", "admin", "repairs:support", "phone"),
    Page("support, reported", "admin", "repairs:support", "laptop"),
    Page("support, in repair", "admin", "repairs:support", "away"),
    Page("support, released from MDM", "admin", "repairs:support", "released"),
    Page("support, repaired", "admin", "repairs:support", "back"),
    Page("support, recycled", "admin", "repairs:support", "recycled"),
    Page("support, to be ordered", "admin", "repairs:support", "to_order"),
    Page("support of much", "long_admin", "repairs:support", "long"),
    Page("support, not activated", "initech_admin", "repairs:support", "initech_laptop"),
    Page("intake, asked", "admin", "repairs:support", "laptop", act=window("Move to “In repair”")),
    Page("intake", "admin", "repairs:intake", "laptop"),
    Page("intake, too late", "admin", "repairs:intake", "laptop", act=post({"seen": "0"}), status=409),
    Page("revert", "admin", "repairs:revert", "laptop"),
    Page("finish", "admin", "repairs:finish", "away"),
    Page("remove, asked", "admin", "repairs:support", "away", act=window("Remove device")),
    Page("remove", "admin", "repairs:remove", "away"),
    Page("remove of much, asked", "long_admin", "repairs:support", "long", act=window("Remove device")),
    Page("replace", "admin", "repairs:replace", "away"),
    Page("replace, refused", "admin", "repairs:replace", "away", act=post({"name": ""})),
    # Admins: the company
    Page("spaces", "admin", "accounts:spaces"),
    Page("spaces, none yet", "beginner", "accounts:spaces"),
    Page("new space", "admin", "accounts:space_new"),
    Page("new space, refused", "admin", "accounts:space_new", act=post({"name": "Stock shelf"})),
    Page("space", "admin", "accounts:space_edit", "shelf"),
    Page("space, closed", "admin", "accounts:space_edit", "closed_space"),
    Page("remove space", "admin", "accounts:space_remove", "room"),
    Page("remove space, not now", "admin", "accounts:space_edit", "shelf", act=window("Remove space")),
    Page("remove space, too late", "admin", "accounts:space_remove", "shelf"),
    Page("payors", "admin", "accounts:payors"),
    Page("new cost centre", "admin", "accounts:payor_new"),
    Page("new cost centre, refused", "admin", "accounts:payor_new", act=post()),
    Page("payor", "admin", "accounts:payor_edit", "cost_centre"),
    Page("payor of every company", "admin", "accounts:payor_edit", "employee_payor"),
    Page("payor, closed", "admin", "accounts:payor_edit", "closed_payor"),
    Page("remove payor", "admin", "accounts:payor_remove", "cost_centre"),
    Page("users", "admin", "accounts:users"),
    Page("users, none found", "admin", "accounts:users", query="?q=nothing"),
    Page("invitations", "admin", "accounts:user_invitations"),
    Page("invitations, none found", "admin", "accounts:user_invitations", query="?q=nothing"),
    Page("invitations, none", "beginner", "accounts:user_invitations"),
    Page("user with two-step sign-in", "admin", "accounts:user_edit", "guarded"),
    Page("reset two-step sign-in", "admin", "accounts:user_two_step", "guarded"),
    Page("new user", "admin", "accounts:user_new"),
    Page("new user, refused", "admin", "accounts:user_new", act=post({"email": "eva@acme.example"})),
    Page("user", "admin", "accounts:user_edit", "employee"),
    Page("user, not joined", "admin", "accounts:user_edit", "newcomer"),
    Page("user, deactivated", "admin", "accounts:user_edit", "leaver"),
    Page("erase, asked", "admin", "accounts:user_edit", "leaver", act=window("Erase person")),
    Page("erase", "admin", "accounts:user_erase", "leaver"),
    Page("erase, not now", "admin", "accounts:user_erase", "employee"),
    Page("link", "admin", "accounts:user_edit", "newcomer", act=post(form="form[action$='link/']")),
    Page("deactivate, asked", "admin", "accounts:user_edit", "colleague", act=window("Deactivate")),
    Page("deactivate", "admin", "accounts:user_remove", "colleague"),
    Page("deactivate, refused", "admin", "accounts:user_remove", "colleague", act=post(), status=409),
    Page("deactivate, not now, asked", "admin", "accounts:user_edit", "employee", act=window("Deactivate")),
    Page("deactivate, not now", "admin", "accounts:user_remove", "employee"),
    Page("all hardware, much", "long_admin", "devices:hardware"),
    Page("in repair, much", "long_admin", "devices:hardware_table", "in-repair"),
    Page("users, much", "long_admin", "accounts:users"),
    Page("spaces, much", "long_admin", "accounts:spaces"),
    Page("user, much", "long_admin", "accounts:user_edit", "long_user"),
    Page("deactivate, much", "long_admin", "accounts:user_remove", "long_user"),
    Page("settings", "admin", "accounts:settings"),
    Page("single sign-on", "admin", "accounts:sso"),
    Page("single sign-on, nothing yet", "beginner", "accounts:sso"),
    Page("single sign-on, refused", "admin", "accounts:sso", act=post({"issuer": "x"}, form="form.card")),
    Page("single sign-on by SAML, much", "long_admin", "accounts:sso"),
    Page("single sign-on by SAML, nothing yet", "beginner", "accounts:sso", query="?protocol=saml"),
    Page(
        "single sign-on by SAML, refused",
        "beginner",
        "accounts:sso",
        query="?protocol=saml",
        act=post({"metadata": "x"}, form="form.card"),
    ),
    Page("audit log", "admin", "accounts:audit_log"),
    Page("audit log, none found", "admin", "accounts:audit_log", query="?about=payor"),
    Page("take everything out", "admin", "devices:takeout"),
    Page("settings, refused", "admin", "accounts:settings", act=post({"repair_instructions": "x" * 5001})),
    Page("not found", "admin", "/hardware/nonsense/", status=404),
]
