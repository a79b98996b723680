"""Rows in volume, for tests and benchmarks that need many.

Devices go through the product's own verbs, so that each has its assignment, its log and its repair
as in earnest. The few that a test names come from the cast (tests/world.py).
"""

import factory
from factory.django import DjangoModelFactory

from accounts.models import Company, Payor, Space, User
from devices.models import Device

# The moves that lead to each status.
WAYS = {
    Device.Status.ACTIVE: [],
    Device.Status.NEEDS_REPAIR: ["report"],
    Device.Status.IN_REPAIR: ["report", "take_in"],
    Device.Status.RECYCLED: ["report", "take_in", "recycle"],
}


class CompanyFactory(DjangoModelFactory):
    """A company with the repair flow on, and its two payors."""

    class Meta:
        model = Company

    name = factory.Sequence("Company {}".format)
    slug = factory.Sequence("company-{}".format)
    plan = Company.Plan.PRO
    repair_flow_released = True

    @classmethod
    def _create(cls, model_class, **fields):
        return model_class.objects.found(**fields)


class UserFactory(DjangoModelFactory):
    """An employee who has not joined; give `password` for one who has."""

    class Meta:
        model = User

    company = factory.SubFactory(CompanyFactory)
    email = factory.Sequence("person-{}@company.example".format)
    full_name = factory.Sequence("Person {}".format)

    @classmethod
    def _create(cls, model_class, **fields):
        return model_class.objects.create_user(**fields)


class AdminFactory(UserFactory):
    role = User.Role.ADMIN


def admin_of(company=None):
    """An IT admin of the company, or of a new one."""
    company = company or CompanyFactory()
    return company.users.admins().first() or AdminFactory(company=company)


class SpaceFactory(DjangoModelFactory):
    class Meta:
        model = Space

    company = factory.SubFactory(CompanyFactory)
    name = factory.Sequence("Shelf {}".format)


class PayorFactory(DjangoModelFactory):
    """A cost centre."""

    class Meta:
        model = Payor

    company = factory.SubFactory(CompanyFactory)
    name = factory.Sequence("Cost centre {}".format)


class DeviceFactory(DjangoModelFactory):
    """A device, registered by an admin (`by`) of the company: the one given, the holder's, or a new one.

    `holder` gets it, and the payor *Company* pays unless `payor` is given. `status` takes it
    through the moves that lead there: DeviceFactory(company=acme, holder=eva, status="in_repair").
    """

    class Meta:
        model = Device

    class Params:
        company = None

    by = factory.LazyAttribute(lambda row: admin_of(row.company or (row.holder and row.holder.company)))
    holder = None
    payor = factory.LazyAttribute(lambda row: row.holder and row.by.company.own_payor)
    status = Device.Status.ACTIVE
    name = factory.Sequence("Device {}".format)
    category = factory.Iterator(["Laptop", "Phone", "Tablet", "Monitor"])
    serial_number = factory.Sequence("SN-{:07}".format)

    @classmethod
    def _create(cls, model_class, by, status, **fields):
        device = model_class.objects.register(by.company, by=by, **fields)
        for verb in WAYS[status]:
            device = device.move(verb, by=by)
        return device
