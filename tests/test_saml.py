"""Single sign-on by SAML, against a real provider on loopback."""

import base64
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse
from saml2.saml import Assertion
from saml2.samlp import Response

from accounts.models import AuditLine, Domain, Identity, SingleSignOn, User
from accounts.sealed import unseal
from accounts.sso.saml import SALT, read_metadata
from tests.factories import UserFactory
from tests.saml_provider import EMAIL, TRANSIENT, saml_provider
from tests.two_step import is_signed_in
from tests.visitor import Visitor

BACK = reverse("accounts:sso_callback")
START = reverse("accounts:sso_start", args=["acme.example"])
UNTIL = r'NotOnOrAfter="[^"]+"'


@pytest.fixture(scope="module")
def running():
    with saml_provider() as one:
        yield one


@pytest.fixture
def provider(running, world):
    running.start_over()
    running.described = Client().get(reverse("accounts:saml_metadata", args=[world.acme.pk])).text
    for name in ("eva", "ada", "carl"):
        running.knows(name, mail=f"{name}@acme.example", displayName=name.title())
    return running


def trusts(company, provider, domain):
    """The company's people sign in at the provider."""
    Domain.objects.create(company=company, name=domain, proved_at=company.created_at)
    found = read_metadata(provider.metadata().encode())
    return SingleSignOn.objects.create(company=company, protocol="saml", is_on=True, **found._asdict())


@pytest.fixture
def sso(world, provider):
    return trusts(world.acme, provider, "acme.example")


def answered(client, provider, subject):
    """All the way there: where the browser then sends which form."""
    return provider.sign_in(client.get(START)["Location"], subject)


def send(to, form):
    """The browser sends it from the provider's page, and so without our cookies."""
    return Client(enforce_csrf_checks=True).post(to, form)


def come(client, provider, subject):
    """And back. Returns Velory's last answer."""
    arrived = send(*answered(client, provider, subject))
    return client.get(arrived["Location"]) if arrived.status_code == 303 else arrived


def is_in(client, person):
    return client.session.get("_auth_user_id") == str(person.pk)


def lines(world):
    return list(AuditLine.objects.filter(company=world.acme).order_by("sequence").values_list("kind", flat=True))


def refused(answer):
    assert answer.status_code == 403
    assert "Ask your IT admin whether you have been added" in answer.text
    return True


# The way


def test_somebody_signs_in_with_their_company(world, sso, provider):
    visitor = Visitor().open("/").follow("Sign in with your company")
    visitor.press("Go on", email="Eva@ACME.example")
    assert "Addresses of acme.example sign in at their company’s own provider." in visitor.words
    arrived = send(*answered(visitor.client, provider, "eva"))
    assert arrived.status_code == 303
    visitor.open(arrived["Location"])
    assert is_in(visitor.client, world.employee)
    assert "MacBook Pro 14" in visitor.words
    assert lines(world)[-1] == "sign_in_sso_done"
    identity = Identity.objects.get()
    assert (identity.user, identity.issuer, identity.subject) == (world.employee, provider.issuer, "eva")
    come(client := Client(), provider, "eva")
    assert is_in(client, world.employee)


def test_the_page_that_somebody_wanted_opens_after_it(sso, provider):
    client = Client()
    to, form = provider.sign_in(client.get(f"{START}?next=/profile/")["Location"], "eva")
    assert client.get(send(to, form)["Location"])["Location"] == "/profile/"


def test_what_arrives_from_the_provider_s_page_signs_nobody_in_and_tells_nothing(sso, provider, client):
    arrived = send(*answered(client, provider, "eva"))
    assert arrived.cookies == {}
    back = urlsplit(arrived["Location"])
    said = parse_qs(back.query)
    assert (back.path, set(said)) == (BACK, {"answer"})
    # Sealed, so it can be read by Velory alone; a search for her name would find three letters there by chance.
    assert signing.loads(unseal(said["answer"][0]), salt=SALT)["claims"]["email"] == "eva@acme.example"
    assert not is_signed_in(client)
    refusal = send(reverse("accounts:saml_response", args=[sso.company_id]), {})
    assert refusal.cookies == {}


def test_our_metadata_is_one_for_each_company_and_knows_none_of_them(world, client):
    texts = [client.get(reverse("accounts:saml_metadata", args=[pk])) for pk in (world.acme.pk, 10**17)]
    assert [text.status_code for text in texts] == [200, 200]
    assert texts[0].text.replace(f"/{world.acme.pk}/", f"/{10**17}/") == texts[1].text
    assert texts[0]["Content-Type"] == "application/samlmetadata+xml"
    assert client.get(f"/sign-in/company/saml/{10**18}/").status_code == 404


# Who comes in


@pytest.mark.parametrize(
    "attributes",
    [
        {"mail": "gina@globex.example"},  # somebody of another company
        {"mail": "siri@velory.example"},  # Velory Support
        {"mail": "nobody@acme.example"},
        {"mail": "not an address"},
        {"mail": ""},
        {},
    ],
    ids=str,
)
def test_nobody_else_comes_in_and_all_read_the_same(world, sso, provider, attributes):
    provider.knows("stranger", **attributes)
    client, people = Client(), User.objects.count()
    answer = come(client, provider, "stranger")
    assert refused(answer)
    for word in ("Globex", "Acme", "gina@", "eva@"):
        assert word not in answer.text
    assert not is_signed_in(client)
    assert (User.objects.count(), Identity.objects.count()) == (people, 0)


def test_an_address_is_believed_on_the_company_s_own_domains_only(world, sso, provider):
    guest = UserFactory(company=world.acme, email="guest@agency.example")
    provider.knows("guest", mail=guest.email)
    assert refused(come(Client(), provider, "guest"))


def test_who_somebody_is_at_the_provider_binds_from_the_first_time_on(world, sso, provider):
    come(Client(), provider, "eva")
    provider.knows("other", mail="eva@acme.example")
    assert refused(come(Client(), provider, "other"))
    assert lines(world)[-1] == "sign_in_sso_refused"
    provider.knows("eva", mail="ada@acme.example")
    come(client := Client(), provider, "eva")
    assert is_in(client, world.employee)


def test_who_is_deactivated_stays_out(world, sso, provider):
    come(Client(), provider, "carl")
    world.colleague.deactivate(by=world.admin, unassign=True)
    assert refused(come(Client(), provider, "carl"))


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ({"mail": "nils@acme.example", "displayName": "Nils  Ny"}, "Nils Ny"),
        ({"emailAddress": "nils@acme.example", "givenName": "Nils", "sn": "Ny"}, "Nils Ny"),
        ({"urn:oid:0.9.2342.19200300.100.1.3": "nils@acme.example", "cn": "Nils Ny"}, "Nils Ny"),
        (
            {
                f"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/{claim}": value
                for claim, value in {"emailaddress": "Nils@Acme.example", "givenname": "Nils", "surname": "Ny"}.items()
            },
            "Nils Ny",
        ),
        ({"mail": "nils@acme.example", "role": "admin"}, "nils"),
    ],
    ids=lambda value: "/".join(value) if isinstance(value, dict) else None,
)
def test_people_are_added_only_where_the_company_wants_it(world, sso, provider, attributes, name):
    provider.knows("nils", **attributes)
    assert refused(come(Client(), provider, "nils"))
    SingleSignOn.objects.update(creates_people=True)
    come(client := Client(), provider, "nils")
    nils = User.objects.get(email="nils@acme.example")
    assert (nils.full_name, nils.role, nils.company, nils.has_joined) == (name, "employee", world.acme, True)
    assert is_in(client, nils)


def test_a_name_id_that_is_an_address_will_do(world, sso, provider):
    provider.knows("Eva@Acme.example", form=EMAIL)
    come(client := Client(), provider, "Eva@Acme.example")
    assert is_in(client, world.employee)
    provider.knows("eva@acme.example", form=EMAIL)
    come(client := Client(), provider, "eva@acme.example")
    assert is_in(client, world.employee)


# What the provider says is verified


def not_believed(answer, client):
    assert answer.status_code == 400
    assert "could not be finished" in answer.text
    assert not is_signed_in(client)
    return True


def replaced(pattern, by):
    def bend(xml):
        bent, times = re.subn(pattern, by, xml, flags=re.DOTALL)
        assert times, f"{pattern} is not in {xml}"
        return bent

    return bend


@pytest.mark.parametrize(
    "bend",
    [
        pytest.param(replaced(UNTIL, 'NotOnOrAfter="2026-01-01T00:00:00Z"'), id="expired"),
        pytest.param(replaced(f"(ConfirmationData )({UNTIL})", r"\1"), id="without an end"),
        pytest.param(replaced('NotBefore="[^"]+"', 'NotBefore="2999-01-01T00:00:00Z"'), id="of the future"),
        pytest.param(replaced(UNTIL, 'NotOnOrAfter="yesterday"'), id="no time at all"),
        pytest.param(replaced("(Audience>)http[^<]+", r"\1https://other.example/"), id="another audience"),
        pytest.param(replaced("<ns1:AudienceRestriction>.*?</ns1:AudienceRestriction>", ""), id="no audience"),
        pytest.param(replaced('Recipient="[^"]+"', 'Recipient="https://other.example/"'), id="another recipient"),
        pytest.param(replaced('(Recipient="[^"]+)"', r'\1x/"'), id="a longer recipient"),
        pytest.param(replaced(' Recipient="[^"]+"', ""), id="no recipient"),
        pytest.param(replaced('Destination="[^"]+"', 'Destination="https://other.example/"'), id="another destination"),
        pytest.param(replaced("(Issuer [^>]+>)http[^<]+", r"\1https://other.example/"), id="another issuer"),
        pytest.param(replaced(' InResponseTo="[^"]+"', ""), id="nobody asked"),
        pytest.param(replaced('(Data.*?) InResponseTo="[^"]+"', r"\1"), id="nobody asked, signed"),
        pytest.param(replaced('InResponseTo="[^"]+"', 'InResponseTo="another"'), id="another question"),
        pytest.param(replaced("cm:bearer", "cm:holder-of-key"), id="another confirmation"),
        pytest.param(replaced("<ns1:NameID .*?</ns1:NameID>", ""), id="nobody"),
        pytest.param(replaced("(NameID Format[^>]+>)eva", r"\1"), id="nobody in particular"),
        pytest.param(replaced("2001/04/xmldsig-more#rsa-sha256", "2000/09/xmldsig#rsa-sha1"), id="SHA-1"),
        pytest.param(lambda xml: xml.replace("nameid-format:persistent", "nameid-format:transient"), id="transient"),
    ],
)
def test_an_assertion_that_is_not_for_this_very_sign_in_is_refused(sso, provider, client, bend):
    provider.bend = bend
    assert not_believed(come(client, provider, "eva"), client)


def test_somebody_who_is_named_anew_each_time_is_not_taken_for_somebody_else(sso, provider, client, caplog):
    provider.knows("_1", form=TRANSIENT, mail="eva@acme.example")
    assert not_believed(come(client, provider, "_1"), client)
    assert "transient" in caplog.text


def test_who_did_not_sign_is_not_believed(sso, provider, client):
    for provider.signs in (None, Response):  # of what stands round an assertion the standard says little
        assert not_believed(come(client, provider, "eva"), client)
    provider.signs, provider.signs_with = Assertion, provider.foreign_key
    assert not_believed(come(client, provider, "eva"), client)


def test_while_one_key_follows_another_both_count(world, sso, provider):
    SingleSignOn.objects.update(certificates=[provider.key.text, provider.next_key.text])
    for key in (provider.key, provider.next_key):
        provider.signs_with = key
        come(client := Client(), provider, "eva")
        assert is_in(client, world.employee)
    SingleSignOn.objects.update(certificates=[provider.next_key.text])
    provider.signs_with = provider.key
    assert not_believed(come(client := Client(), provider, "eva"), client)


def altered(form, change):
    said = base64.b64decode(form["SAMLResponse"]).decode()
    return {"SAMLResponse": base64.b64encode(change(said).encode()).decode()}


def wrapped(said, place):
    """The signed assertion is somewhere else, and in its place stands one that says what an attacker wants."""
    signed = re.search("<ns1:Assertion .*</ns1:Assertion>", said, re.DOTALL)[0]
    signature = re.search("<ns2:Signature .*</ns2:Signature>", signed, re.DOTALL)[0]
    forged = signed.replace(signature, "").replace("eva", "ada").replace(' ID="', ' ID="_')
    return said.replace(
        signed,
        {
            "before": signed + forged,
            "behind": forged + signed,
            "within": forged.replace("<ns1:Subject>", f"<ns1:Advice>{signed}</ns1:Advice><ns1:Subject>"),
            "in its signature": forged.replace(
                "<ns1:Subject>",
                signature.replace("</ns2:Signature>", f"<ns2:Object>{signed}</ns2:Object></ns2:Signature>")
                + "<ns1:Subject>",
            ),
        }[place],
    )


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda said: said.replace("eva@acme", "ada@acme"), id="altered"),
        pytest.param(lambda said: said.replace(">eva<", "><!-- -->ada<"), id="altered beside a comment"),
        pytest.param(lambda said: re.sub("<ns2:SignatureValue>...", "<ns2:SignatureValue>AAA", said), id="signature"),
        *[
            pytest.param(lambda said, place=place: wrapped(said, place), id=f"wrapped, {place}")
            for place in ("before", "behind", "within", "in its signature")
        ],
    ],
)
def test_what_was_signed_is_what_counts(sso, provider, client, change):
    to, form = answered(client, provider, "eva")
    assert not_believed(send(to, altered(form, change)), client)


def test_a_comment_hides_nothing_of_a_name(world, sso, provider):
    """Of eva<!-- -->x some would read eva alone: the signature covers no comments."""
    come(Client(), provider, "eva")
    provider.knows("eva.evil", mail="carl@acme.example")
    client = Client()
    to, form = answered(client, provider, "eva.evil")
    arrived = send(to, altered(form, lambda said: said.replace(">eva.evil<", ">eva<!-- -->.evil<")))
    client.get(arrived["Location"])
    assert is_in(client, world.colleague)


def test_an_answer_counts_in_the_browser_that_asked_and_once(world, sso, provider):
    client, other = Client(), Client()
    to, form = answered(client, provider, "eva")
    other.get(START)
    for browser in (other, Client()):
        assert not_believed(browser.get(send(to, form)["Location"]), browser)
    kept = client.cookies.output(attrs=[], header="").strip()
    arrived = send(to, form)["Location"]
    assert client.get(arrived).status_code == 302
    assert is_in(client, world.employee)
    client.logout()
    # Neither the same answer nor a second copy of it, not even where the browser kept what it should have forgotten.
    for address in (arrived, send(to, form)["Location"]):
        assert not_believed(client.get(address, headers={"Cookie": kept}), client)


def test_what_has_arrived_counts_for_a_minute(sso, provider, client, monkeypatch):
    arrived = send(*answered(client, provider, "eva"))
    monkeypatch.setattr("accounts.sso.saml.SECONDS", -1)
    assert not_believed(client.get(arrived["Location"]), client)


@pytest.mark.parametrize("answer", ["", "x", "gAAAAA", "ä" * 10, "\0"], ids=ascii)
def test_nobody_else_seals_an_answer(sso, client, answer):
    client.get(START)
    assert not_believed(client.get(BACK, {"answer": answer}), client)


def test_one_company_s_answer_is_none_for_another(world, sso, provider):
    """Not even where both have the same provider."""
    trusts(world.globex, provider, "globex.example")
    theirs = reverse("accounts:saml_response", args=[world.globex.pk])
    client = Client()
    to, form = answered(client, provider, "eva")
    assert not_believed(send(theirs, form), client)
    # Whoever has begun at the other company does not come in by it, either.
    client.get(reverse("accounts:sso_start", args=["globex.example"]))
    assert not_believed(client.get(send(to, form)["Location"]), client)


def test_a_provider_answers_no_question_that_was_asked_of_another(world, sso, provider):
    """Whoever runs Globex's provider begins at Acme, and has their own vouch for somebody of Acme's."""
    trusts(world.globex, provider, "globex.example")
    ours, theirs = (f"/saml/{company.pk}/" for company in (world.acme, world.globex))
    provider.bend = lambda xml: xml.replace(ours, theirs)
    client = Client()
    to, form = answered(client, provider, "eva")
    arrived = send(to.replace(ours, theirs), form)
    assert arrived.status_code == 303
    assert not_believed(client.get(arrived["Location"]), client)


def test_where_saml_is_off_or_not_in_use_no_answer_arrives(world, sso, provider, client):
    to, form = answered(client, provider, "eva")
    for change in ({"is_on": False}, {"protocol": "oidc"}):
        SingleSignOn.objects.update(is_on=True, protocol="saml")
        arrived = send(to, form)["Location"]
        SingleSignOn.objects.update(**change)
        assert not_believed(send(to, form), client)
        assert not_believed(client.get(arrived), client)
    assert not_believed(send(reverse("accounts:saml_response", args=[world.globex.pk]), form), client)


def test_turning_back_at_the_provider_is_said(sso, provider, client):
    answer = send(*answered(client, provider, ""))
    assert answer.status_code == 400
    assert "or you turned back there" in answer.text


BOMB = '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><r>&b;</r>'
STATED = '<ns0:Response xmlns:ns0="urn:oasis:names:tc:SAML:2.0:protocol"/>'


@pytest.mark.parametrize(
    "said",
    ["", "x", "<", "<x/>", STATED, BOMB, "<a>" * 1000, "<x a='" + "x" * 300_000 + "'/>", "\0", "ä"],
    ids=lambda said: ascii(said[:20]),
)
def test_nonsense_is_no_error_of_ours(sso, client, said):
    to = reverse("accounts:saml_response", args=[sso.company_id])
    for sent in (said, base64.b64encode(said.encode()).decode()):
        assert send(to, {"SAMLResponse": sent}).status_code == 400


def test_an_assertion_that_is_encrypted_is_not_read(sso, provider, client):
    to, form = answered(client, provider, "eva")
    hidden = altered(
        form,
        lambda said: re.sub("<ns1:Assertion .*</ns1:Assertion>", "<ns1:EncryptedAssertion/>", said, flags=re.DOTALL),
    )
    assert not_believed(send(to, hidden), client)
    provider.bend = replaced(
        "<ns1:NameID .*?</ns1:NameID>",
        '<ns1:EncryptedID><x:EncryptedData xmlns:x="http://www.w3.org/2001/04/xmlenc#"><x:CipherData><x:CipherValue>AAAA'
        "</x:CipherValue></x:CipherData></x:EncryptedData></ns1:EncryptedID>",
    )
    assert not_believed(come(client, provider, "eva"), client)
