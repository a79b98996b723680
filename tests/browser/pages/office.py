"""The cast on a busy day, so that every page has something to show, and some have too much of it."""

from datetime import timedelta

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import clock, jobs
from accounts.models import Domain, SingleSignOn, User
from accounts.models.job import LEASE, MOST_ATTEMPTS
from accounts.tokens import link_keys, link_path
from devices.bulk import work as bulk_work
from devices.importing import work
from devices.models import SavedFilter
from repairs import acts
from repairs.models import MDMRelease
from tests.bulk import bulk_action
from tests.certificates import Key
from tests.factories import AdminFactory, CompanyFactory, DeviceFactory, PayorFactory, SpaceFactory, UserFactory
from tests.importer import a_list, imported
from tests.two_step import code_of, give_app, give_passkey, sign_in
from tests.world import PASSWORD

# Without a blank to break at, as a pasted text may be.
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"

TWO_STEPS = "greta@acme.example"


class Office:
    """Acme with something in every table, on every tab and in every state. The attributes are what pages are about."""

    def __init__(self, world):
        self.now = timezone.now()
        with clock.at(self.now - timedelta(days=20)):
            self.prepare(world)
        vars(self).update(vars(world))

    def prepare(self, world):
        acme, ada, eva = world.acme, world.admin, world.employee
        self.ada, self.payor = ada, world.company_payor
        acme.colleagues_visible = True
        acme.repair_instructions = "Leave it at the IT desk, ground floor.\n\nTake your charger with you."
        acme.save()

        self.leaver = UserFactory(company=acme, full_name="Dag Moen")
        self.newcomer = UserFactory(company=acme, full_name="Nils Ny")
        self.without_devices = UserFactory(company=acme, full_name="Tom Tomt", password=PASSWORD)
        self.closed_space = SpaceFactory(company=acme, name="Old office", closed_at=self.now)
        self.closed_payor = PayorFactory(company=acme, name="Old cost centre", closed_at=self.now)
        self.guarded = UserFactory(company=acme, full_name="Greta Vakt", email=TWO_STEPS, password=PASSWORD)
        give_app(self.guarded)
        self.passkey = give_passkey(self.guarded, "Greta's phone")
        computer = Client(headers={"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"})
        sign_in(computer, self.guarded)
        computer.post(reverse("mfa_authenticate"), {"code": code_of()})
        link_keys.new(self.newcomer)
        Domain.objects.create(company=acme, name="acme.example").set_proved(by=ada)
        Domain.objects.create(company=acme, name=f"{'a-long-name-' * 5}acme.example")
        SingleSignOn.objects.create(company=acme, issuer="https://idp.acme.example", client_id="velory", is_on=True)
        self.beginner = AdminFactory(company=CompanyFactory(name="Beginners"), full_name="Leo Ny", password=PASSWORD)

        world.laptop = self.days_ago(2, world.laptop, "report", by=eva, problem="screen", description="A line.")
        self.away = self.in_repair("ThinkPad T14", eva)
        self.released = self.in_repair("Surface Pro 9", world.colleague)
        acts.close_mdm_release(MDMRelease.objects.get(repair__device=self.released), "released", by=ada)
        self.orphan = self.in_repair("Jabra Evolve2", self.leaver, category="Headset")
        self.leaver.deactivate(by=ada)
        self.back = self.days_ago(0, self.in_repair("HP ProDesk 600", eva), "finish", by=ada)
        self.recycled = self.days_ago(0, self.in_repair("Canon PIXMA", world.shelf), "recycle", by=ada)
        self.to_order = self.days_ago(0, self.in_repair("Pixel 8", eva), "recycle", by=ada, outcome="replaced")
        self.replaced = self.in_repair("Pixel 7", eva)
        self.instead = acts.replace(self.replaced, by=ada, holder=eva, payor=self.payor, name="Pixel 9")
        self.lent = acts.lend(world.spare, self.away.repairs.get(), self.payor, by=ada)
        self.away = self.away.add_late_entry("It fell down the stairs.", self.now - timedelta(days=30), by=ada)
        self.away = self.away.correct_line(2, "Carl Berg had it first, for a day.", by=ada)
        DeviceFactory.create_batch(55, company=acme, by=ada, holder=world.colleague, payor=self.payor)
        self.lists()
        self.too_much(CompanyFactory(name=LONG))

    def lists(self):
        """An import in each of its states, the last one still waiting for a worker."""
        header = "Serial number,Name,Holder email,Space,Purchase date,Purchase cost,Warranty ends\n"
        rows = "C02-XK1 AAA,MacBook of the design team,,,,,\nNEW-1,Slate,nora@acme.example,,1/2/2026,,\n"
        rows += "NEW-2,Dock,,Lobby,,1.02E+15,\n"
        self.stored_list = imported(self.ada, "stored", a_list())
        self.rehearsed_list = imported(
            self.ada, "rehearsed", a_list((header + rows).encode(), "devices of the office in Stockholm.csv")
        )
        self.past_repairs = imported(
            self.ada,
            "rehearsed",
            a_list(
                b"Asset tag,Asset maintenance type,Title,Start date,Completion date,Cost,Technician\n"
                b"A-1001,Repair,Screen replaced,3/1/2024,3/15/2024,1249.50,Somebody of the workshop\n"
                b"A-1001,Upgrade,More memory,2024-05-01,2024-05-01,,\nA-404,Repair,Fan,2024-05-01,2024-05-02,,\n",
                "maintenances.csv",
            ),
        )
        self.unknown_list = imported(self.ada, "columns", a_list("Kod,Vad\nS-1,Skärm\nS-2,Låda\n".encode()))
        self.stopped_list = imported(self.ada, "storing", a_list(b"Serial number,Name\nSTOP-1,Dock\nSTOP-2,Dock\n"))
        self.stopped_list.change(skip_bad=True)
        with transaction.atomic():
            work.stop(self.stopped_list, by=self.ada)
        self.broken_off_list = imported(self.ada, "storing", a_list(b"Serial number,Name\nBROKEN-1,Dock\n"))
        self.broken_off_list.change(rows_done=1)
        self.give_up(self.broken_off_list.job)
        self.waiting_list = imported(
            self.ada, "rehearsed", a_list(b"Serial number,Holder email,Warranty ends\nW-1,,\n")
        )
        work.begin(self.waiting_list, "devices_import", "storing", by=self.ada)
        self.kept_filter = SavedFilter.objects.create(
            company=self.ada.company, table="all", name="Warranty soon over", query="warranty=soon"
        )
        self.waiting_action, self.done_action, self.chosen_action = (
            bulk_action(self.ada, stage) for stage in ("waiting", "done", "chosen")
        )
        other = self.ada.company.payors.get(name="Cost centre 4711")
        self.stopped_action, self.interrupted_action = (bulk_action(self.ada, "waiting", other) for _one in range(2))
        with transaction.atomic():
            bulk_work.stop(self.stopped_action, by=self.ada)
        self.give_up(self.interrupted_action.job)
        self.filled_in_action = bulk_action(self.ada, "filled in", other)

    def give_up(self, job):
        """As often as workers begin it, they die."""
        began = clock.now()
        for attempt in range(MOST_ATTEMPTS + 1):
            with clock.at(began + attempt * 2 * LEASE):
                jobs.claim(job.company_id, job.pk)

    def days_ago(self, days, device, verb, **facts):
        with clock.at(self.now - timedelta(days=days)):
            return device.move(verb, **facts)

    def in_repair(self, name, holder, **fields):
        """A device that is in repair since yesterday, asked for a week ago."""
        company = self.ada.company
        device = DeviceFactory(company=company, by=self.ada, name=name, holder=holder, payor=self.payor, **fields)
        device = self.days_ago(7, device, "report", by=holder if isinstance(holder, User) else self.ada)
        return self.days_ago(1, device, "take_in", by=self.ada)

    def too_much(self, company):
        """Everything as long as it may be, and a log of more than a page."""
        self.long_admin = AdminFactory(company=company, full_name=f"Anna-Karin {LONG}", password=PASSWORD)
        self.long_user = UserFactory(company=company, full_name=f"Karin-Anna {LONG}", password=PASSWORD)
        self.long_space = SpaceFactory(company=company, name=LONG, description=LONG * 3)
        self.long_payor = PayorFactory(company=company, name=LONG)
        SingleSignOn.objects.create(
            company=company,
            protocol="saml",
            issuer=f"https://idp.example/{LONG}",
            sign_in_address=f"https://idp.example/{LONG}?idpid={LONG}",
            certificates=[Key("old", days=-1).text, Key("new").text],
        )
        words = ("category", "manufacturer", "model", "model_number", "serial_number", "asset_tag", "supplier")
        device = DeviceFactory(
            company=company,
            by=self.long_admin,
            holder=self.long_user,
            payor=self.long_payor,
            name=LONG,
            **dict.fromkeys(words, LONG[:60]),
        )
        device = device.move("report", by=self.long_user, description=LONG * 10)
        for _correction in range(12):
            device = device.correct_line(1, LONG * 3, by=self.long_admin)
        for _note in range(50):
            device = device.add_note(f"{LONG}\n{LONG}", by=self.long_admin)
        words = SpaceFactory(company=company, name="Waters, Wilkinson and Kerluke of Northern Ireland, second floor")
        DeviceFactory(company=company, by=self.long_admin, holder=words, name="Held by many words")
        self.long = device.move("take_in", by=self.long_admin)

    # Addresses that are not a name and a key

    def link_to_join(self):
        return link_path(self.newcomer, link_keys.make_token(self.newcomer))

    def link_to_reset(self):
        eva = User.objects.get(email="eva@acme.example")
        key = default_token_generator.make_token(eva)
        return reverse("account_reset_password_from_key", args=[user_pk_to_url_str(eva), key])
