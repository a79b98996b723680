"""Two acts that touch the same rows wait for each other, and never for ever.

Every act locks devices first, then the factors of a person, then people, then the company's row, which a line of the
audit log takes. The first act of each pair stands still in the middle until the second one has come as far as it can;
were it to lock in another order, PostgreSQL would end one of the two ("deadlock detected").
"""

import time
from threading import Event, Thread

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from accounts import two_step
from accounts.models import AuditLine, Domain, User, audit
from tests.test_support_admin import act, visit
from tests.two_step import Passkey, sign_in, sign_in_by
from tests.visitor import Visitor

MOMENT = 0.4  # seconds: what the second act needs to come to where it waits


@pytest.fixture
def meanwhile(live_world, monkeypatch):
    """`meanwhile(first, second, at, after)`: the first act stands still where it calls `at`, or when it has, and lets
    the second one go. Returns what came of both."""

    def run(first, second, at, after=False):
        module, name = at
        really, here, answers = getattr(module, name), Event(), {}

        def pausing(*args, **kwargs):
            if here.is_set():
                return really(*args, **kwargs)
            done = really(*args, **kwargs) if after else None
            here.set()
            time.sleep(MOMENT)
            return done if after else really(*args, **kwargs)

        monkeypatch.setattr(module, name, pausing)

        def carry_out(act):
            try:
                if act is second:
                    assert here.wait(10)
                answers[act] = act()
            except Exception as error:
                answers[act] = error
            finally:
                connections.close_all()

        threads = [Thread(target=carry_out, args=[act]) for act in (first, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        return answers[first], answers[second]

    return run


def browser(person=None):
    client = Client(raise_request_exception=False)
    if person is not None:
        client.force_login(person)
    return client


def kinds(company):
    return set(AuditLine.objects.filter(company=company).values_list("kind", flat=True))


def editing(world, **fields):
    """An admin saves the employee's form."""
    visitor = Visitor(world.admin).open(reverse("accounts:user_edit", args=[world.employee.pk]))
    visitor.client.raise_request_exception = False
    return lambda: visitor.press("Save", **fields).status


def test_a_role_is_changed_while_the_person_signs_in(live_world, meanwhile):
    import accounts.forms

    edited, signed_in = meanwhile(
        editing(live_world, role="IT admin"),
        lambda: sign_in(browser(), live_world.employee).status_code,
        at=(accounts.forms, "record"),
    )
    assert (edited, signed_in) == (200, 302)
    assert {"user_changed", "sign_in_done"} <= kinds(live_world.acme)


def test_a_link_is_made_while_the_person_is_changed(live_world, meanwhile):
    import accounts.views.links

    other = browser(live_world.second_admin)
    link = reverse("accounts:user_link", args=[live_world.employee.pk])
    made, edited = meanwhile(
        lambda: other.post(link).status_code,
        editing(live_world, role="IT admin"),
        at=(accounts.views.links, "record"),
        after=True,
    )
    assert (made, edited) == (302, 200)


def test_a_domain_is_removed_while_it_is_proved(live_world, meanwhile):
    domain = Domain.objects.create(company=live_world.acme, name="acme.example")
    proved, removed = meanwhile(
        lambda: Domain.objects.get(pk=domain.pk).set_proved(by=live_world.admin),
        lambda: Domain.objects.get(pk=domain.pk).remove(by=live_world.second_admin),
        at=(audit, "record"),
    )
    assert (proved, removed) == (None, None)
    assert not Domain.objects.exists()


def test_somebody_signs_out_while_they_are_deactivated(live_world, meanwhile):
    leaving = browser()
    assert sign_in(leaving, live_world.second_admin).status_code == 302
    deactivated, out = meanwhile(
        lambda: User.objects.get(pk=live_world.second_admin.pk).deactivate(by=live_world.admin),
        lambda: leaving.post(reverse("account_logout")).status_code,
        at=(audit, "record"),
    )
    assert (deactivated, out) == (None, 302)


def test_somebody_signs_in_by_a_passkey_while_their_address_is_changed(live_world, meanwhile):
    passkey = Passkey(live_world.employee)
    passkey.stored()
    changed, signed_in = meanwhile(
        lambda: User.objects.get(pk=live_world.employee.pk).change_email("eva@new.example", by=live_world.admin),
        lambda: sign_in_by(browser(), passkey).status_code,
        at=(two_step, "remove_factors"),
    )
    assert changed is None
    assert signed_in in (200, 302)


def test_one_signs_in_while_support_works_through_a_list_of_people(live_world, meanwhile):
    support = browser(live_world.support)
    visit(support, live_world.acme)
    first, second = sorted([live_world.employee, live_world.colleague], key=lambda person: person.full_name)
    acted, signed_in = meanwhile(
        lambda: act(support, "deactivate", first, second).status_code,
        lambda: sign_in(browser(), second).status_code,
        at=(audit, "_append"),
        after=True,
    )
    assert acted in (200, 302)
    assert signed_in in (200, 302)
