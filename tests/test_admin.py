"""The guide as an IT admin lives it: from Needs repair to each of the outcomes, through the pages."""

import pytest
from django.urls import reverse

from accounts.models import Company
from devices.models import Assignment, Device
from repairs.models import MDMRelease, Repair
from tests.factories import DeviceFactory
from tests.visitor import Visitor
from tests.world import log_of

Status = Device.Status


@pytest.fixture
def ada(world):
    return Visitor(world.admin)


@pytest.fixture
def reported(world):
    """The laptop, waiting for repair since its holder asked."""
    return world.laptop.move("report", by=world.employee, problem="screen", description="It flickers.")


@pytest.fixture
def in_repair(reported, world):
    """The laptop with IT. Who had it: Eva Lind, with payor Employee."""
    return reported.move("take_in", by=world.admin)


def fresh(device):
    return Device.objects.get(pk=device.pk)


def repair_of(device):
    return Repair.objects.filter(device=device).latest("pk")


def names(visitor):
    return [row[0] for row in visitor.rows]


# For admins: handle a device in need of repair


def test_asset_management_hardware_needs_repair(ada, reported):
    ada.open("/").follow("Hardware").follow("Needs repair")
    assert "Asset management" in ada.response.text
    assert ada.rows[0][:6] == [
        "MacBook Pro 14",
        "Laptop",
        "C02-XK1 AAA",
        "Eva Lind",
        "Employee",
        "Active - needs repair",
    ]
    assert ada.menu["Needs repair"] == 1
    ada.follow("MacBook Pro 14")
    assert ada.address == reported.support_url


def test_the_support_tab_shows_the_request_and_exactly_the_moves_that_are_allowed(ada, reported, world):
    ada.open(reported.support_url)
    assert "Reported by Eva Lind, just now" in ada.words
    assert "What is wrong? Screen It flickers." in ada.words
    assert "Holder Eva Lind (payor: Employee)" in ada.words
    assert "Backup Not confirmed yet" in ada.words
    assert ada.buttons == ["Edit", "Move to “In repair”", "Revert to “Not in repair”"]

    reported.move("take_in", by=world.admin)
    ada.open(reported.support_url)
    moves = ["Assign it on Overview", "Set to “Not in repair”", "Register replacement", "Remove device"]
    assert [button for button in ada.buttons if button in moves] == moves
    assert "Move to “In repair”" not in ada.buttons


# Move to “In repair”


def test_the_confirmation_window_names_what_will_happen(ada, reported):
    ada.open(reported.support_url).follow("Move to “In repair”")
    assert "Move MacBook Pro 14 to “In repair”?" in ada.words
    assert "Eva Lind will be unassigned." in ada.words
    assert "Payor changes from Employee to Company." in ada.words
    assert "The backup is not confirmed yet." in ada.words
    assert "Release it from MDM before you send it." in ada.words
    assert fresh(reported).status == Status.NEEDS_REPAIR
    assert ada.follow("Cancel").address == reported.support_url


def test_the_confirmation_window_is_a_fragment_for_the_dialog(ada, in_repair, world):
    for view in ("finish", "remove"):
        address = reverse(f"repairs:{view}", args=[in_repair.pk])
        fragment = ada.client.get(address, headers={"HX-Request": "true"}).text
        assert 'id="dialog-title"' in fragment
        assert "<html" not in fragment
        assert f'action="{address}"' in fragment


def test_what_does_not_change_is_not_named(ada, world):
    world.phone.move("report", by=world.employee)  # its payor is Company
    ada.open(world.phone.support_url).follow("Move to “In repair”")
    assert "Payor" not in ada.words


def test_intake_unassigns_changes_the_payor_and_prompts_the_mdm_release(ada, reported, world):
    ada.open(reported.support_url).follow("Move to “In repair”").press("Move to “In repair”")

    assert ada.messages == ["MacBook Pro 14 is now in repair. Release it from MDM before you send it away."]
    device = fresh(reported)
    assert (device.status, device.holder, device.payor) == (Status.IN_REPAIR, None, world.company_payor)
    repair = repair_of(device)
    assert (repair.holder, repair.payor, repair.taken_in_by) == (world.employee, world.employee_payor, world.admin)
    assert repair.mdm_release.is_open
    assert log_of(device, reported) == [
        "Ada Holm moved device to In repair.",
        "Ada Holm unassigned device from Eva Lind.",
        "Ada Holm changed payor from Employee to Company.",
        "Ada Holm was asked to release device from MDM.",
    ]
    for line in log_of(device, reported):
        assert line in ada.open(device).follow("Event log").words


def test_the_device_moves_from_needs_repair_to_in_repair_by_itself(ada, in_repair):
    assert names(ada.open("/").follow("Needs repair")) == []
    assert "Nothing waits for repair." in ada.words
    ada.follow("In repair")
    assert names(ada) == ["MacBook Pro 14"]
    assert ada.rows[0][3] == "Eva Lind"  # the previous holder
    assert ada.rows[0][-1] == "Still in MDM"
    assert (ada.menu["Needs repair"], ada.menu["In repair"]) == (0, 1)


def test_the_company_s_repair_payor_pays_in_repair(ada, reported, world):
    world.acme.set_repair_payor(world.cost_centre, by=world.admin)
    ada.open(reported.support_url).follow("Move to “In repair”")
    assert "Payor changes from Employee to Cost centre 4711." in ada.words
    ada.press("Move to “In repair”")
    assert fresh(reported).payor == world.cost_centre


# Revert to “Not in repair”


def test_revert_restores_active_status_and_offers_to_reassign(ada, reported, world):
    ada.open(reported.support_url).follow("Revert to “Not in repair”")
    assert "Eva Lind keeps it; Employee stays its payor." in ada.words
    ada.press("Revert to “Not in repair”")

    assert ada.messages == ["MacBook Pro 14 is Active again. Reassign it or move it to a space"]
    device = fresh(reported)
    assert (device.status, device.holder, device.payor) == (Status.ACTIVE, world.employee, world.employee_payor)
    assert (repair_of(device).outcome, repair_of(device).closed_by) == ("not_needed", world.admin)
    assert log_of(device, reported) == ["Ada Holm marked device as not in repair."]

    ada.follow("Reassign it or move it to a space").press("Assign to space", space="Stock shelf")
    assert fresh(reported).holder == world.shelf
    assert names(ada.open("/").follow("Needs repair")) == []


def test_while_it_waits_holder_and_payor_stand_still(ada, world):
    ada.open(world.laptop)
    reported = world.laptop.move("report", by=world.employee)
    ada.press("Assign to user", user="Carl Berg", payor="Company")
    assert ada.status == 409
    assert "has changed since you opened the page" in ada.messages[0]
    assert fresh(reported).holder == world.employee
    assert not {"Assign to user", "Assign to space", "Unassign"} & set(ada.buttons)
    ada.open(reverse("devices:unassign", args=[reported.pk]))
    assert ada.status == 409
    assert "Revert it or take it in before you change who holds it." in ada.messages[0]


# The MDM release prompt


@pytest.mark.parametrize(
    ("button", "state", "line"),
    [
        ("Mark as released", "Released from MDM", "Ada Holm released device from MDM."),
        ("Not enrolled", "Not enrolled", "Ada Holm marked device as not enrolled in MDM."),
    ],
)
@pytest.mark.parametrize("archived", [False, True])
def test_the_mdm_prompt_stands_until_somebody_answers_it(ada, in_repair, world, button, state, line, archived):
    device = in_repair.move("recycle", by=world.admin) if archived else in_repair
    ada.open(device.support_url)
    assert "Still in MDM" in ada.words
    again = Visitor(world.second_admin).open(device.support_url)

    ada.press(button)

    release = MDMRelease.objects.get(repair__device=device)
    assert str(release) == state
    assert release.closed_by == world.admin
    assert log_of(device, device) == [line]
    assert f"{state}: Ada Holm, just now" in ada.words
    again.press(button)
    assert again.status == 409
    assert log_of(device, device) == [line]


def test_every_later_window_says_that_it_is_still_in_mdm(ada, in_repair):
    for view in ("finish", "remove", "replace"):
        assert "MacBook Pro 14 is still in MDM" in ada.open(reverse(f"repairs:{view}", args=[in_repair.pk])).words
    ada.open(in_repair.support_url).press("Mark as released")
    for view in ("finish", "remove", "replace"):
        assert "is still in MDM" not in ada.open(reverse(f"repairs:{view}", args=[in_repair.pk])).words


def test_an_answered_mdm_prompt_says_nothing_of_the_next_repair(ada, in_repair, world):
    ada.open(in_repair.support_url).press("Mark as released")
    device = fresh(in_repair).move("finish", by=world.admin).move("report", by=world.admin)
    assert "MDM release" not in ada.open(device.support_url).words
    device.move("take_in", by=world.admin)
    assert "Still in MDM" in ada.open(device.support_url).words


def test_the_mdm_prompt_never_blocks_and_a_finish_settles_it(ada, in_repair):
    ada.open(in_repair.support_url).follow("Set to “Not in repair”").press("Set to “Not in repair”")
    assert MDMRelease.objects.get(repair__device=in_repair).state == "not_needed"
    assert "Mark as released" not in ada.open(in_repair.support_url).buttons


# Repaired: set to Not in repair


def test_a_finish_reminds_at_once_to_assign_and_of_the_payor(ada, in_repair, world):
    ada.open(in_repair.support_url).follow("Set to “Not in repair”")
    assert "Do not forget the payor." in ada.words
    ada.press("Set to “Not in repair”")

    assert ada.messages == [
        "MacBook Pro 14 is Active and unassigned. Assign it to a user or space, and do not forget the payor. "
        "Assign it now"
    ]
    device = fresh(in_repair)
    assert (device.status, device.holder, device.payor) == (Status.ACTIVE, None, world.company_payor)
    assert (repair_of(device).outcome, repair_of(device).closed_by) == ("repaired", world.admin)
    assert log_of(device, in_repair) == ["Ada Holm marked device as not in repair."]
    assert "Back from repair, and with nobody yet" in ada.words
    assert names(ada.follow("In repair")) == []
    assert names(ada.follow("Unassigned")) == ["MacBook Pro 14", "ThinkPad X1"]


def test_the_first_assignment_after_a_finish_says_repaired(ada, in_repair, world):
    finished = in_repair.move("finish", by=world.admin)
    ada.open("/").follow("Unassigned").follow("MacBook Pro 14").press("Assign to Eva Lind")
    assert log_of(finished, finished) == [
        "Ada Holm assigned repaired device to Eva Lind.",
        "Ada Holm changed payor from Company to Employee.",
    ]
    assert "MacBook Pro 14" not in names(ada.open("/").follow("Unassigned"))


# Repaired: assign, in one act


def test_assign_to_the_previous_user_takes_one_click(ada, in_repair, world):
    ada.open(in_repair)
    assert "Repaired? Assign it" in ada.words
    assert ada.field("payor", "Assign to Eva Lind") == "Employee"

    ada.press("Assign to Eva Lind")

    assert ada.messages == ["MacBook Pro 14 is assigned to Eva Lind."]
    device = fresh(in_repair)
    assert (device.status, device.holder, device.payor) == (Status.ACTIVE, world.employee, world.employee_payor)
    repair = repair_of(device)
    assert (repair.outcome, repair.closed_by, repair.mdm_release.state) == ("repaired", world.admin, "not_needed")
    assert log_of(device, in_repair) == [
        "Ada Holm assigned repaired device to Eva Lind.",
        "Ada Holm changed payor from Company to Employee.",
    ]
    assert list(Assignment.objects.filter(device=device, ended_at=None).values_list("user", flat=True)) == [
        world.employee.pk
    ]


def test_assign_to_a_different_user_asks_who_pays(ada, in_repair, world):
    ada.open(in_repair)
    assert ada.field("payor", "Assign to user") == "Choose who pays"
    ada.press("Assign to user", user="Carl Berg")
    assert ada.errors == {"payor": "This field is required."}
    assert ada.field("user", "Assign to user") == "Carl Berg"
    assert fresh(in_repair).status == Status.IN_REPAIR

    ada.press("Assign to user", payor="Cost centre 4711")

    device = fresh(in_repair)
    assert (device.status, device.holder, device.payor) == (Status.ACTIVE, world.colleague, world.cost_centre)
    assert log_of(device, in_repair)[0] == "Ada Holm assigned repaired device to Carl Berg."


def test_assign_to_a_space_preselects_company_and_never_offers_employee(ada, in_repair, world):
    ada.open(in_repair)
    assert ada.field("payor", "Assign to space") == "Company"
    assert "Employee" not in ada.choices("payor", "Assign to space")
    ada.press("Assign to space", space="Meeting room Birch")
    device = fresh(in_repair)
    assert (device.holder, device.payor) == (world.room, world.company_payor)
    assert log_of(device, in_repair) == ["Ada Holm assigned repaired device to Meeting room Birch."]


def test_employee_can_t_be_smuggled_in_as_the_payor_of_a_space(ada, in_repair, world):
    address = reverse("repairs:assign", args=[in_repair.pk])
    sent = {"way": "space", "space": world.room.pk, "payor": world.employee_payor.pk}
    ada.open(in_repair)
    response = ada.client.post(address, sent | {"csrfmiddlewaretoken": str(ada.response.context["csrf_token"])})
    assert response.status_code == 200
    assert fresh(in_repair).status == Status.IN_REPAIR


def test_only_active_people_and_open_spaces_are_offered(ada, in_repair, world):
    world.tablet.unassign(by=world.admin)
    world.colleague.deactivate(by=world.admin)
    world.monitor.assign(world.shelf, world.cost_centre, by=world.admin)
    world.monitor.unassign(by=world.admin)
    world.shelf.remove(by=world.admin)
    ada.open(in_repair)
    assert ada.choices("user", "Assign to user") == ["Ada Holm", "Bodil Ek", "Eva Lind"]
    assert ada.choices("space", "Assign to space") == ["Meeting room Birch"]
    for former, button in ((world.monitor, "Assign to Stock shelf"), (world.tablet, "Assign to Carl Berg")):
        ada.open(former)
        assert "had it before, but can't be assigned to any more." in ada.words
        assert button not in ada.buttons


def test_a_previous_space_gets_its_device_back_too(ada, world):
    device = world.monitor.move("report", by=world.admin).move("take_in", by=world.admin)
    ada.open(device)
    assert ada.field("payor", "Assign to Stock shelf") == "Company"
    ada.press("Assign to Stock shelf")
    assert log_of(device, device) == ["Ada Holm assigned repaired device to Stock shelf."]


# Assigning otherwise


def test_what_nobody_has_had_is_assigned_plainly(ada, world):
    ada.open("/").follow("Unassigned").follow("ThinkPad X1")
    assert "Nobody holds this device. It stands under Unassigned until you assign it." in ada.words
    ada.press("Assign to user", user="Eva Lind", payor="Employee")
    assert log_of(world.spare, world.spare) == [
        "Ada Holm assigned device to Eva Lind.",
        "Ada Holm changed payor from none to Employee.",
    ]


def test_unassigning_asks_first_and_sets_the_repair_payor(ada, world):
    ada.open(world.laptop).follow("Unassign")
    assert "Eva Lind will be unassigned." in ada.words
    assert "Payor changes from Employee to Company." in ada.words
    ada.press("Unassign")
    device = fresh(world.laptop)
    assert (device.holder, device.payor, device.last_holder) == (None, world.company_payor, world.employee)
    assert log_of(device, world.laptop) == [
        "Ada Holm unassigned device from Eva Lind.",
        "Ada Holm changed payor from Employee to Company.",
    ]


def test_another_payor_for_the_same_holder_is_one_line(ada, world):
    ada.open(world.laptop).press("Assign to user", user="Eva Lind", payor="Company")
    assert log_of(world.laptop, world.laptop) == ["Ada Holm changed payor from Employee to Company."]
    ada.press("Assign to user", user="Eva Lind", payor="Company")
    assert ada.status == 409
    assert ada.messages == ["MacBook Pro 14 is assigned to Eva Lind already."]


# Replacement devices on loan


def test_a_device_is_assigned_as_replacement_while_theirs_is_in_repair(ada, in_repair, world):
    ada.open(world.spare).press(
        "Assign to user", user="Eva Lind", payor="Company", stands_in_for="Eva Lind – MacBook Pro 14"
    )
    assert log_of(in_repair, in_repair) == ["Ada Holm assigned ThinkPad X1 as replacement to Eva Lind."]
    assert log_of(world.spare, world.spare)[0] == "Ada Holm assigned device to Eva Lind."
    assert "A replacement for Eva Lind while this is in repair: MacBook Pro 14" in ada.words
    assert "Eva Lind still holds the replacement ThinkPad X1." in ada.open(in_repair).words


def test_who_gets_their_device_back_is_asked_for_the_replacement(ada, in_repair, world):
    ada.open(world.spare).press(
        "Assign to user", user="Eva Lind", payor="Company", stands_in_for="Eva Lind – MacBook Pro 14"
    )
    ada.open(in_repair).press("Assign to Eva Lind")
    offer = "Eva Lind still holds the replacement ThinkPad X1. Un-assign it"
    assert ada.messages == ["MacBook Pro 14 is assigned to Eva Lind."]
    assert offer in ada.words

    before = fresh(world.spare)
    ada.follow("Un-assign it").press("Unassign")

    assert log_of(world.spare, before) == ["Ada Holm unassigned device from Eva Lind."]
    assert "still holds" not in ada.open(in_repair).words


def test_whose_device_is_replaced_is_asked_for_the_one_on_loan(ada, in_repair, world):
    ada.open(world.spare).press(
        "Assign to user", user="Eva Lind", payor="Company", stands_in_for="Eva Lind – MacBook Pro 14"
    )
    ada.open(in_repair.support_url).follow("Register replacement")
    ada.press("Register replacement", name="MacBook Pro 16", serial_number="NEW-1")
    offer = "Eva Lind still holds the replacement ThinkPad X1. Un-assign it"
    for device in (in_repair, world.acme.devices.get(serial_number="NEW-1")):
        assert offer in ada.open(device).words
    ada.follow("Un-assign it").press("Unassign")
    for device in (in_repair, world.acme.devices.get(serial_number="NEW-1")):
        assert "still holds" not in ada.open(device).words


def test_a_replacement_stands_in_for_a_device_of_the_same_person(ada, in_repair, world):
    ada.open(world.spare).press(
        "Assign to user", user="Carl Berg", payor="Company", stands_in_for="Eva Lind – MacBook Pro 14"
    )
    assert ada.errors == {"stands_in_for": "That one was Eva Lind's. Choose a device of Carl Berg, or none."}
    assert fresh(world.spare).holder is None


def test_a_replacement_is_offered_while_a_repair_is_open(ada, reported, world):
    ada.open(world.spare)
    assert ada.choices("stands_in_for", "Assign to user") == ["Eva Lind – MacBook Pro 14"]
    reported.move("revert", by=world.admin)
    assert ada.open(world.spare).choices("stands_in_for", "Assign to user") == []
    ada.open(world.laptop)
    assert ada.choices("stands_in_for", "Assign to user") == []


# Recycled


def test_remove_device_archives_it(ada, in_repair, world):
    ada.open(in_repair.support_url).follow("Remove device")
    assert "Remove MacBook Pro 14?" in ada.words
    assert "It leaves Hardware and stays in Archived, with its whole history." in ada.words
    ada.press("Remove device", outcome="Recycled")

    assert ada.messages == ["MacBook Pro 14 is removed. It stays in Archived with its whole history."]
    device = fresh(in_repair)
    assert (device.status, device.holder) == (Status.RECYCLED, None)
    assert device.archived_at is not None
    assert (repair_of(device).outcome, repair_of(device).may_order) == ("recycled", False)
    assert log_of(device, in_repair) == ["Ada Holm removed device from Velory."]
    assert "MacBook Pro 14" not in names(ada.follow("All"))
    assert names(ada.follow("In repair")) == []
    ada.follow("Archived")
    assert names(ada) == ["MacBook Pro 14"]
    assert ada.rows[0][3] == "Eva Lind"
    assert ada.rows[0][5] == "Recycled (archived)"
    assert ada.rows[0][-1] == "Recycled"
    assert "Ada Holm removed device from Velory." in ada.follow("MacBook Pro 14").follow("Event log").words


def test_an_archived_device_is_read_only(ada, in_repair, world):
    device = in_repair.move("recycle", by=world.admin)
    for tab in ("Overview", "Support", "Event log"):
        ada.open(device).follow(tab)
        assert ada.status == 200
        of_the_log = {"Add late entry", "Download log"}
        assert set(ada.buttons) <= {"Restore", "Mark as released", "Not enrolled", *of_the_log}
    token = str(ada.open(device.support_url).response.context["csrf_token"])
    for address, sent in {
        reverse("devices:edit", args=[device.pk]): {"name": "Another", "category": "Laptop"},
        reverse("devices:add_note", args=[device.pk]): {"text": "Another"},
        reverse("devices:unassign", args=[device.pk]): {},
        reverse("repairs:assign", args=[device.pk]): {
            "way": "user",
            "user": world.colleague.pk,
            "payor": world.company_payor.pk,
        },
        device.support_url: {"needs_repair": "on"},
        **{reverse(f"repairs:{move}", args=[device.pk]): {} for move in ("intake", "revert", "finish")},
        reverse("repairs:remove", args=[device.pk]): {"outcome": "recycled"},
        reverse("repairs:replace", args=[device.pk]): {"name": "Another", "category": "Laptop"},
    }.items():
        response = ada.client.post(address, sent | {"csrfmiddlewaretoken": token})
        assert response.status_code == 409, address
    assert fresh(device).log_digest == device.log_digest
    assert fresh(device).name == "MacBook Pro 14"


def test_what_was_removed_by_mistake_is_restored(ada, in_repair, world):
    device = in_repair.move("recycle", by=world.admin)
    ada.open("/").follow("Archived").follow("MacBook Pro 14").follow("Restore")
    assert "Its repair stays closed as it was." in ada.words
    ada.press("Restore")

    assert ada.messages == ["MacBook Pro 14 is back in Hardware and unassigned. Assign it now"]
    now = fresh(device)
    assert (now.status, now.holder, now.payor, now.archived_at) == (Status.ACTIVE, None, world.company_payor, None)
    assert repair_of(device).outcome == "recycled"
    assert log_of(device, device) == ["Ada Holm restored device to Velory."]
    assert names(ada.follow("Archived")) == []
    assert "MacBook Pro 14" in names(ada.follow("Unassigned"))


# Replaced


def test_remove_device_so_that_the_user_may_order_a_new_one(ada, in_repair):
    ada.open(in_repair).follow("Remove device").press("Remove device", outcome="Replaced: Eva Lind may order a new one")
    repair = repair_of(in_repair)
    assert (repair.outcome, repair.may_order, repair.replacement) == ("replaced", True, None)
    assert "Replaced Eva Lind may order a new one." in ada.words
    assert ada.follow("Archived").rows[0][-1] == "Replaced"
    assert "Replaced May order a new one" in ada.follow("Repairs").rows[0][-1]


def test_what_no_user_had_is_replaced_by_nobody_s_order(ada, world):
    device = world.monitor.move("report", by=world.admin).move("take_in", by=world.admin)
    ada.open(reverse("repairs:remove", args=[device.pk]))
    assert "Replaced" not in ada.words


def test_register_replacement_is_prefilled_and_links_both_ways(ada, in_repair, world):
    ada.open(in_repair.support_url).follow("Register replacement")
    assert (ada.field("category"), ada.field("holder"), ada.field("payor")) == ("Laptop", "Eva Lind", "Employee")
    assert ada.field("serial_number") == ""

    ada.press("Register replacement", name="MacBook Pro 16", serial_number="NEW-1")

    assert ada.messages == ["MacBook Pro 16 is registered instead of MacBook Pro 14."]
    new, old = Device.objects.get(name="MacBook Pro 16"), fresh(in_repair)
    assert (new.status, new.holder, new.payor) == (Status.ACTIVE, world.employee, world.employee_payor)
    assert old.status == Status.RECYCLED
    repair = repair_of(old)
    assert (repair.outcome, repair.replacement, repair.may_order) == ("replaced", new, False)
    assert log_of(new) == [
        "Ada Holm registered device.",
        "Ada Holm assigned device to Eva Lind.",
        "Ada Holm changed payor from none to Employee.",
    ]
    assert log_of(old, in_repair) == [
        "Ada Holm registered MacBook Pro 16 as replacement.",
        "Ada Holm removed device from Velory.",
    ]
    assert "Registered as replacement for MacBook Pro 14" in ada.words
    assert ada.follow("MacBook Pro 14").address == old.get_absolute_url()
    assert "Replaced by MacBook Pro 16." in ada.words
    assert ada.follow("MacBook Pro 16").address == new.get_absolute_url()


def test_a_replacement_with_a_known_serial_number_leaves_everything_as_it_is(ada, in_repair, world):
    ada.open(reverse("repairs:replace", args=[in_repair.pk]))
    ada.press("Register replacement", name="MacBook Pro 16", serial_number="pf spare-1")
    assert ada.errors == {"serial_number": "ThinkPad X1 has this already."}
    assert ada.field("name") == "MacBook Pro 16"
    assert fresh(in_repair).status == Status.IN_REPAIR
    assert not Device.objects.filter(name="MacBook Pro 16").exists()


# Repairs


@pytest.fixture
def repairs(world):
    """One repair of each outcome, and an open one."""
    ways = {
        "Open one": ["report"],
        "Not needed one": ["report", "revert"],
        "Repaired one": ["report", "take_in", "finish"],
        "Recycled one": ["report", "take_in", "recycle"],
    }
    for name, verbs in ways.items():
        device = DeviceFactory(company=world.acme, by=world.admin, holder=world.colleague, name=name)
        for verb in verbs:
            facts = {"problem": "battery", "description": f"={name}"} if verb == "report" else {}
            device = device.move(verb, by=world.admin, **facts)


def test_repairs_lists_all_open_and_closed_the_newest_first(ada, repairs, reported):
    ada.open("/").follow("Repairs")
    assert names(ada) == ["MacBook Pro 14", "Recycled one", "Repaired one", "Not needed one", "Open one"]
    assert [row[-1] for row in ada.rows] == ["Open", "Recycled", "Repaired", "Not needed", "Open"]
    assert ada.menu["Repairs"] == 5


def test_repairs_are_searched_filtered_and_sorted_and_exported_as_shown(ada, repairs, reported):
    for asked, found in (
        ({"outcome": "open"}, ["MacBook Pro 14", "Open one"]),
        ({"outcome": "recycled"}, ["Recycled one"]),
        ({"problem": "screen"}, ["MacBook Pro 14"]),
        ({"q": "carl", "sort": "device"}, ["Not needed one", "Open one", "Recycled one", "Repaired one"]),
        ({"q": "c02xk1"}, ["MacBook Pro 14"]),
        ({"q": "FLICKERS"}, ["MacBook Pro 14"]),
        ({"q": "battery nothing"}, []),
        ({"sort": "-device", "outcome": "open"}, ["Open one", "MacBook Pro 14"]),
    ):
        assert names(ada.open(reverse("repairs:list"), **asked)) == found, asked
        export = ada.client.get(reverse("repairs:export"), asked).getvalue().decode("utf-8-sig").splitlines()
        assert [line.split(",")[0] for line in export[1:]] == found, asked


def test_the_support_tab_lists_earlier_repairs(ada, world):
    device = world.laptop.move("report", by=world.employee, problem="battery").move("revert", by=world.admin)
    device.move("report", by=world.employee, problem="screen")
    ada.open(device.support_url)
    assert "Earlier repairs" in ada.words
    assert "Not needed · Battery or charging · Eva Lind" in ada.words


# Behind the gate


def test_tables_of_the_flow_stay_in_the_menu_while_they_hold_a_device(ada, in_repair, world):
    Company.objects.filter(pk=world.acme.pk).update(repair_flow_released=False)
    menu = ada.open("/").menu
    assert "Needs repair" not in menu
    assert (menu["In repair"], menu["Repairs"]) == (1, 1)
    ada.open(in_repair).press("Assign to Eva Lind")
    assert "In repair" not in ada.menu
    assert "Repairs" in ada.menu


# Stale pages and second clicks


@pytest.mark.parametrize("view", ["intake", "revert", "finish", "remove", "replace"])
def test_a_second_click_is_told_and_changes_nothing(ada, world, view):
    device = world.laptop.move("report", by=world.employee)
    if view in ("finish", "remove", "replace"):
        device = device.move("take_in", by=world.admin)
    button = {
        "intake": "Move to “In repair”",
        "revert": "Revert to “Not in repair”",
        "finish": "Set to “Not in repair”",
        "remove": "Remove device",
        "replace": "Register replacement",
    }[view]
    fields = {"name": "New one"} if view == "replace" else {}
    address = reverse(f"repairs:{view}", args=[device.pk])
    bodil = Visitor(world.second_admin).open(address)
    ada.open(address).press(button, **fields)
    assert ada.status == 200
    after = fresh(device)

    bodil.press(button, **fields)

    assert bodil.status == 409
    status = after.get_status_display()
    assert bodil.messages == [
        f"MacBook Pro 14 has changed since you opened the page: it is now {status}. Nothing was done."
    ]
    assert "Support" in bodil.words  # the current page, as it is now
    assert status in bodil.words
    assert fresh(device).log_digest == after.log_digest
    assert Device.objects.filter(name="New one").count() <= 1


def test_a_replacement_that_comes_too_late_keeps_what_was_typed(ada, in_repair, world):
    ada.open(reverse("repairs:replace", args=[in_repair.pk]))
    in_repair.move("finish", by=world.second_admin)
    ada.press("Register replacement", name="MacBook Pro 16", serial_number="NEW-1")
    assert ada.status == 409
    assert (ada.field("name"), ada.field("serial_number")) == ("MacBook Pro 16", "NEW-1")
    assert not Device.objects.filter(name="MacBook Pro 16").exists()

    # Back in repair, what was typed goes through from where it stands.
    fresh(in_repair).move("report", by=world.admin).move("take_in", by=world.admin)
    ada.press("Register replacement")
    ada.press("Register replacement")
    assert Device.objects.get(name="MacBook Pro 16").serial_number == "NEW-1"


@pytest.mark.parametrize(
    ("button", "fields"),
    [
        ("Assign to Eva Lind", {}),
        ("Assign to user", {"user": "Carl Berg", "payor": "Company"}),
        ("Assign to space", {"space": "Stock shelf"}),
    ],
)
def test_a_page_that_shows_another_holder_can_t_assign(ada, in_repair, world, button, fields):
    ada.open(in_repair)
    assigned = in_repair.assign(world.second_admin, world.company_payor, by=world.second_admin)
    ada.press(button, **fields)
    assert ada.status == 409
    assert "Nothing was done." in ada.messages[0]
    assert fresh(in_repair).holder == world.second_admin
    assert log_of(assigned, assigned) == []


def test_who_is_deactivated_is_lent_nothing(ada, in_repair, world):
    assert "Eva Lind – MacBook Pro 14" in ada.open(world.spare).choices("stands_in_for", "Assign to user")
    world.employee.deactivate(by=world.admin, unassign=True)
    assert ada.open(world.spare).choices("stands_in_for", "Assign to user") == []
    assert "need a replacement" not in ada.open(in_repair.support_url).words


def test_a_page_left_over_from_an_earlier_repair_can_t_act_on_the_next(ada, reported, world):
    ada.open(reverse("repairs:intake", args=[reported.pk]))
    reported.move("revert", by=world.second_admin).move("report", by=world.employee)
    ada.press("Move to “In repair”")
    assert ada.status == 409
    assert fresh(reported).status == Status.NEEDS_REPAIR


def test_a_second_restore_and_a_second_unassigning_are_told(ada, in_repair, world):
    for device, view, button in (
        (in_repair.move("recycle", by=world.admin), "devices:restore", "Restore"),
        (world.phone, "devices:unassign", "Unassign"),
    ):
        address = reverse(view, args=[device.pk])
        bodil = Visitor(world.second_admin).open(address)
        ada.open(address).press(button)
        after = fresh(device)
        bodil.press(button)
        assert bodil.status == 409
        assert fresh(device).log_digest == after.log_digest


@pytest.mark.parametrize("view", ["intake", "revert", "finish", "remove", "replace"])
def test_a_window_for_a_move_that_isn_t_possible_says_so_at_once(ada, world, view):
    ada.open(reverse(f"repairs:{view}", args=[world.laptop.pk]))
    assert ada.status == 409
    assert ada.messages == ["MacBook Pro 14 is Active, so this can't be done. Nothing was changed."]
