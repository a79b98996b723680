"""Plays the companies' stories through Velory's own verbs, each act at the time at which it happened."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from random import Random
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from accounts import clock
from accounts.models import Company, Payor, Space, User
from devices.models import Device

from .products import Product
from .steps import Step
from .stories import Story

Act = Callable[[], None]


def play(stories: list[Story], *, password: str, support: dict[str, str]) -> None:
    """Make the companies, all or none of them, and the person of Velory Support.

    Whoever has joined signs in with `password`. It is hashed once: that is slow, on purpose.
    """
    hashed = make_password(password)
    with transaction.atomic():
        stages = [Stage(story, hashed) for story in stories]
        # In the order of the days, whichever company: so the rows' keys tell the order, too, as in earnest.
        lines = sorted((line for stage in stages for line in stage.script()), key=lambda line: line[0])
        for moment, act in lines:
            with clock.at(moment):
                act()
        let_in(User.objects.create_user(is_staff=True, **support), hashed)


def let_in(user: User, hashed: str) -> None:
    """What `User.join` does, with a password that is hashed already."""
    user.password, user.joined_at = hashed, clock.now()
    user.save(update_fields=["password", "joined_at"])


class Stage:
    """One company while its story is played: who and what is there, by name and by tag.

    Chance is the same in each run, so each run tells the same story, up to its last working day.
    """

    def __init__(self, story: Story, hashed: str) -> None:
        self.story = story
        self.hashed = hashed
        self.rng = Random(story.slug)
        self.devices: dict[str, Device] = {}

    def found_company(self) -> None:
        story = self.story
        self.company = Company.objects.found(
            name=story.name,
            slug=story.slug,
            plan=story.plan,
            repair_flow_released=story.released,
            repair_instructions=story.repair_instructions,
            colleagues_visible=story.colleagues_visible,
        )
        self.people = {}
        for person in story.people:
            user = User.objects.create_user(
                person.email,
                full_name=person.full_name,
                role=person.role,
                company=self.company,
            )
            if person.joined:
                let_in(user, self.hashed)
            self.people[person.full_name] = user
        self.spaces = {
            name: Space.objects.create(company=self.company, name=name, description=description)
            for name, description in story.spaces.items()
        }
        for name in story.cost_centres:
            Payor.objects.create(company=self.company, name=name)
        self.payors = {payor.name: payor for payor in self.company.payors.all()}

    # Who and what the steps speak of

    def holder(self, name: str) -> User | Space:
        return self.people[name] if name in self.people else self.spaces[name]

    def it(self) -> User:
        """One of the IT admins."""
        return self.rng.choice([person for person in self.people.values() if person.is_admin])

    def person_or_it(self, name: str) -> User:
        return self.people[name] if name else self.it()

    def describe(self, product: Product, tag: str, *, bought: datetime) -> dict[str, Any]:
        """The fields of a device as an admin would have written them down."""
        day = timezone.localdate(bought)
        return {
            "name": f"{product.name} {tag}",
            "category": product.category,
            "manufacturer": product.manufacturer,
            "model": product.model,
            "model_number": product.model_number,
            "serial_number": product.serial_number(self.rng),
            "asset_tag": tag,
            "imei": product.imei(self.rng),
            "supplier": product.supplier,
            "order_number": f"{day:%Y}-{self.rng.randint(1000, 9999)}",
            "purchase_date": day,
            "purchase_cost": product.cost,
            "warranty_end": day + timedelta(days=365 * product.warranty_years),
            "renewal_date": day + timedelta(days=365 * (product.warranty_years + 1)),
        }

    # When

    def script(self) -> Iterator[tuple[datetime, Act]]:
        """The company's beginning, and every step of every device, each with its moment: in working hours, and later
        than the step before it."""
        yield self.moment(working_day(self.story.began + 1), time(8)), self.found_company
        for item in self.story.items:
            day: date | None = None
            moment = datetime.min.replace(tzinfo=UTC)
            for step in item.steps(self.story.began):
                before, day = day, working_day(step.ago)
                if before is not None and day < before:
                    raise ValueError(f"{item.tag}: {step} is earlier than the step before it")
                if day == before:
                    moment += timedelta(seconds=self.rng.randint(4 * 60, 40 * 60))
                else:
                    moment = self.moment(day, time(self.rng.randint(8, 12)))
                    moment += timedelta(seconds=self.rng.randrange(60 * 60))
                yield moment, partial(self.take, step, item.tag)

    def take(self, step: Step, tag: str) -> None:
        device: Any = self.devices.get(tag)  # none before it is registered
        step.play(device, self)

    @staticmethod
    def moment(day: date, hour: time) -> datetime:
        return timezone.make_aware(datetime.combine(day, hour)).astimezone(UTC)


def working_day(ago: int) -> date:
    """The working day (Monday to Friday) so many before today."""
    day = timezone.localdate()
    while ago > 0:
        day -= timedelta(days=1)
        ago -= day.weekday() < 5
    return day
