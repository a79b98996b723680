"""From an empty database to a device that is back from repair, by nothing but pages: run by test_walk.py."""

import re
import sys

import django

django.setup()

from django.urls import reverse  # noqa: E402

from tests.visitor import Visitor  # noqa: E402

PASSWORD = "quite another phrase 7"


def joined(link):
    """Whoever chooses a password by this link."""
    return (
        Visitor()
        .open(link[link.index("/join/") :])
        .press("Save and sign in", new_password1=PASSWORD, new_password2=PASSWORD)
    )


def link_on(page):
    return re.search(r"/join/[\w-]+/", page.response.content.decode()).group()


def signed_in(email):
    visitor = Visitor().open("/").press("Sign in", login=email, password=PASSWORD)
    assert visitor.status == 200, visitor.status
    assert visitor.address != reverse("account_login"), visitor.words
    return visitor


def found(support, name, slug):
    """A company with its first admin. Returns the admin."""
    support.client.post(
        reverse("admin:accounts_company_add"),
        token(support) | {"name": name, "slug": slug, "plan": "pro", "repair_flow_released": "on"},
    )
    person = {
        "company": company_key(support, name),
        "full_name": f"{name} Admin",
        "email": f"admin@{slug}.example",
        "role": "admin",
    }
    answer = support.client.post(reverse("admin:accounts_user_add"), token(support) | person, follow=True)
    joined(re.search(r"/join/[\w-]+/", answer.content.decode()).group())
    return signed_in(f"admin@{slug}.example")


def company_key(support, name):
    support.open(reverse("admin:accounts_company_changelist"))
    return re.search(rf"/admin/accounts/company/(\d+)/change/[^>]*>{name}<", support.response.content.decode()).group(1)


def token(visitor):
    visitor.open(reverse("admin:accounts_company_add"))
    return {
        "csrfmiddlewaretoken": re.search(r'csrfmiddlewaretoken" value="(\w+)"', visitor.response.content.decode())[1]
    }


def registered(admin, name, **fields):
    admin.open(reverse("devices:register")).press("Register device", name=name, category="Laptop", **fields)
    assert admin.messages == [f"{name} is registered."], admin.messages
    return admin.address


def main(link):
    joined(link)
    support = signed_in("siri@velory.example")
    acme, globex = found(support, "Acme", "acme"), found(support, "Globex", "globex")

    acme.open(reverse("accounts:user_new")).press("Add user", full_name="Eva Lind", email="eva@acme.example")
    joined(link_on(acme))
    eva = signed_in("eva@acme.example")
    laptop = registered(acme, "MacBook Pro 14", holder="Eva Lind", payor="Employee")
    other = registered(globex, "Latitude 7440")

    eva.open(laptop).follow("Support").press("Save", needs_repair=True, description="It flickers.")
    acme.open(laptop).follow("Support").follow("Move to “In repair”").press("Move to “In repair”")
    acme.open(laptop).press("Assign to Eva Lind").follow("Event log")
    assert "Acme Admin assigned repaired device to Eva Lind." in acme.words

    for visitor, foreign in ((acme, other), (eva, other), (globex, laptop)):
        assert visitor.open(foreign).status == 404
    export = acme.client.get(reverse("devices:export", args=["all"])).getvalue().decode()
    assert "MacBook Pro 14" in export
    assert "Latitude 7440" not in export
    devices = reverse("admin:devices_device_changelist")
    why = token(support) | {"company": company_key(support, "Acme"), "reason": "Ticket 4711"}
    support.client.post(reverse("support_visit"), why)
    support.open(devices)
    assert set(re.findall(r"MacBook Pro 14|Latitude 7440", support.words)) == {"MacBook Pro 14"}
    assert (
        "Siri Ahl of Velory Support looked at your data: Ticket 4711" in acme.open(reverse("accounts:audit_log")).words
    )
    sys.stdout.write("walked\n")


if __name__ == "__main__":
    main(sys.argv[1])
