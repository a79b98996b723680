"""Settings → Single sign-on: domains are proved, the provider is named, and nobody is locked out by it."""

import importlib

import pytest
from django.test import Client
from django.urls import NoReverseMatch, clear_url_caches, reverse

import accounts.urls
import velory.urls
from accounts import sealed
from accounts.erasing import erase
from accounts.models import Domain, SingleSignOn, User
from devices.takeout import take_out
from tests.name_server import name_server
from tests.provider import provider as running_provider
from tests.test_takeout import unpack
from tests.visitor import Visitor, on_a_visit

pytestmark = pytest.mark.one_database

PAGE = reverse("accounts:sso")
SECRET = "a secret between the two"


@pytest.fixture(scope="module")
def provider():
    with running_provider() as one:
        yield one


@pytest.fixture
def records(settings):
    """TXT records by domain, as the name server that is asked has them."""
    found: dict[str, list[str]] = {}
    with name_server(found) as settings.DNS_ADDRESS:
        yield found


@pytest.fixture
def domain(world):
    return Domain.objects.create(company=world.acme, name="acme.example")


@pytest.fixture
def proved(domain, world):
    domain.set_proved(by=world.admin)
    return domain


@pytest.fixture
def ada(world):
    return Visitor(world.admin).open(PAGE)


def words_of(world):
    return Visitor(world.admin).open(reverse("accounts:audit_log")).words


# Domains


def test_a_domain_is_added_and_proved_by_a_record(ada, world, records):
    ada.press("Add domain", name="  Acme.Example. ")
    domain = Domain.objects.get()
    assert (domain.name, domain.is_proved) == ("acme.example", False)
    assert f"velory-verification={domain.code}" in ada.words
    records["acme.example"] = ["v=spf1 -all", domain.record]
    ada.press("Check")
    assert "acme.example is proved." in ada.words
    assert Domain.objects.get().is_proved
    assert "Ada Holm added the domain acme.example." in words_of(world)
    assert "Ada Holm had the domain acme.example proved." in words_of(world)


def test_a_domain_of_other_letters_is_shown_as_people_know_it(ada, world):
    ada.press("Add domain", name="München.example")
    assert Domain.objects.get().name == "xn--mnchen-3ya.example"
    assert "münchen.example was added." in ada.words
    assert "Publish this TXT record of xn--mnchen-3ya.example:" in ada.words
    assert "Ada Holm added the domain münchen.example." in words_of(world)
    ada.press("Remove")
    assert "münchen.example was removed." in ada.words


@pytest.mark.parametrize(
    "published", [None, [], ["velory-verification="], ["velory-verification=0123"], ["x{}"], ["{}x"]], ids=str
)
def test_anything_else_proves_nothing(ada, domain, records, published):
    if published is not None:
        records["acme.example"] = [text.format(domain.record) for text in published]
    ada.open(PAGE).press("Check")
    assert "acme.example has no such record yet." in ada.words
    assert not Domain.objects.get().is_proved


def test_a_record_in_parts_is_one(ada, domain, records):
    records["acme.example"] = [domain.record[:10] + "|" + domain.record[10:]]
    ada.open(PAGE).press("Check")
    assert Domain.objects.get().is_proved


def test_what_another_company_has_published_proves_nothing(world, domain, records):
    theirs = Domain.objects.create(company=world.globex, name="acme.example")
    records["acme.example"] = [domain.record]
    gina = Visitor(world.globex_admin).open(PAGE).press("Check")
    assert "has no such record yet" in gina.words
    # And a domain leads to one company.
    domain.set_proved(by=world.admin)
    records["acme.example"] = [theirs.record]
    gina.press("Check")
    assert "acme.example was proved for another company already. Please contact Velory Support." in gina.words
    assert not Domain.objects.get(pk=theirs.pk).is_proved


def test_a_name_server_that_is_away_is_said(ada, domain, settings, monkeypatch):
    settings.DNS_ADDRESS = ("127.0.0.1", 9)
    monkeypatch.setattr("accounts.sso.proof.SECONDS", 0.2)
    ada.open(PAGE).press("Check")
    assert "Nobody could be asked about acme.example at the moment." in ada.words


@pytest.mark.parametrize(
    "name", ["", "acme", "a@acme.example", "https://acme.example", "acme..example", "-a.example", "1.2.3.4"]
)
def test_what_is_no_domain_is_refused_beside_its_field(ada, name):
    ada.press("Add domain", name=name)
    assert "name" in ada.response.context["domain_form"].errors
    assert not Domain.objects.exists()


def test_a_domain_stands_once_in_the_list(ada, domain):
    ada.open(PAGE).press("Add domain", name="ACME.example")
    assert "This domain is in the list already." in ada.words


def test_support_confirms_a_domain(world, domain):
    client = Client()
    client.force_login(world.support)
    on_a_visit(client, world.acme)
    data = {"action": "confirm", "_selected_action": [domain.pk]}
    page = client.post(reverse("admin:accounts_domain_changelist"), data, follow=True)
    assert "Acme.example is proved." in page.text
    assert Domain.objects.get().is_proved
    assert "Siri Ahl of Velory Support had the domain acme.example proved." in words_of(world)


def test_the_last_domain_stays_while_people_sign_in_by_it(ada, proved, world):
    SingleSignOn.objects.create(company=world.acme, issuer="https://idp.example", client_id="v", is_on=True)
    ada.open(PAGE).press("Remove")
    assert "People sign in by this domain." in ada.words
    SingleSignOn.objects.update(is_on=False)
    ada.press("Remove")
    assert "acme.example was removed." in ada.words
    assert not Domain.objects.exists()


# The provider


def test_the_provider_is_named_and_tested(ada, world, provider):
    assert "http://testserver/sign-in/company/back/" in ada.words
    ada.press("Save", issuer=f"{provider.issuer}/", client_id="velory", client_secret=SECRET)
    sso = SingleSignOn.objects.get()
    assert (sso.issuer, sso.client_secret, sso.is_on) == (provider.issuer, SECRET, False)
    ada.press("Test whether it answers")
    assert "The provider answers, and is the one that you named." in ada.words
    SingleSignOn.objects.update(issuer=f"{provider.issuer}/elsewhere")
    ada.press("Test whether it answers")
    assert "The provider answers with 404." in ada.words
    SingleSignOn.objects.update(issuer="http://127.0.0.1:9")
    ada.press("Test whether it answers")
    assert "The provider does not answer, or is not at a public address." in ada.words


def test_the_secret_is_shown_nowhere_and_leaves_by_no_door(ada, world, provider, caplog, settings):
    ada.press("Save", issuer=provider.issuer, client_id="velory", client_secret=SECRET)
    stored = SingleSignOn.objects.get().sealed_secret
    assert SECRET not in stored
    assert "One is kept, and never shown." in ada.words
    archive = unpack(b"".join(take_out(world.acme)))
    for text in (ada.response.text, words_of(world), caplog.text, *map(str, archive.values())):
        assert SECRET not in text
        assert stored not in text
    assert "Ada Holm entered another client secret for single sign-on." in words_of(world)
    # Left empty, it stays.
    ada.open(PAGE).press("Save", client_id="other")
    assert SingleSignOn.objects.get().client_secret == SECRET
    # Of a key that is gone nothing can be read, and it is said.
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "x" * 50
    assert SingleSignOn.objects.get().client_secret == SECRET
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(sealed.Unreadable):
        SingleSignOn.objects.get().client_secret  # noqa: B018


@pytest.mark.parametrize(
    "issuer",
    [
        "http://idp.example",
        "ftp://idp.example",
        "idp.example",
        "https://",
        "https://a:b@idp.example",
        "https://idp.example?a",
    ],
)
def test_an_issuer_is_an_address_by_https(ada, issuer):
    ada.press("Save", issuer=issuer, client_id="velory")
    assert "issuer" in ada.response.context["form"].errors
    assert not SingleSignOn.objects.exists()


def test_it_is_switched_on_where_a_domain_is_proved(ada, world, domain):
    named = {"issuer": "https://idp.example", "client_id": "velory", "client_secret": SECRET}
    ada.press("Save", **named, is_on=True)
    assert "Prove one of your domains first" in ada.words
    ada.press("Save", **named | {"client_secret": ""}, is_on=True)
    assert "Enter the client secret first." in ada.words
    domain.set_proved(by=world.admin)
    ada.press("Save", **named, is_on=True)
    assert SingleSignOn.objects.get().is_on
    assert "Ada Holm changed single sign-on from off to on." in words_of(world)


def test_it_becomes_the_only_way_where_somebody_can_break_the_glass(ada, world, proved):
    named = {"issuer": "https://idp.example", "client_id": "velory", "client_secret": SECRET}
    ada.press("Save", **named, is_only_way=True)
    assert "Let people sign in with your company first." in ada.words
    ada.press("Save", **named, is_on=True, is_only_way=True)
    assert "Choose at least one, or nobody gets in when your provider fails." in ada.words
    assert not SingleSignOn.objects.exists()
    chosen = {"is_on": "on", "is_only_way": "on", "break_glass": world.second_admin.pk}
    client = Client()
    client.force_login(world.admin)
    assert client.post(PAGE, named | chosen)["Location"] == PAGE
    assert SingleSignOn.objects.get().is_only_way
    assert [person.full_name for person in User.objects.filter(is_break_glass=True)] == ["Bodil Ek"]
    assert "Ada Holm lets Bodil Ek sign in by password when others may not." in words_of(world)


def test_only_admins_of_the_company_who_have_a_password_break_the_glass(ada, world):
    User.objects.filter(pk=world.second_admin.pk).update(password="!")
    choices = ada.open(PAGE).response.context["form"].fields["break_glass"].queryset
    assert list(choices) == [world.admin]


def test_the_page_asks_little_however_many_domains_there_are(world, django_assert_max_num_queries):
    Domain.objects.bulk_create(Domain(company=world.acme, name=f"a{number}.example") for number in range(50))
    client = Client()
    client.force_login(world.admin)
    with django_assert_max_num_queries(12):
        client.get(PAGE)


def test_another_company_s_domain_is_out_of_reach(world, domain):
    client = Client()
    client.force_login(world.globex_admin)
    for name in ("accounts:domain_check", "accounts:domain_remove"):
        assert client.post(reverse(name, args=[domain.pk])).status_code == 404
    assert "acme.example" not in client.get(PAGE).text


def test_erasing_a_person_forgets_who_they_are_there(world, proved):
    world.colleague.identities.create(company=world.acme, issuer="https://idp.example", subject="carl")
    world.colleague.deactivate(by=world.admin, unassign=True)
    erase(User.objects.get(pk=world.colleague.pk), by=world.admin)
    assert not world.colleague.identities.exists()


# Without the extra


@pytest.fixture
def not_installed(settings):
    settings.SSO_IS_INSTALLED = False
    _reload_addresses()
    yield
    settings.SSO_IS_INSTALLED = True
    _reload_addresses()


def _reload_addresses():
    for module in (accounts.urls, velory.urls):
        importlib.reload(module)
    clear_url_caches()


@pytest.mark.usefixtures("not_installed")
def test_without_the_extra_its_pages_are_not_there(world, client):
    with pytest.raises(NoReverseMatch):
        reverse("accounts:sso")
    assert "Sign in with your company" not in client.get(reverse("account_login")).text
    assert client.get("/sign-in/company/").status_code == 404
    client.force_login(world.admin)
    assert client.get("/settings/single-sign-on/").status_code == 404
    page = client.get(reverse("accounts:settings")).text
    assert "It is not installed here." in page
