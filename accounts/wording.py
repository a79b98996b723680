"""The words of the audit log."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from .models import Company, User
from .models.audit import SUPPORT
from .models.chained import PLAIN

if TYPE_CHECKING:
    from .models import AuditLine

# By what they are about, which is what the page filters by.
GROUPS = {
    "sign_in": _("Signing in"),
    "user": _("Users"),
    "space": _("Spaces"),
    "payor": _("Payors"),
    "setting": _("Settings"),
    "data": _("Exports and imports"),
    "device": _("Many devices at once"),
    "support": _("Velory Support"),
}

SENTENCES = {
    "sign_in_done": _("%(actor)s signed in."),
    "sign_in_failed": _("Somebody tried to sign in as %(person)s and did not know the password."),
    "sign_in_deactivated_refused": _(
        "Somebody knew the password of %(person)s, whose account is deactivated, and was not let in."
    ),
    "sign_in_past_sso_refused": _(
        "Somebody had the password, passkey or link of %(person)s and was not let in: single sign-on is the only way."
    ),
    "sign_in_code_failed": _("Somebody got as far as the second step as %(person)s and gave a wrong code."),
    "sign_in_again_failed": _("Somebody who was signed in as %(person)s did not know the password."),
    "sign_in_again_code_failed": _("Somebody who was signed in as %(person)s gave a wrong code."),
    "sign_in_ended": _("%(actor)s signed out."),
    "sign_in_sso_done": _("%(actor)s signed in with the company."),
    "sign_in_sso_refused": _("Somebody came from the company’s provider as %(person)s and was not let in."),
    "sign_in_password_changed": _("%(actor)s changed their password."),
    "sign_in_password_reset": _("%(actor)s chose a new password by a link that was mailed to them."),
    "sign_in_password_chosen": _("%(actor)s chose a password by a link that they were given."),
    "sign_in_link_made": _("%(actor)s made a link by which %(person)s chooses a password."),
    "sign_in_link_withdrawn": _("%(actor)s withdrew the link by which %(person)s joins."),
    "sign_in_app_added": _("%(actor)s added an authenticator app."),
    "sign_in_app_removed": _("%(actor)s removed their authenticator app."),
    "sign_in_passkey_added": _("%(actor)s added a passkey."),
    "sign_in_passkey_removed": _("%(actor)s removed a passkey."),
    "sign_in_codes_made": _("%(actor)s made new recovery codes."),
    "sign_in_two_step_reset": _("%(actor)s reset the two-step sign-in of %(person)s."),
    "sign_in_reset": _("%(actor)s reset the sign-in of %(person)s, password and two-step sign-in."),
    "user_added": _("%(actor)s added %(person)s (%(role)s)."),
    "user_added_by_sso": _("%(actor)s was added, coming from the company’s provider for the first time."),
    "user_changed": _("%(actor)s changed %(field)s of %(person)s from %(before)s to %(after)s."),
    "user_deactivated": _("%(actor)s deactivated %(person)s."),
    "user_reactivated": _("%(actor)s reactivated %(person)s."),
    "user_deleted": _("%(actor)s deleted %(person)s, who had never joined."),
    "user_erased": _("%(actor)s erased a person."),
    "space_added": _("%(actor)s added the space %(thing)s."),
    "space_changed": _("%(actor)s changed %(field)s of the space %(thing)s from %(before)s to %(after)s."),
    "space_closed": _("%(actor)s closed the space %(thing)s."),
    "space_deleted": _("%(actor)s deleted the space %(thing)s."),
    "space_reopened": _("%(actor)s reopened the space %(thing)s."),
    "payor_added": _("%(actor)s added the payor %(thing)s."),
    "payor_changed": _("%(actor)s changed %(field)s of the payor %(thing)s from %(before)s to %(after)s."),
    "payor_closed": _("%(actor)s closed the payor %(thing)s."),
    "payor_deleted": _("%(actor)s deleted the payor %(thing)s."),
    "payor_reopened": _("%(actor)s reopened the payor %(thing)s."),
    "setting_changed": _("%(actor)s changed %(field)s from %(before)s to %(after)s."),
    "setting_sso_secret_changed": _("%(actor)s entered another client secret for single sign-on."),
    "setting_break_glass_given": _("%(actor)s lets %(person)s sign in by password when others may not."),
    "setting_break_glass_taken": _("%(actor)s no longer lets %(person)s sign in by password when others may not."),
    "setting_domain_added": _("%(actor)s added the domain %(thing)s."),
    "setting_domain_proved": _("%(actor)s had the domain %(thing)s proved."),
    "setting_domain_removed": _("%(actor)s removed the domain %(thing)s."),
    "setting_filter_saved": _("%(actor)s saved the filter %(thing)s for the company."),
    "setting_filter_changed": _("%(actor)s changed the filter %(thing)s of the company."),
    "setting_filter_renamed": _("%(actor)s renamed the company’s filter %(before)s to %(thing)s."),
    "setting_filter_deleted": _("%(actor)s deleted the filter %(thing)s of the company."),
    "support_visit": _("%(actor)s looked at your data: %(reason)s"),
    "data_exported": _("%(actor)s exported the table %(table)s."),
    "data_exported_in_part": _("%(actor)s exported from the table %(table)s what matches %(filter)s."),
    "data_log_downloaded": _("%(actor)s downloaded the event log of %(device)s."),
    "data_audit_log_downloaded": _("%(actor)s downloaded the audit log."),
    "data_taken_out": _("%(actor)s took everything out."),
    "data_people_imported": _("%(actor)s imported people: %(result)s."),
    "data_devices_import_undone": _("%(actor)s undid an import of devices: %(result)s."),
    "data_devices_import_broken_off": _("An import of devices by %(actor)s was interrupted: %(result)s."),
    "data_devices_import_kept": _("%(actor)s stopped an import of devices. What it had stored stays: %(result)s."),
    "data_devices_import_stopped": _("%(actor)s stopped an import of devices. What it had stored is taken back."),
    "data_devices_imported": _("%(actor)s imported devices: %(result)s."),
    "data_repairs_import_undone": _("%(actor)s undid an import of past repairs: %(result)s."),
    "data_repairs_import_broken_off": _("An import of past repairs by %(actor)s was interrupted: %(result)s."),
    "data_repairs_import_kept": _("%(actor)s stopped an import of past repairs. What it had stored stays: %(result)s."),
    "data_repairs_import_stopped": _("%(actor)s stopped an import of past repairs. What it had stored is taken back."),
    "data_repairs_imported": _("%(actor)s imported past repairs: %(result)s."),
    "device_bulk_action": _("%(actor)s acted on many devices at once (%(action)s): done with %(done)s of %(all)s."),
    "device_bulk_action_broken_off": _(
        "%(actor)s acted on many devices at once (%(action)s), which was interrupted: done with %(done)s of %(all)s."
    ),
    "device_bulk_action_stopped": _(
        "%(actor)s stopped an action on many devices (%(action)s): done with %(done)s of %(all)s."
    ),
}

FIELDS = {
    "full_name": _("full name"),
    "email": _("email"),
    "role": _("role"),
    "language": _("language"),
    "name": _("name"),
    "description": _("description"),
    "repair_payor": _("repair payor"),
    "repair_instructions": _("repair instructions"),
    "colleagues_visible": _("employees see all devices"),
    "sso_protocol": _("the protocol of single sign-on"),
    "admins_need_two_step": _("that IT admins must use two-step sign-in"),
    "sso_issuer": _("the issuer of single sign-on"),
    "sso_client_id": _("the client ID of single sign-on"),
    "sso_sign_in_address": _("the sign-in address of single sign-on"),
    "sso_certificates": _("the certificates of single sign-on"),
    "sso_is_on": _("single sign-on"),
    "sso_creates_people": _("that single sign-on adds people"),
    "sso_is_only_way": _("that single sign-on is the only way"),
    "plan": _("plan"),
    "repair_flow_released": _("repair flow released"),
}

_SWITCH = {"on": pgettext_lazy("a switch", "on"), "off": pgettext_lazy("a switch", "off")}
# How the values of fields that have few are read; the log holds them as they are stored.
VALUES: dict[str, Mapping[str, Any]] = {
    "role": dict(User.Role.choices),
    "language": dict(User.Language.choices),
    "plan": dict(Company.Plan.choices),
    **dict.fromkeys(
        (
            "colleagues_visible",
            "admins_need_two_step",
            "repair_flow_released",
            "sso_is_on",
            "sso_creates_people",
            "sso_is_only_way",
        ),
        _SWITCH,
    ),
}


def sentence(line: "AuditLine") -> str:
    """One line of the audit log in the active language. The line comes from `with_names()`. One that somebody has
    tampered with past reading says so, beside those that can be read."""
    try:
        words = {role: _said(line, role, key) for role, key in line.details.items() if role not in PLAIN}
        words["actor"] = line.actor_shown
        if line.kind == "support_visit":  # lines of before don't name whose an act is
            words.setdefault("of", SUPPORT)
        if "of" in words:
            words["actor"] = gettext("%(person)s of %(company)s") % {"person": words["actor"], "company": words["of"]}
        if field := line.details.get("field"):
            words["field"] = str(FIELDS[field])
        form = str(SENTENCES[line.kind])
        said = form % words
        # Where what was entered ends with a full stop, the sentence's own is one too many.
        return said[:-1] if form.endswith(".") and said.endswith("..") else said
    except (AttributeError, LookupError, TypeError, ValueError):
        return gettext("(This line can’t be read.)")


def _said(line: "AuditLine", role: str, key: str | None) -> str:
    """What stands on the plate with this key, which has this role in the line's sentence."""
    if not key:
        return pgettext("what a field says", "none")
    plate = line.plates[key]
    values = VALUES.get(line.details.get("field", "") if role in ("before", "after") else role, {})
    return str(values.get(plate.name, plate.shown))
