"""What browsers are told with every answer, and what cookies they get, where Velory runs as in production."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.test_settings import load  # noqa: F401
from tests.world import PASSWORD

# Everything in velory/settings.py that speaks to browsers.
FOR_BROWSERS = (
    "SECURE_",
    "SESSION_COOKIE_",
    "CSRF_COOKIE_",
    "MESSAGE_COOKIE_",
    "SEEN_COOKIE_",
    "KEPT_COOKIE_",
    "X_FRAME_",
    "PERMISSIONS_",
)

WANTED = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@pytest.fixture
def production(load, settings):  # noqa: F811
    """What production tells browsers."""
    for name, value in load().items():
        if name.startswith(FOR_BROWSERS):
            setattr(settings, name, value)
    return settings


def over_https(person=None):
    client = Client(raise_request_exception=False, headers={"X-Forwarded-Proto": "https"})
    if person is not None:
        client.force_login(person)
    return client


def answers(world):
    """One answer of each kind."""
    ada, eva, nobody = over_https(world.admin), over_https(world.employee), over_https()
    laptop = world.laptop.pk
    yield "a page", ada.get(reverse("devices:mine"))
    yield "signing in", nobody.get(reverse("account_login"))
    yield "a redirect to the sign-in page", nobody.get(reverse("devices:mine"))
    yield "an export", ada.get(reverse("devices:export", args=["all"]))
    yield "a log", ada.get(reverse("devices:log_download", args=[laptop]))
    yield "everything", ada.post(reverse("devices:takeout"))
    yield "an act", ada.post(reverse("devices:add_note", args=[laptop]), {"text": "Looked at it."})
    yield "400", ada.post(reverse("devices:register"), {"name": "x" * 3_000_000})
    yield "403", eva.get(reverse("devices:hardware"))
    yield "404", ada.get(reverse("devices:overview", args=[987_654_321]))
    yield "405", ada.put(reverse("devices:mine"))
    yield "409", ada.post(reverse("repairs:intake", args=[laptop]))
    yield "a forged form", _forged()
    yield "support staff", over_https(world.support).get("/admin/")


def _forged():
    client = over_https()
    client.handler.enforce_csrf_checks = True
    return client.post(reverse("account_login"))


def test_every_answer_tells_the_browser_what_it_may_not_do(production, world, monkeypatch):
    found = dict(answers(world))

    def fails(*args, **kwargs):
        raise RuntimeError("on purpose")

    monkeypatch.setattr("devices.views.hardware.listed", fails)
    found["500"] = over_https(world.admin).get(reverse("devices:mine"))
    for kind, response in found.items():
        assert {name: response.headers.get(name) for name in WANTED} == WANTED, kind
        assert response.headers["X-Frame-Options"] == "DENY", kind
        assert "camera=()" in response.headers["Permissions-Policy"], kind
        assert "no-store" in response.headers["Cache-Control"], kind
        assert "private" in response.headers["Cache-Control"] or kind == "support staff", kind
    statuses = {str(response.status_code) for response in found.values()}
    assert statuses == {"200", "302", "400", "403", "404", "405", "409", "500"}


def test_probes_and_static_files_tell_it_too(production, world):
    for address in ("/healthz", "/static/css/velory.css"):
        response = over_https().get(address)
        assert response.status_code == 200, address
        assert {name: response.headers.get(name) for name in WANTED} == WANTED, address
        response.getvalue()


def test_http_leads_to_https_and_says_nothing_else(production, world):
    client = Client()
    client.force_login(world.admin)
    response = client.get(reverse("devices:mine"), {"q": "MacBook"})
    assert (response.status_code, response["Location"]) == (
        301,
        f"https://testserver{reverse('devices:mine')}?q=MacBook",
    )
    assert response.content == b""


def test_every_cookie_is_for_this_host_over_https_and_for_no_script(production, world):
    client = over_https()
    client.get(reverse("account_login"))
    client.post(reverse("account_login"), {"login": world.admin.email, "password": PASSWORD})
    client.post(reverse("devices:add_note", args=[world.laptop.pk]), {"text": "Looked at it."})
    assert len(client.cookies) == 4
    for name, cookie in client.cookies.items():
        assert name.startswith("__Host-"), name
        assert (cookie["secure"], cookie["httponly"], cookie["path"], cookie["domain"]) == (True, True, "/", ""), name
        assert cookie["samesite"] == "Lax", name


@pytest.mark.parametrize(("who", "name"), [("employee", "account_logout"), ("support", "admin:logout")])
def test_signing_out_tells_the_browser_to_forget(production, world, who, name):
    client = over_https(getattr(world, who))
    response = client.post(reverse(name), follow=False)
    assert response.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert "Clear-Site-Data" not in over_https(world.admin).get(reverse("devices:mine")).headers
