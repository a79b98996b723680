"""A company on a migrated database, for what many people do to it at once over HTTP: `python -m tests.yard 6 12`.

The numbers are those of IT admins and of devices. Prints what was made as JSON. Run it as the owner
(`tests.server.as_owner`); `build` does.
"""

import json
import subprocess
import sys

from tests.server import ROOT, as_owner, environment_for

PASSWORD = "a password for tests"


def build(where, admins, devices):
    """Make it in a process of its own. Returns what was made: keys, addresses to sign in with, and for each device
    who holds it."""
    made = subprocess.run(
        [sys.executable, "-m", "tests.yard", str(admins), str(devices)],
        cwd=ROOT,
        env=environment_for(as_owner(where)),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(made.stdout)


def main(admins, devices):
    import django

    django.setup()
    from tests.factories import AdminFactory, CompanyFactory, DeviceFactory, SpaceFactory, UserFactory

    company = CompanyFactory(slug="yard")
    founder = AdminFactory(company=company)
    people = [
        *AdminFactory.create_batch(admins, company=company, password=PASSWORD),
        *UserFactory.create_batch(3, company=company, password=PASSWORD),
    ]
    employees, spaces = people[admins:], SpaceFactory.create_batch(2, company=company)
    holders = [*employees, *spaces, None]
    things = [
        DeviceFactory(by=founder, holder=holders[number % len(holders)], category="Laptop") for number in range(devices)
    ]
    made = {
        "company": company.pk,
        "admins": [{"pk": one.pk, "email": one.email} for one in people[:admins]],
        "employees": [{"pk": one.pk, "email": one.email} for one in employees],
        "spaces": [space.pk for space in spaces],
        "payors": {payor.kind: payor.pk for payor in company.payors.all()},
        "devices": [
            {
                "pk": device.pk,
                "name": device.name,
                "user": device.holder_user_id,
                "space": device.holder_space_id,
                "payor": device.payor_id,
                "revision": device.revision,
                "lines": device.log_sequence,
            }
            for device in things
        ],
    }
    sys.stdout.write(json.dumps(made))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
