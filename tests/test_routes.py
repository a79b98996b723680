"""Who may open what: every address of the site, for everybody, with the answer that they get.

This is the second wall between companies (the first is where a look-up starts). An address that is not in the table
fails here, so nobody adds a page without saying whom it is for.
"""

from fnmatch import fnmatch
from io import BytesIO
from typing import NamedTuple
from urllib.parse import urlsplit
from zipfile import ZipFile

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client, override_settings
from django.urls import get_resolver, resolve

from accounts.models import Company
from devices.exports.workbook import CONTENT_TYPE
from tests.scene import Scene
from tests.visitor import on_a_visit

# `employee` holds the laptop, `colleague` works beside her, `admin` is their IT admin, `outsider` is the IT admin of
# another company, `support` is Velory's, and `nobody` has not signed in. "laptop in_repair" is the laptop after the
# moves that lead there.
#
# The answers:
#   200, 403, 404, 405, 409, 410   as they are
#   done     302 after the act, to a page that the person may open
#   sign-in  302 to the sign-in page
#   desk     302 to the Django admin, where support staff work
#   door     302 to the Django admin's own door, behind which only support staff get

TABLE = """
      address                              about                nobody   employee  colleague  admin    outsider  support

GET   healthz                              -                    200      200       200        200      200       200
POST  healthz                              -                    405      405       405        405      405       405
GET   readyz                               -                    200      200       200        200      200       200
POST  readyz                               -                    405      405       405        405      405       405

GET   devices:mine                         -                    sign-in  200       200        200      200       desk
GET   devices:colleagues                   -                    sign-in  404       404        200      200       desk
GET   devices:search                       -                    sign-in  403       403        200      200       desk
GET   devices:hardware                     -                    sign-in  403       403        200      200       desk
GET   devices:hardware_table               all                  sign-in  403       403        200      200       desk
GET   devices:hardware_table               needs-repair         sign-in  403       403        200      200       desk
GET   devices:hardware_table               in-repair            sign-in  403       403        200      200       desk
GET   devices:hardware_table               unassigned           sign-in  403       403        200      200       desk
GET   devices:hardware_table               archived             sign-in  403       403        200      200       desk
GET   devices:hardware_table               nonsense             sign-in  403       403        404      404       desk
GET   devices:export                       all                  sign-in  403       403        200      200       desk
GET   devices:export                       needs-repair         sign-in  403       403        200      200       desk
GET   devices:export                       in-repair            sign-in  403       403        200      200       desk
GET   devices:export                       unassigned           sign-in  403       403        200      200       desk
GET   devices:export                       archived             sign-in  403       403        200      200       desk
GET   devices:export                       nonsense             sign-in  403       403        404      404       desk
GET   devices:columns                      all                  sign-in  403       403        200      200       desk
POST  devices:columns                      all                  sign-in  403       403        done     done      desk
GET   devices:columns                      nonsense             sign-in  403       403        404      404       desk
POST  devices:columns                      nonsense             sign-in  403       403        404      404       desk
GET   devices:save_filter                  all                  sign-in  403       403        done     done      desk
POST  devices:save_filter                  all                  sign-in  403       403        done     done      desk
POST  devices:save_filter                  nonsense             sign-in  403       403        404      404       desk
GET   devices:saved_filter                 a saved filter       sign-in  403       403        200      404       desk
POST  devices:saved_filter                 a saved filter       sign-in  403       403        done     404       desk
GET   devices:delete_filter                a saved filter       sign-in  403       403        200      404       desk
POST  devices:delete_filter                a saved filter       sign-in  403       403        done     404       desk
GET   devices:events                       -                    sign-in  403       403        200      200       desk
GET   repairs:list                         -                    sign-in  403       403        200      200       desk
GET   repairs:export                       -                    sign-in  403       403        200      200       desk
GET   devices:register                     -                    sign-in  403       403        200      200       desk
POST  devices:register                     -                    sign-in  403       403        done     done      desk
GET   devices:imports                      -                    sign-in  403       403        200      200       desk
POST  devices:imports                      -                    sign-in  403       403        done     done      desk
GET   devices:import_template              -                    sign-in  403       403        200      200       desk
GET   devices:import                       an import            sign-in  403       403        200      404       desk
GET   devices:import                       a stored import      sign-in  403       403        200      404       desk
GET   devices:import_columns               an import            sign-in  403       403        200      404       desk
POST  devices:import_columns               an import            sign-in  403       403        done     404       desk
POST  devices:import_columns               a stored import      sign-in  403       403        409      404       desk
GET   devices:import_rehearse              an import            sign-in  405       405        405      405       405
POST  devices:import_rehearse              an import            sign-in  403       403        done     404       desk
GET   devices:import_start                 an import            sign-in  405       405        405      405       405
POST  devices:import_start                 an import            sign-in  403       403        done     404       desk
POST  devices:import_start                 a stored import      sign-in  403       403        409      404       desk
GET   devices:import_stop                  an import at work    sign-in  405       405        405      405       405
POST  devices:import_stop                  an import at work    sign-in  403       403        done     404       desk
POST  devices:import_stop                  a stored import      sign-in  403       403        409      404       desk
GET   devices:import_refused               an import            sign-in  403       403        200      404       desk
GET   devices:import_undo                  a stored import      sign-in  403       403        200      404       desk
POST  devices:import_undo                  a stored import      sign-in  403       403        done     404       desk
POST  devices:import_undo                  an import            sign-in  403       403        409      404       desk
GET   devices:import_give_up               an import            sign-in  405       405        405      405       405
POST  devices:import_give_up               an import            sign-in  403       403        done     404       desk
POST  devices:import_give_up               a stored import      sign-in  403       403        409      404       desk
GET   devices:shortcuts                    -                    sign-in  200       200        200      200       desk
GET   devices:choose_many                  all                  sign-in  405       405        405      405       405
POST  devices:choose_many                  all                  sign-in  403       403        done     done      desk
POST  devices:choose_many                  nonsense             sign-in  403       403        404      404       desk
GET   devices:labels                       all                  sign-in  403       403        200      200       desk
GET   devices:labels                       nonsense             sign-in  403       403        404      404       desk
GET   devices:bulk_actions                 -                    sign-in  403       403        200      200       desk
GET   devices:bulk_action                  an action            sign-in  403       403        200      404       desk
GET   devices:bulk_action                  a filled-in action   sign-in  403       403        200      404       desk
GET   devices:bulk_action                  a done action        sign-in  403       403        200      404       desk
GET   devices:bulk_devices                 an action            sign-in  403       403        done     404       desk
GET   devices:bulk_devices                 a filled-in action   sign-in  403       403        200      404       desk
GET   devices:bulk_choose                  an action            sign-in  405       405        405      405       405
POST  devices:bulk_choose                  an action            sign-in  403       403        done     404       desk
POST  devices:bulk_choose                  a done action        sign-in  403       403        409      404       desk
GET   devices:bulk_start                   an action            sign-in  405       405        405      405       405
POST  devices:bulk_start                   an action            sign-in  403       403        409      404       desk
POST  devices:bulk_start                   a filled-in action   sign-in  403       403        done     404       desk
POST  devices:bulk_start                   a done action        sign-in  403       403        409      404       desk
GET   devices:bulk_stop                    an action at work    sign-in  405       405        405      405       405
POST  devices:bulk_stop                    an action at work    sign-in  403       403        done     404       desk
POST  devices:bulk_stop                    a done action        sign-in  403       403        409      404       desk
GET   devices:bulk_again                   a done action        sign-in  405       405        405      405       405
POST  devices:bulk_again                   a done action        sign-in  403       403        done     404       desk
POST  devices:bulk_again                   an action            sign-in  403       403        409      404       desk
GET   devices:takeout                      -                    sign-in  403       403        200      200       desk
POST  devices:takeout                      -                    sign-in  403       403        200      200       desk

GET   devices:overview                     laptop               sign-in  200       404        200      404       desk
GET   devices:overview                     laptop needs_repair  sign-in  200       404        200      404       desk
GET   devices:overview                     laptop in_repair     sign-in  200       404        200      404       desk
GET   devices:overview                     laptop recycled      sign-in  404       404        200      404       desk
GET   devices:overview                     shelf's              sign-in  404       404        200      404       desk
GET   devices:overview                     nobody's             sign-in  404       404        200      404       desk
GET   devices:overview                     missing              sign-in  404       404        404      404       desk
GET   devices:log                          laptop               sign-in  200       404        200      404       desk
GET   devices:log                          laptop in_repair     sign-in  200       404        200      404       desk
GET   devices:log                          laptop recycled      sign-in  404       404        200      404       desk
GET   devices:late_entry                   laptop               sign-in  403       404        200      404       desk
GET   devices:late_entry                   laptop recycled      sign-in  404       404        200      404       desk
POST  devices:late_entry                   laptop               sign-in  403       404        done     404       desk
GET   devices:correct                      laptop's line        sign-in  403       404        200      404       desk
POST  devices:correct                      laptop's line        sign-in  403       404        done     404       desk
GET   devices:correct                      laptop's no line     sign-in  403       404        404      404       desk
GET   devices:log_download                 laptop               sign-in  403       404        200      404       desk
GET   devices:log_download                 laptop recycled      sign-in  404       404        200      404       desk
GET   devices:log_download                 missing              sign-in  404       404        404      404       desk
GET   devices:edit                         laptop               sign-in  403       404        200      404       desk
POST  devices:edit                         laptop               sign-in  403       404        done     404       desk
GET   devices:edit                         laptop recycled      sign-in  404       404        409      404       desk
GET   devices:add_note                     laptop               sign-in  done      404        done     404       desk
POST  devices:add_note                     laptop               sign-in  403       404        done     404       desk
GET   devices:unassign                     laptop               sign-in  403       404        200      404       desk
POST  devices:unassign                     laptop               sign-in  403       404        done     404       desk
GET   devices:unassign                     laptop needs_repair  sign-in  403       404        409      404       desk
GET   devices:unassign                     laptop in_repair     sign-in  403       404        409      404       desk
GET   devices:unassign                     nobody's             sign-in  404       404        409      404       desk
POST  devices:unassign                     nobody's             sign-in  404       404        409      404       desk
GET   devices:restore                      laptop               sign-in  403       404        409      404       desk
GET   devices:restore                      laptop recycled      sign-in  404       404        200      404       desk
POST  devices:restore                      laptop               sign-in  403       404        409      404       desk
POST  devices:restore                      laptop recycled      sign-in  404       404        done     404       desk
GET   repairs:assign                       laptop               sign-in  done      404        done     404       desk
POST  repairs:assign                       laptop               sign-in  403       404        done     404       desk
POST  repairs:assign                       laptop needs_repair  sign-in  403       404        409      404       desk
POST  repairs:assign                       laptop in_repair     sign-in  403       404        done     404       desk
POST  repairs:assign                       laptop recycled      sign-in  404       404        409      404       desk

GET   repairs:support                      laptop               sign-in  200       404        200      404       desk
GET   repairs:support                      laptop needs_repair  sign-in  200       404        200      404       desk
GET   repairs:support                      laptop in_repair     sign-in  200       404        200      404       desk
GET   repairs:support                      laptop recycled      sign-in  404       404        200      404       desk
POST  repairs:support                      laptop               sign-in  done      404        done     404       desk
POST  repairs:support                      laptop needs_repair  sign-in  done      404        done     404       desk
POST  repairs:support                      laptop in_repair     sign-in  403       404        409      404       desk
POST  repairs:support                      laptop recycled      sign-in  404       404        409      404       desk
GET   repairs:backup                       laptop needs_repair  sign-in  done      404        done     404       desk
POST  repairs:backup                       laptop               sign-in  404       404        404      404       desk
POST  repairs:backup                       laptop needs_repair  sign-in  done      404        done     404       desk
POST  repairs:backup                       laptop in_repair     sign-in  409       404        409      404       desk
GET   repairs:mdm                          laptop in_repair     sign-in  done      404        done     404       desk
POST  repairs:mdm                          laptop needs_repair  sign-in  403       404        404      404       desk
POST  repairs:mdm                          laptop in_repair     sign-in  403       404        done     404       desk
POST  repairs:mdm                          laptop recycled      sign-in  404       404        done     404       desk
GET   repairs:intake                       laptop               sign-in  403       404        409      404       desk
GET   repairs:intake                       laptop needs_repair  sign-in  403       404        200      404       desk
POST  repairs:intake                       laptop               sign-in  403       404        409      404       desk
POST  repairs:intake                       laptop needs_repair  sign-in  403       404        done     404       desk
POST  repairs:intake                       laptop in_repair     sign-in  403       404        409      404       desk
GET   repairs:revert                       laptop needs_repair  sign-in  403       404        200      404       desk
POST  repairs:revert                       laptop needs_repair  sign-in  403       404        done     404       desk
POST  repairs:revert                       laptop in_repair     sign-in  403       404        409      404       desk
GET   repairs:finish                       laptop in_repair     sign-in  403       404        200      404       desk
POST  repairs:finish                       laptop needs_repair  sign-in  403       404        409      404       desk
POST  repairs:finish                       laptop in_repair     sign-in  403       404        done     404       desk
GET   repairs:remove                       laptop in_repair     sign-in  403       404        200      404       desk
POST  repairs:remove                       laptop               sign-in  403       404        409      404       desk
POST  repairs:remove                       laptop in_repair     sign-in  403       404        done     404       desk
GET   repairs:replace                      laptop               sign-in  403       404        409      404       desk
GET   repairs:replace                      laptop in_repair     sign-in  403       404        200      404       desk
POST  repairs:replace                      laptop needs_repair  sign-in  403       404        409      404       desk
POST  repairs:replace                      laptop in_repair     sign-in  403       404        done     404       desk

GET   accounts:spaces                      -                    sign-in  403       403        200      200       desk
GET   accounts:space_new                   -                    sign-in  403       403        200      200       desk
POST  accounts:space_new                   -                    sign-in  403       403        done     done      desk
GET   accounts:space_edit                  room                 sign-in  403       403        200      404       desk
POST  accounts:space_edit                  room                 sign-in  403       403        done     404       desk
GET   accounts:space_remove                room                 sign-in  403       403        200      404       desk
POST  accounts:space_remove                room                 sign-in  403       403        done     404       desk
POST  accounts:space_remove                shelf                sign-in  403       403        409      404       desk
GET   accounts:space_reopen                room                 sign-in  403       403        done     404       desk
POST  accounts:space_reopen                room                 sign-in  403       403        done     404       desk
GET   accounts:payors                      -                    sign-in  403       403        200      200       desk
GET   accounts:payor_new                   -                    sign-in  403       403        200      200       desk
POST  accounts:payor_new                   -                    sign-in  403       403        done     done      desk
GET   accounts:payor_edit                  cost centre          sign-in  403       403        200      404       desk
POST  accounts:payor_edit                  cost centre          sign-in  403       403        done     404       desk
GET   accounts:payor_remove                cost centre          sign-in  403       403        200      404       desk
POST  accounts:payor_remove                cost centre          sign-in  403       403        409      404       desk
GET   accounts:payor_reopen                cost centre          sign-in  403       403        done     404       desk
POST  accounts:payor_reopen                cost centre          sign-in  403       403        done     404       desk
GET   accounts:users                       -                    sign-in  403       403        200      200       desk
GET   accounts:user_new                    -                    sign-in  403       403        200      200       desk
POST  accounts:user_new                    -                    sign-in  403       403        done     done      desk
GET   accounts:user_edit                   colleague            sign-in  403       403        200      404       desk
POST  accounts:user_edit                   colleague            sign-in  403       403        done     404       desk
GET   accounts:user_remove                 colleague            sign-in  403       403        200      404       desk
POST  accounts:user_remove                 colleague            sign-in  403       403        409      404       desk
GET   accounts:user_reactivate             colleague            sign-in  403       403        done     404       desk
POST  accounts:user_reactivate             colleague            sign-in  403       403        done     404       desk
GET   accounts:user_erase                  colleague            sign-in  403       403        200      404       desk
POST  accounts:user_erase                  colleague            sign-in  403       403        409      404       desk
GET   accounts:user_link                   colleague            sign-in  403       403        done     404       desk
POST  accounts:user_link                   colleague            sign-in  403       403        done     404       desk
GET   accounts:user_two_step               colleague            sign-in  403       403        200      404       desk
POST  accounts:user_two_step               colleague            sign-in  403       403        done     404       desk
GET   accounts:user_invitations            -                    sign-in  403       403        200      200       desk
GET   accounts:user_withdraw               newcomer             sign-in  405       405        405      405       405
POST  accounts:user_withdraw               newcomer             sign-in  403       403        done     404       desk
GET   accounts:settings                    -                    sign-in  403       403        200      200       desk
POST  accounts:settings                    -                    sign-in  403       403        done     done      desk
GET   accounts:sso                         -                    sign-in  403       403        200      200       desk
POST  accounts:sso                         -                    sign-in  403       403        done     done      desk
GET   accounts:sso_test                    -                    sign-in  405       405        405      405       405
POST  accounts:sso_test                    -                    sign-in  403       403        done     done      desk
GET   accounts:domain_new                  -                    sign-in  403       403        done     done      desk
POST  accounts:domain_new                  -                    sign-in  403       403        done     done      desk
GET   accounts:domain_check                a domain             sign-in  405       405        405      405       405
POST  accounts:domain_check                a domain             sign-in  403       403        done     404       desk
GET   accounts:domain_remove               a domain             sign-in  405       405        405      405       405
POST  accounts:domain_remove               a domain             sign-in  403       403        done     404       desk
GET   devices:audit_download               -                    sign-in  403       403        200      200       desk
GET   accounts:suggestions                 people               sign-in  403       403        200      200       desk
GET   accounts:suggestions                 everybody            sign-in  403       403        200      200       desk
GET   accounts:suggestions                 spaces               sign-in  403       403        200      200       desk
GET   accounts:suggestions                 every-space          sign-in  403       403        200      200       desk
GET   accounts:suggestions                 holders              sign-in  403       403        200      200       desk
GET   accounts:suggestions                 nonsense             sign-in  403       403        404      404       desk
GET   accounts:audit_log                   -                    sign-in  403       403        200      200       desk
GET   accounts:profile                     -                    sign-in  200       200        200      200       desk
POST  accounts:profile                     -                    sign-in  done      done       done     done      desk
GET   accounts:security                    -                    sign-in  200       200        200      200       200
POST  accounts:security                    -                    sign-in  done      done       done     done      done
GET   accounts:cancel_sign_in              -                    405      405       405        405      405       405
POST  accounts:cancel_sign_in              -                    sign-in  sign-in   sign-in    sign-in  sign-in   sign-in
GET   accounts:sso_sign_in                 -                    200      200       200        200      200       200
POST  accounts:sso_sign_in                 -                    200      200       200        200      200       200
GET   accounts:sso_start                   nobody's domain      done     done      done       done     done      done
GET   accounts:sso_callback                -                    400      400       400        400      400       400
GET   accounts:saml_metadata               the company          200      200       200        200      200       200
GET   accounts:saml_response               the company          405      405       405        405      405       405
POST  accounts:saml_response               the company          400      400       400        400      400       400
GET   accounts:join                        a link               done     done      done       done     done      done
GET   accounts:join                        a made-up link       410      410       410        410      410       410
POST  accounts:join                        a made-up link       410      410       410        410      410       410

GET   account_login                        -                    200      done      done       done     done      desk
POST  account_login                        -                    done     done      done       done     done      desk
GET   account_logout                       -                    sign-in  200       200        200      200       200
POST  account_logout                       -                    sign-in  sign-in   sign-in    sign-in  sign-in   sign-in
GET   account_inactive                     -                    200      200       200        200      200       200
GET   account_reauthenticate               -                    sign-in  200       200        200      200       200
POST  account_reauthenticate               -                    sign-in  200       200        200      200       200
GET   account_change_password              -                    sign-in  200       200        200      200       200
POST  account_change_password              -                    sign-in  200       200        200      200       200
GET   account_reset_password               -                    200      200       200        200      200       200
POST  account_reset_password               -                    done     done      done       done     done      done
GET   account_reset_password_done          -                    200      200       200        200      200       200
GET   account_reset_password_from_key      a made-up link       200      200       200        200      200       200
GET   account_reset_password_from_key_done -                    200      200       200        200      200       200

GET   mfa_authenticate                     -                    sign-in  done      done       done     done      desk
POST  mfa_authenticate                     -                    sign-in  done      done       done     done      desk
GET   mfa_login_webauthn                   -                    sign-in  done      done       done     done      desk
POST  mfa_login_webauthn                   -                    sign-in  done      done       done     done      desk
GET   mfa_reauthenticate                   -                    sign-in  done      done       done     done      done
POST  mfa_reauthenticate                   -                    sign-in  done      done       done     done      done
GET   mfa_reauthenticate_webauthn          -                    sign-in  done      done       done     done      done
POST  mfa_reauthenticate_webauthn          -                    sign-in  done      done       done     done      done
GET   mfa_index                            -                    sign-in  done      done       done     done      done
GET   mfa_list_webauthn                    -                    sign-in  done      done       done     done      done
GET   mfa_activate_totp                    -                    sign-in  done      done       done     done      done
POST  mfa_activate_totp                    -                    sign-in  done      done       done     done      done
GET   mfa_deactivate_totp                  -                    sign-in  404       404        404      404       404
POST  mfa_deactivate_totp                  -                    sign-in  404       404        404      404       404
GET   mfa_view_recovery_codes              -                    sign-in  404       404        404      404       404
GET   mfa_download_recovery_codes          -                    sign-in  404       404        404      404       404
GET   mfa_generate_recovery_codes          -                    sign-in  done      done       done     done      done
POST  mfa_generate_recovery_codes          -                    sign-in  done      done       done     done      done
GET   mfa_add_webauthn                     -                    sign-in  done      done       done     done      done
POST  mfa_add_webauthn                     -                    sign-in  done      done       done     done      done
GET   mfa_edit_webauthn                    a passkey            sign-in  done      done       done     done      done
POST  mfa_edit_webauthn                    a passkey            sign-in  done      done       done     done      done
GET   mfa_remove_webauthn                  a passkey            sign-in  done      done       done     done      done
POST  mfa_remove_webauthn                  a passkey            sign-in  done      done       done     done      done

GET   account_signup                       -                    sign-in  404       404        404      404       404
POST  account_signup                       -                    sign-in  404       404        404      404       404
GET   account_email                        -                    sign-in  404       404        404      404       404
POST  account_email                        -                    sign-in  404       404        404      404       404
GET   account_email_verification_sent      -                    sign-in  404       404        404      404       404
GET   account_confirm_email                a key                sign-in  404       404        404      404       404
POST  account_confirm_email                a key                sign-in  404       404        404      404       404
GET   account_set_password                 -                    sign-in  404       404        404      404       404
POST  account_set_password                 -                    sign-in  404       404        404      404       404
GET   account_confirm_login_code           -                    sign-in  404       404        404      404       404
POST  account_confirm_login_code           -                    sign-in  404       404        404      404       404

GET   admin:index                          -                    door     door      door       door     door      200
GET   admin:app_list                       accounts             door     door      door       door     door      200
GET   support_visit                        -                    sign-in  door      door       door     door      200
POST  support_visit                        -                    sign-in  door      door       door     door      200
GET   support_visit_end                    -                    sign-in  door      door       door     door      405
POST  support_visit_end                    -                    sign-in  door      door       door     door      desk
GET   admin:login                          -                    sign-in  403       403        403      403       desk
POST  admin:login                          -                    sign-in  403       403        403      403       200
GET   admin:logout                         -                    door     desk      desk       desk     desk      405
GET   admin:password_change                -                    door     door      door       door     door      200
GET   admin:password_change_done           -                    door     door      door       door     door      200
GET   admin:autocomplete                   -                    door     door      door       door     door      403
GET   admin:jsi18n                         -                    door     door      door       door     door      200
GET   admin:view_on_site                   the laptop           door     door      door       door     door      done
GET   admin:*_changelist                   -                    sign-in  door      door       door     door      200
POST  admin:*_changelist                   -                    sign-in  door      door       door     door      200
GET   admin:*_company_add                  -                    sign-in  door      door       door     door      200
GET   admin:*_user_add                     -                    sign-in  door      door       door     door      200
GET   admin:*_add                          -                    sign-in  door      door       door     door      403
GET   admin:*_change                       the first            sign-in  door      door       door     door      200
GET   admin:*_history                      the first            sign-in  door      door       door     door      200
GET   admin:*_delete                       the first            sign-in  door      door       door     door      403
POST  admin:*_delete                       the first            sign-in  door      door       door     door      403
"""

# Where the repair flow is off nothing new begins, and what is in it can still be ended. These people are Initech's.

GATE_OFF = """
      address                              about                employee  admin

GET   repairs:support                      laptop               200       200
POST  repairs:support                      laptop               403       403
GET   repairs:support                      laptop needs_repair  200       200
POST  repairs:backup                       laptop needs_repair  done      done
POST  repairs:intake                       laptop needs_repair  403       403
POST  repairs:revert                       laptop needs_repair  403       done
POST  repairs:assign                       laptop in_repair     403       done
POST  repairs:finish                       laptop in_repair     403       done
POST  repairs:remove                       laptop in_repair     403       done
POST  repairs:replace                      laptop in_repair     403       done
POST  repairs:mdm                          laptop in_repair     403       done
POST  devices:restore                      laptop recycled      404       done
GET   devices:hardware_table               in-repair            403       200
"""


class Row(NamedTuple):
    """A line of a table; `answers` by person."""

    method: str
    name: str
    about: str
    answers: dict[str, str]

    def __str__(self) -> str:
        return " ".join(word for word in self[:3] if word != "-")


def names(resolver=None, within=()):
    """The full name of every address. (A few of Django's admin have none: they only lead to the others.)"""
    for pattern in (resolver or get_resolver()).url_patterns:
        if hasattr(pattern, "url_patterns"):
            yield from names(pattern, (*within, *filter(None, [pattern.namespace])))
        elif pattern.name:
            yield ":".join([*within, pattern.name])


def read(table):
    """The rows of a table. A name with a star stands for every address that fits it and that no row before it has."""
    heading, *lines = (line.split() for line in table.splitlines() if line.strip())
    people = heading[2:]
    rows, taken = [], set()
    for line in lines:
        method, pattern, *about = line[: -len(people)]
        answers = dict(zip(people, line[-len(people) :], strict=True))
        fitting = [pattern]
        if "*" in pattern:
            fitting = [name for name in names() if fnmatch(name, pattern) and (method, name) not in taken]
        taken.update((method, name) for name in fitting)
        rows += [Row(method, name, " ".join(about), answers) for name in fitting]
    return rows


ROWS = read(TABLE)


def answer(response):
    """A response in the words of the table."""
    if response.status_code != 302:
        return str(response.status_code)
    place = resolve(urlsplit(response["Location"]).path).view_name
    return {"account_login": "sign-in", "admin:index": "desk", "admin:login": "door"}.get(place, "done")


def text_of(response):
    if response["Content-Type"] in ("application/zip", CONTENT_TYPE):
        with ZipFile(BytesIO(response.getvalue())) as archive:
            return "\n".join(archive.read(name).decode() for name in archive.namelist())
    return response.getvalue().decode() if response.streaming else response.text


def secrets_of(company):
    """Words that nobody outside a company may ever read. The serial number of Acme's laptop is Globex's, too."""
    yield company.name
    for related, fields in {
        "users": ["full_name", "email"],
        "spaces": ["name"],
        "payors": ["name"],
        "devices": ["name", "serial_number", "asset_tag", "imei"],
    }.items():
        for row in getattr(company, related).values_list(*fields):
            yield from (word for word in row if word not in ("", "Company", "Employee", "C02-XK1 AAA"))


IN_COOKIES = "django.contrib.sessions.backends.signed_cookies"
IN_ROWS = "accounts.session_store"

# One cast serves all rows, since no row leaves anything behind.


@pytest.fixture(scope="module")
def stage(cast, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        yield cast.enter()
        transaction.set_rollback(True)


@pytest.fixture
def world(stage, db):
    return stage.again()


@pytest.fixture(scope="module")
def secrets(stage):
    return {company: set(secrets_of(company)) for company in stage.companies}


@pytest.fixture
def hidden(world, secrets):
    """By person: words that they may read nowhere. Support staff read everything."""
    everybody = set().union(*secrets.values())

    def hidden_from(person):
        if person == world.support:
            return set()
        return everybody - (secrets[person.company] if person is not None else set())

    return hidden_from


@pytest.fixture(autouse=True)
def _sessions_in_cookies(settings):
    """They need no row, so one signing in does for all rows. Whoever signs in by the request itself gets a real one."""
    settings.SESSION_ENGINE = IN_COOKIES


def test_every_address_is_in_the_table():
    assert sorted(set(names()) - {row.name for row in ROWS}) == []
    assert sorted({row.name for row in ROWS} - set(names())) == []


def test_no_row_stands_twice():
    assert len({row[:3] for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_who_may_open_it(row, world, hidden):
    people = {
        "nobody": None,
        "employee": world.employee,
        "colleague": world.colleague,
        "admin": world.admin,
        "outsider": world.globex_admin,
        "support": world.support,
    }
    scene = Scene(world)
    scene.set(row.about)
    answers = {}
    for name, person in people.items():
        answers[name], read = ask(row, scene, person)
        # Whoever signs in by this very request reads what is theirs.
        if not (person is None and answers[name] == "done"):
            assert [word for word in hidden(person) if word in read] == [], f"{name} reads it"
    assert answers == row.answers


@pytest.mark.parametrize(
    "row", [row for row in ROWS if (row.answers["admin"], row.answers["outsider"]) == ("200", "404")], ids=str
)
def test_what_a_company_s_own_pages_offer_is_its_own(row, world, hidden):
    """Every name in a table, every choice in a form: the outsider's pages about the outsider's own things."""
    scene = Scene(world, "globex")
    scene.set(row.about)
    answers = []
    for person in (scene.admin, scene.employee):
        said, words = ask(row, scene, person)
        assert [word for word in hidden(person) if word in words] == []
        answers.append(said)
    assert answers == [row.answers["admin"], row.answers["employee"]]


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_no_page_takes_other_methods(method, world):
    scene, client = Scene(world), Client()
    sign_in(client, scene.admin)
    for row in ROWS:
        if row.name.startswith(("accounts:", "devices:", "repairs:")):
            assert getattr(client, method)(scene.address(row.name, row.about)).status_code == 405, row


@pytest.mark.parametrize("row", read(GATE_OFF), ids=str)
def test_where_the_repair_flow_is_off(row, world):
    Company.objects.filter(pk=world.initech.pk).update(repair_flow_released=True)
    scene = Scene(world.again(), "initech")
    scene.set(row.about)
    Company.objects.filter(pk=world.initech.pk).update(repair_flow_released=False)
    world.again()
    people = {"employee": world.initech_employee, "admin": world.initech_admin}
    assert {name: ask(row, scene, person)[0] for name, person in people.items()} == row.answers


# Signing in a thousand times would take longer than all the rest.
_sessions: dict[int, str] = {}


def sign_in(client, person):
    if person.pk not in _sessions:
        client.force_login(person)
        if person.is_staff:  # on a visit at Acme
            on_a_visit(client, Company.objects.get(slug="acme"))
        _sessions[person.pk] = client.cookies[settings.SESSION_COOKIE_NAME].value
    client.cookies[settings.SESSION_COOKIE_NAME] = _sessions[person.pk]


def ask(row, scene, person):
    """Ask as this person, just for once: afterwards nothing has happened. Returns the answer in the words of the table,
    and all that the person has read, on the page where they landed, too."""
    client = Client()
    with transaction.atomic(), override_settings(SESSION_ENGINE=IN_COOKIES if person else IN_ROWS):
        if person is not None:
            sign_in(client, person)
        address = scene.address(row.name, row.about, person)
        response = client.get(address) if row.method == "GET" else client.post(address, scene.data(row.name, person))
        said, words = answer(response), text_of(response)
        if said == "done":
            landed = client.get(response["Location"], follow=True)
            assert landed.status_code == 200
            words += text_of(landed)
        transaction.set_rollback(True)
    return said, words
