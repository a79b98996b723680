"""Single sign-on by OpenID Connect, against a real provider on loopback."""

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditLine, Company, Domain, Identity, SingleSignOn, User
from accounts.tokens import link_keys, link_path
from tests.factories import UserFactory
from tests.provider import provider as running_provider
from tests.two_step import Passkey, code_of, give_app, give_passkey, is_signed_in, sign_in, sign_in_by
from tests.visitor import Visitor

SIGN_IN = reverse("accounts:sso_sign_in")
BACK = reverse("accounts:sso_callback")
START = reverse("accounts:sso_start", args=["acme.example"])
VERIFIED = {"email_verified": True}


@pytest.fixture(scope="module")
def running():
    with running_provider() as one:
        yield one


@pytest.fixture
def provider(running):
    running.bend.clear()
    running.is_away = False
    for name in ("eva", "ada", "carl"):
        running.knows(name, email=f"{name}@acme.example", name=name.title(), **VERIFIED)
    running.asked.clear()
    return running


@pytest.fixture
def sso(world, provider):
    """Acme's people sign in at the provider."""
    Domain.objects.create(company=world.acme, name="acme.example", proved_at=world.acme.created_at)
    made = SingleSignOn(company=world.acme, issuer=provider.issuer, client_id="velory", is_on=True)
    made.client_secret = "a secret between the two"
    made.save()
    return made


def come(client, provider, subject, start=START):
    """All the way there and back. Returns Velory's answer."""
    address = client.get(start)["Location"]
    return client.get(provider.sign_in(address, subject))


def is_in(client, person):
    return client.session.get("_auth_user_id") == str(person.pk)


def lines(world):
    return list(AuditLine.objects.filter(company=world.acme).order_by("sequence").values_list("kind", flat=True))


# The way


def test_somebody_signs_in_with_their_company(world, sso, provider):
    visitor = Visitor().open("/").follow("Sign in with your company")
    visitor.press("Go on", email="Eva@ACME.example")
    assert "Addresses of acme.example sign in at their company’s own provider." in visitor.words
    address = visitor.client.get(START)["Location"]
    assert address.startswith(provider.issuer)
    visitor.open(provider.sign_in(address, "eva"))
    assert is_in(visitor.client, world.employee)
    assert "MacBook Pro 14" in visitor.words
    assert lines(world)[-1] == "sign_in_sso_done"
    assert Identity.objects.get().user == world.employee


def test_the_page_that_somebody_wanted_opens_after_it(world, sso, provider):
    client = Client()
    page = client.post(f"{SIGN_IN}?next=/profile/", {"email": "eva@acme.example"})
    assert come(client, provider, "eva", page.context["start"])["Location"] == "/profile/"
    assert come(Client(), provider, "eva", f"{START}?next=https://evil.example/")["Location"] == "/"


def test_the_provider_is_asked_with_state_nonce_and_pkce(world, sso, provider):
    come(Client(), provider, "eva")
    asked = dict(provider.asked)
    question, exchange = asked["/oauth2/authorize"], asked["/oauth2/token"]
    assert question["code_challenge_method"] == "S256"
    assert len(exchange["code_verifier"]) >= 43
    assert question["code_challenge"] != exchange["code_verifier"]
    assert question["scope"] == "openid email profile"
    assert question["redirect_uri"] == f"http://testserver{BACK}"
    assert len({question["state"], question["nonce"]}) == 2


def test_going_there_writes_nothing(world, sso, provider):
    with CaptureQueriesContext(connection) as asked:
        Client().get(START)
    statements = [query["sql"] for query in asked]
    assert [sql for sql in statements if sql.startswith(("INSERT", "UPDATE", "DELETE"))] == []


def test_who_is_signed_in_here_is_asked_before_somebody_else_takes_their_place(world, sso, provider):
    ada = Visitor(world.admin).open(START, next="/profile/")
    assert "You are signed in here as Ada Holm." in ada.words
    assert provider.asked == []
    stays, goes = (ada._link(words).get("href") for words in ("Stay signed in", "Go on to the provider"))
    assert stays == "/profile/"
    come(ada.client, provider, "eva", goes)
    assert is_in(ada.client, world.employee)


def test_nobody_but_who_was_asked_goes_on(world, sso, provider):
    Domain.objects.create(company=world.acme, name="acme.test", proved_at=world.acme.created_at)
    client = Client()
    client.force_login(world.admin)
    goes = client.get(START).context["go"]
    assert client.get(goes.replace("acme.example", "acme.test")).status_code == 200
    client.force_login(world.second_admin)
    for address in (goes, f"{START}?instead=x", f"{START}?instead="):
        assert "You are signed in here as Bodil Ek." in client.get(address).text
    assert provider.asked == []
    assert is_in(client, world.second_admin)


def test_each_way_there_and_back_is_counted(world, sso, provider, settings):
    settings.ACCOUNT_RATE_LIMITS = {"single_sign_on": "3/m/ip"}
    client = Client()
    assert [client.get(address).status_code for address in (START, BACK, START, START, BACK)] == [
        302,
        400,
        302,
        429,
        429,
    ]
    assert len(provider.asked) == 3


# Discovery: by the domain, never by the person


@pytest.mark.parametrize("email", ["eva@acme.example", "nobody@acme.example", "gina@acme.example"])
def test_the_domain_alone_decides(world, sso, client, email):
    page = client.post(SIGN_IN, {"email": email})
    assert page.context["start"] == START
    assert email not in page.text


@pytest.mark.parametrize(
    "email", ["gina@globex.example", "a@nowhere.example", "a@sub.acme.example", "a@acme.example.se"]
)
def test_other_addresses_are_all_answered_the_same(world, sso, client, email):
    page = client.post(SIGN_IN, {"email": email})
    assert page.context["start"] == ""
    assert "No company signs in this way with such addresses." in page.text


@pytest.mark.parametrize("change", [{"proved_at": None}, {"name": "acme.test"}])
def test_a_domain_that_is_not_proved_leads_nowhere(world, sso, client, change):
    Domain.objects.update(**change)
    assert client.post(SIGN_IN, {"email": "eva@acme.example"}).context["start"] == ""
    assert says_that_the_link_leads_nowhere(client.get(START, follow=True))


def test_what_is_switched_off_leads_nowhere(world, sso, client):
    SingleSignOn.objects.update(is_on=False)
    assert says_that_the_link_leads_nowhere(client.get(START, follow=True))


@pytest.mark.parametrize("domain", ["globex.example", "nowhere.example", "nonsense", "%00", "x" * 300])
def test_a_link_that_leads_nowhere_says_so_and_the_same_of_all(world, sso, client, domain):
    page = client.get(f"/sign-in/company/{domain}/", follow=True)
    assert says_that_the_link_leads_nowhere(page)
    assert domain not in page.text


def says_that_the_link_leads_nowhere(page):
    assert page.request["PATH_INFO"] == SIGN_IN
    assert "No company signs in by the domain in that link." in page.text
    return True


def test_a_domain_of_other_letters_is_shown_as_people_know_it(world, sso, provider, client):
    Domain.objects.update(name="xn--mnchen-3ya.example")
    page = client.post(SIGN_IN, {"email": "eva@MÜNCHEN.example"})
    assert "Addresses of münchen.example sign in" in page.text
    assert page.context["start"] == "/sign-in/company/xn--mnchen-3ya.example/"
    assert client.get("/sign-in/company/münchen.example/")["Location"].startswith(provider.issuer)
    client.force_login(world.employee)
    assert "the provider of münchen.example (xn--mnchen-3ya.example)" in client.get(page.context["start"]).text


# Who may come in


def refused(answer):
    assert answer.status_code == 403
    assert "Ask your IT admin whether you have been added" in answer.text
    return True


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "gina@globex.example"} | VERIFIED,  # somebody of another company
        {"email": "siri@velory.example"} | VERIFIED,  # Velory Support
        {"email": "nobody@acme.example"} | VERIFIED,
        {"email": "eva@acme.example", "email_verified": False},
        {"email": "eva@acme.example", "email_verified": "false"},
        {"email": "not an address"} | VERIFIED,
        {"email": "e\0va@acme.example"} | {"email_verified": False},
        {"email": ["eva@acme.example"]} | VERIFIED,
        {},
    ],
)
def test_nobody_else_comes_in_and_all_read_the_same(world, sso, provider, claims):
    provider.knows("stranger", **claims)
    client = Client()
    people = User.objects.count()
    answer = come(client, provider, "stranger")
    assert refused(answer)
    for word in ("Globex", "Acme", "gina@", "eva@"):
        assert word not in answer.text
    assert not is_signed_in(client)
    assert (User.objects.count(), Identity.objects.count()) == (people, 0)


def test_an_unverified_address_is_believed_about_the_company_s_own_domains_only(world, sso, provider):
    provider.knows("quiet", email="eva@acme.example")
    client = Client()
    come(client, provider, "quiet")
    assert is_in(client, world.employee)
    client = Client()
    guest = UserFactory(company=world.acme, email="guest@agency.example")
    provider.knows("guest", email=guest.email)
    assert refused(come(Client(), provider, "guest"))
    provider.knows("guest", email=guest.email, **VERIFIED)
    come(client, provider, "guest")
    assert is_in(client, guest)


def test_who_somebody_is_at_the_provider_binds_from_the_first_time_on(world, sso, provider):
    come(Client(), provider, "eva")
    # Another account there gets her address: it is not her.
    provider.knows("other", email="eva@acme.example", **VERIFIED)
    assert refused(come(Client(), provider, "other"))
    assert lines(world)[-1] == "sign_in_sso_refused"
    # And she is herself, whatever address she has there now: even that of another account.
    provider.knows("eva", email="ada@acme.example", **VERIFIED)
    client = Client()
    come(client, provider, "eva")
    assert is_in(client, world.employee)


def test_who_is_deactivated_stays_out(world, sso, provider):
    come(Client(), provider, "carl")
    world.colleague.deactivate(by=world.admin, unassign=True)
    assert refused(come(Client(), provider, "carl"))
    provider.knows("eva2", email="carl@acme.example", **VERIFIED)
    assert refused(come(Client(), provider, "eva2"))


def test_another_address_is_another_account_there_too(world, sso, provider):
    come(Client(), provider, "carl")
    world.colleague.change_email("carl.berg@acme.example", by=world.admin)
    assert refused(come(Client(), provider, "carl"))


def test_an_invited_person_joins_by_coming(world, sso, provider):
    nils = UserFactory(company=world.acme, email="nils@acme.example", full_name="Nils Ny")
    link = link_path(nils, link_keys.new(nils))
    provider.knows("nils", email="nils@acme.example", **VERIFIED)
    client = Client()
    come(client, provider, "nils")
    assert is_in(client, nils)
    assert User.objects.get(pk=nils.pk).has_joined
    assert Client().get(link).status_code == 410


def test_an_address_that_is_an_account_elsewhere_does_not_come_in(world, sso, provider):
    UserFactory(company=world.acme, email=world.globex_employee.email)
    provider.knows("hugo", email=world.globex_employee.email, **VERIFIED)
    assert refused(come(Client(), provider, "hugo"))
    assert Identity.objects.count() == 0


def test_people_are_added_only_where_the_company_wants_it_and_as_employees(world, sso, provider):
    provider.knows("nils", email="nils@acme.example", name="Nils  Ny\0", role="admin", **VERIFIED)
    provider.knows("guest", email="guest@agency.example", **VERIFIED)
    assert refused(come(Client(), provider, "nils"))
    SingleSignOn.objects.update(creates_people=True)
    client = Client()
    come(client, provider, "nils")
    nils = User.objects.get(email="nils@acme.example")
    assert (nils.full_name, nils.role, nils.company, nils.has_joined) == ("Nils Ny", "employee", world.acme, True)
    assert not nils.has_usable_password()
    assert is_in(client, nils)
    assert "user_added_by_sso" in lines(world)
    assert refused(come(Client(), provider, "guest"))
    assert "You have no password here: you sign in with your company." in client.get("/profile/security/").text


# What the provider says is verified


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another client"},
        {"aud": ["velory", "another"], "azp": "another"},
        {"iss": "https://another.example"},
        {"nonce": "another attempt"},
        {"nonce": None},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"iat": 9_000_000_000},
        {"sub": None},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_this_very_sign_in_is_refused(world, sso, provider, claims):
    provider.changes_token(**claims)
    client = Client()
    answer = come(client, provider, "eva")
    assert answer.status_code == 400
    assert "could not be finished" in answer.text
    assert not is_signed_in(client)


def test_a_token_signed_by_somebody_else_is_refused(world, sso, provider):
    def tamper(answer):
        head, claims, signature = answer["id_token"].split(".")
        return answer | {"id_token": f"{head}.{claims}.{signature[:-8]}AAAAAAAA"}

    provider.bend["/oauth2/token"] = tamper
    assert come(Client(), provider, "eva").status_code == 400


@pytest.mark.parametrize("header", ["eyJhbGciOiJub25lIn0", "eyJhbGciOiJIUzI1NiJ9"])  # none, HS256
def test_a_token_without_the_provider_s_signature_is_refused(world, sso, provider, header):
    provider.bend["/oauth2/token"] = lambda answer: (
        answer | {"id_token": f"{header}.{answer['id_token'].split('.')[1]}."}
    )
    assert come(Client(), provider, "eva").status_code == 400


@pytest.mark.parametrize(
    "answer", [{}, {"id_token": "x"}, {"id_token": None}, {"error": "invalid_grant"}, [], "x", None], ids=str
)
def test_nonsense_from_the_provider_is_no_error_of_ours(world, sso, provider, answer):
    provider.bend["/oauth2/token"] = lambda _answer: answer
    assert come(Client(), provider, "eva").status_code == 400
    provider.bend = {"/.well-known/openid-configuration": lambda _answer: answer}
    assert Client().get(START).status_code == 400


@pytest.mark.parametrize("change", ["state=wrong", "state=", "iss=https://another.example", "error=access_denied"])
def test_an_answer_to_another_question_is_refused(world, sso, provider, change):
    client = Client()
    back = provider.sign_in(client.get(START)["Location"], "eva")
    assert client.get(f"{back}&{change}").status_code == 400
    assert not is_signed_in(client)


def test_an_answer_counts_in_the_browser_that_asked_and_once(world, sso, provider):
    client = Client()
    back = provider.sign_in(client.get(START)["Location"], "eva")
    assert Client().get(back).status_code == 400
    assert client.get(back).status_code == 302
    client.logout()
    assert client.get(back).status_code == 400
    assert not is_signed_in(client)


def test_turning_back_at_the_provider_is_said(world, sso, provider):
    client = Client()
    location = provider.sign_in(client.get(START)["Location"], None)
    state = dict(provider.asked)["/oauth2/authorize"]["state"]
    answer = client.get(BACK, {"error": "access_denied", "state": state})
    assert "error=access_denied" in location
    assert "or you turned back there" in answer.text


def test_a_provider_that_is_away_is_said_at_each_step(world, sso, provider):
    client = Client()
    back = provider.sign_in(client.get(START)["Location"], "eva")
    provider.is_away = True
    for answer in (client.get(back), client.get(START)):
        assert answer.status_code == 503
        assert "does not answer at the moment" in answer.text
    SingleSignOn.objects.update(issuer="http://127.0.0.1:9")
    assert client.get(START).status_code == 503


@pytest.mark.parametrize(
    "change",
    [
        {"token_endpoint": "http://inside.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"issuer": "https://another.example"},
        {"padding": "x" * 300_000},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_provider_that_names_what_it_should_not_is_left(world, sso, provider, change):
    provider.bend["/.well-known/openid-configuration"] = lambda answer: answer | change
    assert Client().get(START).status_code == 400


def test_in_production_this_machine_is_no_provider(world, sso, provider, settings):
    settings.HTTPS = True
    assert Client().get(START).status_code == 400


def test_an_address_that_only_the_second_question_tells(world, sso, provider):
    provider.changes_token(email=None, email_verified=None)
    client = Client()
    come(client, provider, "eva")
    assert is_in(client, world.employee)
    Identity.objects.all().delete()
    provider.bend["/userinfo"] = lambda answer: answer | {"sub": "ada"}
    assert come(Client(), provider, "eva").status_code == 400


# The second step


def test_the_second_step_is_the_provider_s_unless_the_company_requires_velory_s(world, sso, provider):
    give_app(world.admin)
    client = Client()
    come(client, provider, "ada")
    assert is_in(client, world.admin)
    Company.objects.filter(pk=world.acme.pk).update(admins_need_two_step=True)
    client = Client()
    assert come(client, provider, "ada")["Location"] == reverse("mfa_authenticate")
    assert not is_signed_in(client)


# The only way


@pytest.fixture
def only_way(world, sso):
    SingleSignOn.objects.update(is_only_way=True)
    User.objects.filter(pk=world.admin.pk).update(is_break_glass=True)
    return world.again()


def test_where_it_is_the_only_way_no_password_lets_in_but_the_break_glass_admin_s(only_way, client):
    answer = sign_in(client, only_way.employee)
    assert answer.status_code == 403
    assert "Your company lets its people sign in at its own provider only." in answer.text
    assert not is_signed_in(client)
    assert "Your company lets" not in sign_in(client, only_way.employee, "wrong").text
    sign_in(client, only_way.admin)
    assert is_in(client, only_way.admin)
    sign_in(client, only_way.globex_admin)
    assert is_in(client, only_way.globex_admin)


def test_when_it_becomes_the_only_way_sessions_that_began_otherwise_end(world, sso, provider):
    by_provider, by_password, passkey, glass, elsewhere = (Client() for _browser in range(5))
    give_app(world.second_admin)
    Company.objects.filter(pk=world.acme.pk).update(admins_need_two_step=True)
    provider.knows("bodil", email="bodil@acme.example", name="Bodil", **VERIFIED)
    come(by_provider, provider, "bodil")
    by_provider.post(reverse("mfa_authenticate"), {"code": code_of()})
    assert is_in(by_provider, world.second_admin)
    sign_in(by_password, world.colleague)
    key = Passkey(world.employee)
    key.stored()
    sign_in_by(passkey, key)
    give_passkey(world.admin)
    glass.force_login(world.admin)
    sign_in(elsewhere, world.globex_employee)

    named = {"issuer": sso.issuer, "client_id": "velory", "is_on": "on", "is_only_way": "on"}
    named |= {f"initial-{name}": value for name, value in named.items() if name != "is_only_way"}
    page = glass.get(reverse("accounts:sso"))
    assert "is signed out when you save" in page.text
    glass.post(reverse("accounts:sso"), named | {"break_glass": world.admin.pk})
    assert SingleSignOn.objects.get().is_only_way
    stays = {"provider": by_provider, "password": by_password, "passkey": passkey, "glass": glass, "globex": elsewhere}
    assert {name for name, client in stays.items() if client.get("/profile/").status_code == 200} == {
        "provider",
        "glass",
        "globex",
    }


def test_who_may_not_break_the_glass_any_more_is_signed_out(only_way, sso, client):
    bodil = Client()
    User.objects.filter(pk=only_way.second_admin.pk).update(is_break_glass=True)
    sign_in(bodil, only_way.second_admin)
    assert is_in(bodil, only_way.second_admin)
    client.force_login(only_way.admin)
    named = {"issuer": sso.issuer, "client_id": "velory", "is_on": "on", "is_only_way": "on"}
    named |= {f"initial-{name}": value for name, value in named.items()}
    named["initial-break_glass"] = [only_way.admin.pk, only_way.second_admin.pk]
    client.post(reverse("accounts:sso"), named | {"break_glass": only_way.admin.pk})
    assert bodil.get("/profile/").status_code == 302
    assert client.get("/profile/").status_code == 200


def test_nor_a_passkey(only_way, client):
    passkeys = [Passkey(person) for person in (only_way.employee, only_way.admin)]
    for passkey in passkeys:
        passkey.stored()
    assert sign_in_by(client, passkeys[0]).status_code == 403
    assert not is_signed_in(client)
    sign_in_by(client, passkeys[1])
    assert is_in(client, only_way.admin)


def test_nor_a_one_time_link(only_way, client):
    link = link_path(only_way.colleague, link_keys.new(only_way.colleague))
    answer = client.get(link)
    assert answer.status_code == 403
    assert "sign in at its own provider only" in answer.text
    ada = Visitor(only_way.admin).open(only_way.colleague).press("New link")
    assert "Carl Berg signs in with your company, and needs no link." in ada.words
    ada.open("/users/new/").press("Add user", full_name="Nils Ny", email="nils@acme.example", role="Employee")
    assert User.objects.get(email="nils@acme.example").link_made_at is None
    assert "needs no link" in ada.words


def test_nor_a_password_that_was_forgotten(only_way, client):
    page = client.post(reverse("account_reset_password"), {"email": only_way.employee.email}, follow=True)
    unknown = client.post(reverse("account_reset_password"), {"email": "nobody@acme.example"}, follow=True)
    assert page.request["PATH_INFO"] == unknown.request["PATH_INFO"]
    assert [message.subject for message in mail.outbox] == ["You sign in to Velory with your company"]
    assert "http" not in mail.outbox[0].body
    client.post(reverse("account_reset_password"), {"email": only_way.admin.email})
    assert "http" in mail.outbox[1].body


def test_a_mailed_link_of_before_does_not_open_any_more(world, sso, client):
    client.post(reverse("account_reset_password"), {"email": world.employee.email})
    link = next(line for line in mail.outbox[0].body.splitlines() if line.startswith("http"))
    SingleSignOn.objects.update(is_only_way=True)
    page = client.get(link, follow=True)
    assert "new_password" not in page.text
    assert "password1" not in page.text


def test_people_come_in_by_the_provider_as_before(only_way, provider):
    client = Client()
    come(client, provider, "eva")
    assert is_in(client, only_way.employee)


def test_the_last_break_glass_admin_stays_one(only_way):
    for act in (
        lambda: only_way.admin.set_role("employee", by=only_way.second_admin),
        lambda: only_way.admin.deactivate(by=only_way.second_admin, unassign=True),
        lambda: only_way.admin.change_email("new@acme.example", by=only_way.second_admin),
    ):
        with pytest.raises(Exception, match="the last IT admin who can sign in when single sign-on fails"):
            act()
    User.objects.filter(pk=only_way.second_admin.pk).update(is_break_glass=True)
    only_way.admin.set_role("employee", by=only_way.second_admin)
    assert not User.objects.get(pk=only_way.admin.pk).is_break_glass
    assert sign_in(Client(), only_way.admin).status_code == 403


def test_a_factor_is_no_way_round(only_way, client):
    give_app(only_way.employee)
    assert Authenticator.objects.filter(user=only_way.employee).exists()
    assert sign_in(client, only_way.employee).status_code == 403
    assert client.get(reverse("mfa_authenticate"))["Location"] == reverse("account_login")
