"""Settings → Single sign-on, by SAML: what a provider says of itself is read, and nothing else is taken for it."""

import base64
import importlib
import zlib
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import NoReverseMatch, clear_url_caches, reverse

import accounts.urls
import velory.urls
from accounts.models import Domain, SingleSignOn
from accounts.sso.saml import BYTES
from tests.certificates import Key
from tests.saml_provider import saml_provider
from tests.visitor import Visitor

pytestmark = pytest.mark.one_database

PAGE = reverse("accounts:sso")
SECRET = "a secret between the two"


@pytest.fixture(scope="module")
def provider():
    with saml_provider() as one:
        yield one


@pytest.fixture
def metadata(provider):
    provider.start_over()
    return provider.metadata()


@pytest.fixture
def proved(world):
    Domain.objects.create(company=world.acme, name="acme.example").set_proved(by=world.admin)


@pytest.fixture
def ada(world):
    return Visitor(world.admin).open(PAGE).follow("SAML")


def words_of(world):
    return Visitor(world.admin).open(reverse("accounts:audit_log")).words


def test_the_page_says_what_to_tell_the_provider_and_then_what_is_known_of_it(ada, world, provider, metadata):
    ours = f"http://testserver/sign-in/company/saml/{world.acme.pk}/"
    assert f"{ours} " in ada.words
    assert f"{ours}back/" in ada.words
    assert Client().get(ours).status_code == 200
    assert "What is known of it" not in ada.words
    ada.press("Save", metadata=metadata)
    sso = SingleSignOn.objects.get()
    assert (sso.protocol, sso.issuer, sso.is_on) == ("saml", provider.issuer, False)
    assert sso.sign_in_address == f"{provider.address}/sign-in"
    assert sso.certificates == [provider.key.text]
    # And by itself from now on.
    ada.open(PAGE)
    assert ada.field("metadata", "Save") == ""
    for known in (provider.issuer, sso.sign_in_address, provider.key.fingerprint, "Valid until"):
        assert known in ada.words
    assert "Expired" not in ada.words
    # Left empty, it stays.
    ada.press("Save", creates_people=True)
    assert SingleSignOn.objects.get().certificates == [provider.key.text]
    assert SingleSignOn.objects.get().creates_people


def test_metadata_comes_as_a_file_too_in_whatever_encoding(world, provider, metadata):
    client = Client()
    client.force_login(world.admin)
    for encoding in ("utf-8", "utf-16"):
        SingleSignOn.objects.all().delete()
        head = f'<?xml version="1.0" encoding="{encoding}"?>'
        file = SimpleUploadedFile("metadata.xml", (head + metadata).encode(encoding))
        assert client.post(PAGE, {"protocol": "saml", "metadata_file": file})["Location"] == PAGE
        assert SingleSignOn.objects.get().issuer == provider.issuer


def test_several_certificates_are_kept_and_one_that_is_over_is_named(ada, world, provider, metadata):
    over = Key("over", days=-1)
    first = (
        metadata[metadata.index("<ns0:KeyDescriptor") :].partition("</ns0:KeyDescriptor>")[0] + "</ns0:KeyDescriptor>"
    )
    more = [first.replace(provider.key.text, key.text) for key in (provider.next_key, over)]
    secrecy = first.replace('use="signing"', 'use="encryption"').replace(provider.key.text, provider.foreign_key.text)
    ada.press("Save", metadata=metadata.replace(first, "".join([first, *more, first, secrecy])))
    keys = [provider.key, provider.next_key, over]
    assert SingleSignOn.objects.get().certificates == [key.text for key in keys]
    assert ada.words.count("Expired") == 1
    assert "changed the certificates of single sign-on from none to " in words_of(world)
    for key in keys:
        assert key.fingerprint.replace(":", "")[:16] in words_of(world)


def test_it_is_switched_on_where_a_domain_is_proved_and_the_provider_is_known(ada, world, metadata):
    ada.press("Save", is_on=True)
    assert ada.errors["metadata"] == "Paste the metadata of your provider, or choose its file."
    assert "Prove one of your domains first" in ada.errors["is_on"]
    Domain.objects.create(company=world.acme, name="acme.example").set_proved(by=world.admin)
    ada.press("Save", metadata=metadata, is_on=True)
    assert SingleSignOn.objects.get().is_on
    assert "Ada Holm changed single sign-on from off to on." in words_of(world)


def test_changing_to_the_other_protocol_forgets_what_belongs_to_this_one(world, proved, provider, metadata):
    ada = Visitor(world.admin).open(PAGE)
    openid = {"issuer": "https://idp.example", "client_id": "velory", "client_secret": SECRET}
    ada.press("Save", **openid, is_on=True).follow("SAML")
    assert "https://idp.example" not in ada.words
    # To look does not change.
    assert SingleSignOn.objects.get().protocol == "oidc"
    ada.press("Save", metadata=metadata)
    sso = SingleSignOn.objects.get()
    assert (sso.protocol, sso.issuer, sso.client_id, sso.sealed_secret, sso.is_on) == (
        "saml",
        provider.issuer,
        "",
        "",
        True,
    )
    said = words_of(world)
    assert "changed the protocol of single sign-on from OpenID Connect to SAML." in said
    assert f"changed the issuer of single sign-on from https://idp.example to {provider.issuer}." in said
    assert "changed the client ID of single sign-on from velory to none." in said
    ada.follow("OpenID Connect").press("Save", **openid)
    sso = SingleSignOn.objects.get()
    assert (sso.protocol, sso.certificates, sso.sign_in_address, sso.client_secret) == ("oidc", [], "", SECRET)


def test_a_change_that_somebody_else_made_meanwhile_stays(world, proved, metadata):
    ada, bodil = (Visitor(person).open(f"{PAGE}?protocol=saml") for person in (world.admin, world.second_admin))
    bodil.press("Save", metadata=metadata, creates_people=True)
    ada.press("Save", metadata=metadata)
    assert SingleSignOn.objects.get().creates_people
    assert "Ada Holm changed that single sign-on adds people" not in words_of(world)


def test_by_saml_nobody_can_be_asked(ada, world, metadata):
    ada.press("Save", metadata=metadata)
    assert "Test whether it answers" not in ada.buttons
    client = Client()
    client.force_login(world.admin)
    page = client.post(reverse("accounts:sso_test"), follow=True)
    assert "By SAML nobody can be asked" in page.text


# What is no metadata of a provider

BOMB = '<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY c "&b;&b;">]>'
FILE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
FAR = '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda xml: "https://idp.example/metadata", "This is no XML."),
        (lambda xml: xml[:-5], "This is no XML."),
        (lambda xml: "<a>" * 10_000, "This is no XML."),
        (lambda xml: "<html><body>Sign in</body></html>", "This describes no provider"),
        (lambda xml: xml.replace("IDPSSODescriptor", "SPSSODescriptor"), "This describes no provider"),
        (
            lambda xml: (
                f'<x:EntitiesDescriptor xmlns:x="urn:oasis:names:tc:SAML:2.0:metadata">{xml}{xml}'
                "</x:EntitiesDescriptor>"
            ),
            "This describes several providers.",
        ),
        (lambda xml: BOMB + xml.replace('entityID="', 'entityID="&c;'), "This has a document type"),
        (lambda xml: FILE + xml, "This has a document type"),
        (lambda xml: FAR + xml, "This has a document type"),
        (lambda xml: xml + " " * BYTES, None),
        (lambda xml: xml.replace(">", f"><!-- {'x' * BYTES} -->", 1), "This is too much."),
        (lambda xml: xml.replace("entityID=", "entityId="), "Your provider has no entity ID in it"),
        (lambda xml: xml.replace('entityID="', 'entityID="' + "x" * 500), "Your provider has no entity ID in it"),
        (lambda xml: xml.replace("HTTP-Redirect", "HTTP-POST"), "names no address for signing in by redirect"),
        (lambda xml: xml.replace('use="signing"', 'use="encryption"'), "has no certificate for signatures"),
        (lambda xml: xml.replace("X509Certificate>MII", "X509Certificate>AII"), "certificates can’t be read"),
        (lambda xml: xml.replace("X509Certificate>MII", "X509Certificate>€"), "certificates can’t be read"),
    ],
    ids=range(17),
)
def test_what_cannot_be_read_is_said_beside_its_field(ada, metadata, change, said):
    ada.press("Save", metadata=change(metadata))
    if said is None:  # blanks around it are no matter
        assert SingleSignOn.objects.exists()
        return
    assert said in ada.errors["metadata"]
    assert not SingleSignOn.objects.exists()


@pytest.mark.parametrize(
    "address",
    [
        "http://idp.example/",
        "javascript:alert(1)",
        "https://",
        "https://a:b@idp.example/",
        "https://idp.example/#x",
        'https://idp.example/"><x',
        "//idp.example/",
        "",
        "https://idp.example/" + "x" * 500,
    ],
    ids=lambda address: address[:25],
)
def test_people_are_led_to_an_address_by_https_only(ada, provider, metadata, address):
    written = address.replace('"', "&quot;").replace("<", "&lt;")
    ada.press("Save", metadata=metadata.replace(f"{provider.address}/sign-in", written))
    if address.endswith("<x"):  # it is an address like another, and is quoted
        assert SingleSignOn.objects.exists()
        return
    assert "The address for signing in has to begin with https://" in ada.errors["metadata"]


def test_in_production_this_machine_is_no_provider(ada, metadata, settings):
    settings.HTTPS, settings.SECURE_SSL_REDIRECT = True, False
    ada.press("Save", metadata=metadata)
    assert "The address for signing in has to begin with https://" in ada.errors["metadata"]


def test_a_key_that_is_too_short_is_refused(ada, provider, metadata):
    short = Key("short", bits=1024)
    ada.press("Save", metadata=metadata.replace(provider.key.text, short.text))
    assert "The key of one of its certificates has fewer than 2048 bits." in ada.errors["metadata"]


def test_an_address_with_a_question_keeps_it(ada, world, proved, provider, metadata):
    asked = metadata.replace(f"{provider.address}/sign-in", f"{provider.address}/sign-in?idpid=C1&amp;x=2")
    ada.press("Save", metadata=asked, is_on=True)
    to = Client().get(reverse("accounts:sso_start", args=["acme.example"]))["Location"]
    assert to.startswith(f"{provider.address}/sign-in?idpid=C1&x=2&SAMLRequest=")
    question = base64.b64decode(parse_qs(urlsplit(to).query)["SAMLRequest"][0])
    asked = ElementTree.fromstring(zlib.decompress(question, -15))
    assert asked.get("Destination") == f"{provider.address}/sign-in?idpid=C1&x=2"


# Where only one of the extras is there


@pytest.fixture
def only(settings):
    def only(protocol):
        settings.SSO_PROTOCOLS = [protocol]
        _reload_addresses()

    yield only
    settings.SSO_PROTOCOLS = ["oidc", "saml"]
    _reload_addresses()


def _reload_addresses():
    for module in (accounts.urls, velory.urls):
        importlib.reload(module)
    clear_url_caches()


def test_only_what_is_installed_is_offered(world, only, proved, metadata):
    SingleSignOn.objects.create(company=world.acme, protocol="saml", issuer="x", is_on=True)
    only("oidc")
    ada = Visitor(world.admin).open(f"{PAGE}?protocol=saml")
    assert "OpenID Connect" in ada.words
    assert "SAML" not in ada.words
    with pytest.raises(NoReverseMatch):
        reverse("accounts:saml_response", args=[1])
    # Who is set up by what isn't there any more reads the same as whenever it fails.
    assert Client().get(reverse("accounts:sso_start", args=["acme.example"])).status_code == 400
    only("saml")
    SingleSignOn.objects.all().delete()
    ada.open(PAGE)
    assert "OpenID Connect" not in ada.words
    ada.press("Save", metadata=metadata)
    assert SingleSignOn.objects.get().protocol == "saml"
