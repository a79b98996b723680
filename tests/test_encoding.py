"""A form is UTF-8, whatever its sender calls it: no charset gets an error out of us, or half a character in."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Space

CHARSETS = ["iso-8859-1", "utf-16", "utf-7", "hex", "zip", "idna", "undefined", "unicode_escape", "nonsense"]
BOUNDARY = "a-boundary"


def urlencoded(fields, charset):
    body = "&".join(f"{name}={value}" for name, value in fields.items())
    return body.encode(), f"application/x-www-form-urlencoded; charset={charset}"


def multipart(fields, charset):
    part = '--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    body = "".join(part % (BOUNDARY, name, value) for name, value in fields.items()) + f"--{BOUNDARY}--\r\n"
    return body.encode(), f"multipart/form-data; boundary={BOUNDARY}; charset={charset}"


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("form", [urlencoded, multipart])
def test_nobody_gets_an_error_by_naming_another_charset(form, charset, world):
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.get(reverse("account_login"))  # with its cookie, the token is looked for among what was sent
    body, content_type = form({"login": "åsa@acme.example", "password": "\\ud800 %FF"}, charset)
    for address in (reverse("account_login"), "/nothing/", reverse("devices:mine")):
        response = client.generic("POST", address, body, content_type=content_type)
        assert response.status_code < 500
        assert "Content-Security-Policy" in response.headers


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("form", [urlencoded, multipart])
def test_what_is_sent_is_read_as_utf_8(form, charset, world, client):
    client.force_login(world.admin)
    body, content_type = form({"name": "Källare \\ud800"}, charset)
    response = client.generic("POST", reverse("accounts:space_new"), body, content_type=content_type)
    assert response.status_code == 302
    assert Space.objects.filter(company=world.acme, name="Källare \\ud800").exists()
