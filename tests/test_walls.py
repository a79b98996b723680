"""What the database itself refuses, whoever asks: on SQLite and PostgreSQL alike."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.core import checks
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from django.utils import timezone

from accounts import jobs, triggers, uploads, walls
from accounts.keys import SameCompany
from accounts.models import AuditLine, Company, Domain, Identity, Payor, SingleSignOn
from accounts.models.audit import record
from accounts.tenants import tenant_models
from devices.models import Assignment, BulkAction, BulkDevice, Event, Import, Imported, Nameplate, SavedFilter
from repairs.acts import acknowledge_backup, close_mdm_release, lend
from repairs.models import MDMRelease
from repairs.models.past import PastRepair, bring_past

TENANT_MODELS = tenant_models()


def constraints(kind):
    return {
        constraint.name: (model, constraint)
        for model in TENANT_MODELS
        for constraint in model._meta.constraints
        if isinstance(constraint, kind)
    }


def change(row, **fields):
    """Past every verb, straight into the row."""
    type(row)._base_manager.filter(pk=row.pk).update(**fields)


@contextmanager
def commit():
    """A transaction up to its end: composite keys speak only there."""
    with transaction.atomic():
        yield
        connection.check_constraints()


def add_import(world, company=None, device=None):
    """An import of which every reference is filled in."""
    company, device = company or world.acme, device or world.laptop
    admin, space = company.users.admins().first(), company.spaces.first()
    with transaction.atomic():
        job = jobs.enqueue("nothing", who=admin)
        lists = [uploads.store(company.pk, "list.csv", [b"Serial"]) for _number in range(2)]
        batch = Import.objects.create(
            company=company, who=admin, job=job, name="list.csv", upload=lists[0], refused=lists[1]
        )
        for thing in ({"device": device}, {"user": admin}, {"space": space}):
            Imported.objects.create(company=company, batch=batch, is_new=False, **thing)


LONG_AGO = timezone.now() - timedelta(days=400)


@pytest.fixture
def eventful(world):
    """The cast after a passage of which every reference is filled in."""
    device = world.laptop.move("report", by=world.employee)
    acknowledge_backup(device.repairs.get(), "done", by=world.employee)
    device = device.move("take_in", by=world.admin)
    lend(world.spare, device.repairs.get(), world.company_payor, by=world.admin)
    close_mdm_release(device.repairs.get().mdm_release, "released", by=world.admin)
    device.move("recycle", by=world.admin, outcome="replaced", replacement=world.phone)
    world.tablet.assign(world.shelf, world.company_payor, by=world.admin)
    world.tablet.assign(world.room, world.company_payor, by=world.admin)
    world.monitor.move("report", by=world.admin)
    world.globex_laptop.move("report", by=world.globex_employee)
    issuer = "https://idp.example"
    SingleSignOn.objects.create(company=world.acme, issuer=issuer, client_id="velory")
    Domain.objects.create(company=world.acme, name="acme.example", proved_at=timezone.now())
    Identity.objects.create(company=world.acme, user=world.employee, issuer=issuer, subject="eva")
    add_import(world)
    add_import(world, world.globex, world.globex_laptop)
    past = PastRepair(world.tablet.pk, "1", "repaired", opened_at=LONG_AGO, taken_in_at=LONG_AGO, closed_at=LONG_AGO)
    bring_past([past], by=world.admin, batch=world.acme.imports.get())
    for admin, device in ((world.admin, world.laptop), (world.globex_admin, world.globex_laptop)):
        act = {"company": admin.company, "who": admin, "act": "set_payor", "table": "all"}
        action = BulkAction.objects.create(**act, job=admin.company.jobs.earliest("pk"))
        BulkDevice.objects.create(company=admin.company, action=action, device=device, seen=1)
        for owner in (admin, None):
            SavedFilter.objects.create(company=admin.company, owner=owner, table="all", name="Laptops", query="q=a")
    record(world.acme.pk, "sign_in_done", by=world.admin)
    record(world.globex.pk, "sign_in_done", by=world.globex_admin)
    return world.again()


# Rules of one row

NOW = timezone.now()
BREAKS = {
    "company_plan_known": lambda w: change(w.acme, plan="gold"),
    "user_staff_or_company": lambda w: change(w.employee, is_staff=True),
    "user_role_known": lambda w: change(w.employee, role="owner"),
    "user_has_a_name": lambda w: change(w.employee, full_name=""),
    "user_erased_is_gone": lambda w: change(w.employee, erased_at=timezone.now()),
    "payor_kind_known": lambda w: change(w.cost_centre, kind="nobody"),
    "payor_employee_never_pays_repairs": lambda w: (
        change(w.company_payor, pays_repairs=False),
        change(w.employee_payor, pays_repairs=True),
    ),
    "payor_closable": lambda w: change(w.company_payor, closed_at=NOW),
    "device_status_known": lambda w: change(w.laptop, status="lost", archived_at=None),
    "device_one_holder": lambda w: change(w.phone, holder_space=w.room),
    "device_away_is_unassigned": lambda w: change(w.phone, status="in_repair"),
    "device_recycled_is_archived": lambda w: change(w.laptop, archived_at=None),
    "device_payor_kind_kept": lambda w: change(w.phone, payor_kind=""),
    "device_employee_pays_what_users_hold": lambda w: change(w.monitor, payor=w.employee_payor, payor_kind="employee"),
    "device_held_is_paid": lambda w: change(w.phone, payor=None, payor_kind=""),
    "device_has_a_name": lambda w: change(w.phone, name=""),
    "assignment_one_holder": lambda w: change(w.phone.assignments.get(), user=None),
    "repair_closed_with_outcome": lambda w: change(w.laptop.repairs.get(), outcome="", replacement=None),
    "repair_taken_in_by_somebody": lambda w: change(w.laptop.repairs.get(), taken_in_by=None),
    "repair_reported_by_somebody": lambda w: change(w.laptop.repairs.get(), reporter=None),
    "repair_brought_is_over": lambda w: change(w.tablet.repairs.get(), closed_at=None, outcome=""),
    "repair_cost_not_negative": lambda w: change(w.tablet.repairs.get(), cost=-1),
    "repair_outcome_fits_intake": lambda w: change(
        w.laptop.repairs.get(), outcome="not_needed", replacement=None, may_order=False
    ),
    "repair_backup_by_somebody": lambda w: change(w.laptop.repairs.get(), backup_by=None),
    "repair_replacement_only_when_replaced": lambda w: change(w.laptop.repairs.get(), outcome="repaired"),
    "repair_one_holder": lambda w: change(w.laptop.repairs.get(), holder_space=w.shelf),
    "sso_only_way_is_on": lambda w: change(w.acme.single_sign_on, is_only_way=True),
    "sso_protocol_known": lambda w: change(w.acme.single_sign_on, protocol="x"),
    "job_leased_while_running": lambda w: change(w.acme.jobs.get(), state="running"),
    "mdm_release_closed_by_somebody": lambda w: change(w.laptop.repairs.get().mdm_release, closed_by=None),
}


def test_every_rule_of_one_row_is_tried():
    assert set(BREAKS) == set(constraints(models.CheckConstraint))


def test_a_row_that_breaks_a_rule_is_refused(eventful, subtests):
    for name, breaking in BREAKS.items():
        with subtests.test(name), pytest.raises(IntegrityError, match=name), transaction.atomic():
            breaking(eventful)


# Rules of several rows


def twin(row, **fields):
    """A copy of the row, in all that the fields don't say."""
    row.pk, row._state.adding = None, True
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(force_insert=True)


TWINS = {
    "user_email_once_in_company": lambda w: change(w.colleague, email=w.employee.email),
    "user_account_email_once": lambda w: change(w.globex_employee, email=w.employee.email),
    "space_name_once": lambda w: change(w.room, name=w.shelf.name.upper()),
    "payor_name_once": lambda w: change(w.cost_centre, name="COMPANY"),
    "payor_first_two_once": lambda w: Payor.objects.create(company=w.acme, name="Another", kind="employee"),
    "payor_one_pays_repairs": lambda w: change(w.cost_centre, pays_repairs=True),
    "device_serial_number_once": lambda w: change(w.phone, serial_key=w.laptop.serial_key),
    "device_asset_tag_once": lambda w: change(w.phone, asset_tag_key=w.laptop.asset_tag_key),
    "assignment_one_open": lambda w: twin(w.phone.assignments.get()),
    "audit_line_sequence_once": lambda w: twin(w.acme.audit_lines.get()),
    "event_sequence_once": lambda w: twin(w.phone.events.first()),
    "domain_once_in_company": lambda w: twin(w.acme.domains.get(), proved_at=None),
    "domain_proved_once": lambda w: twin(w.acme.domains.get(), company=w.globex),
    "identity_is_one_person": lambda w: twin(w.employee.identities.get(), user=w.colleague),
    "identity_once_for_a_person": lambda w: twin(w.employee.identities.get(), subject="another"),
    "savedfilter_own_name_once": lambda w: twin(w.admin.saved_filters.get(), name="laptops"),
    "savedfilter_company_name_once": lambda w: twin(w.acme.saved_filters.get(owner=None), name="laptops"),
    "bulk_device_once": lambda w: twin(BulkDevice.objects.filter(company=w.acme).first()),
    "repair_one_open": lambda w: twin(w.monitor.repairs.get()),
    "repair_brought_once": lambda w: twin(w.tablet.repairs.get()),
    "mdm_release_of_a_repair": lambda w: twin(MDMRelease.objects.get()),
    "company_slug": lambda w: change(w.globex, slug="acme"),
    "device_uuid": lambda w: change(w.phone, uuid=w.laptop.uuid),
}


def test_every_rule_of_several_rows_is_tried():
    named = {name for name in constraints(models.UniqueConstraint) if not name.endswith(("company_row", "kind_row"))}
    assert named <= set(TWINS)


def test_a_second_row_where_one_may_be_is_refused(eventful, subtests):
    for name, doubling in TWINS.items():
        with subtests.test(name), pytest.raises(IntegrityError), transaction.atomic():
            doubling(eventful)


def test_people_who_have_not_joined_share_an_address_between_companies(world):
    change(world.employee, joined_at=None)
    change(world.globex_employee, email=world.employee.email)
    connection.check_constraints()


# Never another company's row

REFERENCES = constraints(SameCompany)


def test_a_row_never_points_at_another_companys(eventful, subtests):
    for name, (model, constraint) in REFERENCES.items():
        with subtests.test(name):
            target = model._meta.get_field(constraint.field).related_model
            rows = model._base_manager.filter(company=eventful.acme).exclude(**{constraint.field: None})
            row, theirs = rows.first(), target._base_manager.filter(company=eventful.globex)
            if constraint.carries:
                own, other = constraint.carries
                row = eventful.phone
                theirs = theirs.filter(**{other: getattr(row, own)})
            pointing = {constraint.field: theirs.first()}
            with pytest.raises(IntegrityError), commit():
                twin(row, sequence=999, **pointing) if model in (Event, AuditLine) else change(row, **pointing)


def test_every_reference_between_tenants_rows_is_held():
    held = {(model, constraint.field) for model, constraint in REFERENCES.values()}
    references = {
        (model, field.name)
        for model in TENANT_MODELS
        for field in model._meta.concrete_fields
        if field.related_model in TENANT_MODELS and field.related_model is not Company
    }
    assert references == held


def test_the_copied_kind_of_a_payor_is_held_to_the_payor(world):
    for device, kind in ((world.phone, "cost_centre"), (world.laptop, "company")):
        with pytest.raises(IntegrityError), commit():
            change(device, payor_kind=kind)
    with pytest.raises(IntegrityError), commit():
        change(world.cost_centre, kind="company")  # while it pays for the tablet


def test_nobody_moves_to_another_company_while_something_points_at_them(world):
    for row in (world.employee, world.shelf, world.laptop):
        with pytest.raises(IntegrityError), commit():
            change(row, company=world.globex)


def test_support_staff_hold_nothing(world):
    with pytest.raises(IntegrityError), commit():
        change(world.laptop, holder_user=world.support)


@pytest.mark.parametrize("name", ["employee", "shelf", "cost_centre", "laptop", "acme"])
def test_nothing_that_something_points_at_is_deleted(world, name):
    row = getattr(world, name)
    with pytest.raises(models.ProtectedError):
        row.delete()
    with pytest.raises(IntegrityError), commit():
        run(f"DELETE FROM {row._meta.db_table} WHERE id = %s", row.pk)


# The event log is append-only


def run(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.rowcount


AGAINST_THE_LOG = {
    "update": lambda event: Event.objects.update(kind="reported"),
    "save": lambda event: event.save(),
    "bulk_update": lambda event: Event.objects.bulk_update([event], ["kind"]),
    "delete": lambda event: event.delete(),
    "delete all": lambda event: Event.objects.all().delete(),
    "SQL update": lambda event: run("UPDATE devices_event SET occurred_at = recorded_at"),
    "SQL delete": lambda event: run("DELETE FROM devices_event WHERE id = %s", event.pk),
    "plate renamed": lambda event: Nameplate.objects.filter(pk=event.actor_id).update(name="Somebody else"),
    "plate without salt": lambda event: Nameplate.objects.filter(pk=event.actor_id).update(salt=""),
    "plate of another": lambda event: Nameplate.objects.filter(pk=event.actor_id).update(name="", salt="", reference=0),
    "plate deleted": lambda event: run("DELETE FROM devices_nameplate WHERE id = %s", event.actor_id),
}


def test_the_log_is_only_ever_added_to(world, subtests):
    for how, attack in AGAINST_THE_LOG.items():
        refusal = pytest.raises(IntegrityError, match=r"append-only|only be erased")
        with subtests.test(how), refusal, transaction.atomic():
            attack(world.laptop.events.first())


@pytest.mark.parametrize("table", ["devices_event", "devices_nameplate"])
def test_the_log_is_not_emptied(world, table):
    connection.check_constraints()
    empty = {"postgresql": f"TRUNCATE {table} CASCADE", "sqlite": f"DELETE FROM {table}"}
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        run(empty[connection.vendor])


def test_a_name_is_erased_once_and_stays_erased(world):
    plate = Nameplate.objects.filter(kind="user", reference=world.admin.pk)
    pk = plate.get().pk
    assert plate.update(name="", salt="") == 1
    for again in ({"name": "Ada Holm"}, {"name": "", "salt": ""}, {"salt": "00"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Nameplate.objects.filter(pk=pk).update(**again)


# Erasing a company


def rows_of(company):
    return sum(model._base_manager.filter(company=company).count() for model in TENANT_MODELS if model is not Company)


def test_a_companys_log_goes_with_the_company_and_not_before(eventful):
    tables = [model._meta.db_table for model in TENANT_MODELS if model is not Company]
    with pytest.raises(IntegrityError), commit():
        run("DELETE FROM devices_event WHERE company_id = %s", eventful.acme.pk)
    others = rows_of(eventful.globex)
    with transaction.atomic():
        run("DELETE FROM accounts_company WHERE id = %s", eventful.acme.pk)
        for table in tables:
            run(f"DELETE FROM {table} WHERE company_id = %s", eventful.acme.pk)
    assert rows_of(eventful.acme) == 0
    assert rows_of(eventful.globex) == others


# The triggers themselves


def complaints():
    """What keeps this database from being served, by its number."""
    return [error.id for error in checks.run_checks(databases=["default"], tags=[checks.Tags.database])]


def test_a_start_without_the_triggers_is_refused_and_migrate_mends_it(transactional_db):
    assert walls.missing(connection) == []
    assert "velory.E001" not in complaints()
    triggers.take_down(connection)
    assert len(walls.missing(connection)) >= 4
    assert "velory.E001" in complaints()
    call_command("migrate", verbosity=0)
    assert walls.missing(connection) == []
    assert "velory.E001" not in complaints()


def test_a_trigger_that_is_switched_off_is_missing(transactional_db):
    run(
        {
            "postgresql": "ALTER TABLE devices_event DISABLE TRIGGER event_no_update",
            "sqlite": "DROP TRIGGER event_no_update",
        }[connection.vendor]
    )
    assert walls.missing(connection) == ["trigger event_no_update does not stand"]
    walls.put_up(connection)
    assert walls.missing(connection) == []


def test_a_trigger_too_many_is_found_and_taken_down(transactional_db):
    run(
        {
            "postgresql": "CREATE TRIGGER another BEFORE INSERT ON devices_event FOR EACH ROW "
            "EXECUTE FUNCTION velory_append_only()",
            "sqlite": "CREATE TRIGGER another BEFORE INSERT ON devices_event BEGIN SELECT RAISE(IGNORE); END",
        }[connection.vendor]
    )
    assert walls.missing(connection) == ["devices_event has a trigger too many, another"]
    walls.put_up(connection)
    assert walls.missing(connection) == []


def test_a_changed_table_keeps_its_keys_and_has_its_triggers_after_migrate(transactional_db):
    """SQLite remakes a table for most changes: triggers are lost then, composite keys must not be."""
    field = Event._meta.get_field("kind")
    longer = field.clone()
    longer.max_length = 41
    longer.set_attributes_from_name("kind")
    longer.model = Event
    walls.before_migrate(sender=None, using="default")
    for old, new in ((field, longer), (longer, field)):
        with connection.schema_editor() as editor:
            editor.alter_field(Event, old, new)
    with connection.cursor() as cursor:
        keys = connection.introspection.get_constraints(cursor, "devices_event").values()
    composite = [key["columns"] for key in keys if key["foreign_key"] and len(key["columns"]) == 2]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT sql FROM sqlite_master WHERE name = 'devices_event'")
            composite = cursor.fetchone()[0]
        assert "event_device_same_company" in composite
        assert "event_actor_same_company" in composite
        assert walls.missing(connection) != []
    else:
        assert len(composite) == 2
    call_command("migrate", verbosity=0)
    assert walls.missing(connection) == []


def test_no_rule_is_left_out_of_the_migrations(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_forms_hear_of_another_companys_row_before_the_commit(world):
    assignment = Assignment(company=world.acme, device=world.spare, user=world.globex_employee)
    with pytest.raises(ValidationError) as refusal:
        assignment.full_clean(exclude=["space", "ended_at"])
    assert set(refusal.value.error_dict) == {"user"}
