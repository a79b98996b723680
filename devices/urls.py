from django.urls import path

from .views import correcting, describing, hardware, importing, moving, page, proving, table_choices, takeout

app_name = "devices"
urlpatterns = [
    path("", hardware.mine, name="mine"),
    path("hardware/", hardware.hardware, name="hardware"),
    path("hardware/imports/", importing.imports, name="imports"),
    path("hardware/imports/template/", importing.import_template, name="import_template"),
    path("hardware/imports/<int:pk>/", importing.import_page, name="import"),
    path("hardware/imports/<int:pk>/columns/", importing.import_columns, name="import_columns"),
    path("hardware/imports/<int:pk>/rehearse/", importing.import_rehearse, name="import_rehearse"),
    path("hardware/imports/<int:pk>/start/", importing.import_start, name="import_start"),
    path("hardware/imports/<int:pk>/refused/", importing.import_refused, name="import_refused"),
    path("hardware/imports/<int:pk>/undo/", importing.import_undo, name="import_undo"),
    path("hardware/imports/<int:pk>/give-up/", importing.import_give_up, name="import_give_up"),
    path("hardware/<slug:table>/", hardware.hardware, name="hardware_table"),
    path("hardware/<slug:table>/columns/", table_choices.columns, name="columns"),
    path("hardware/<slug:table>/save-filter/", table_choices.save_filter, name="save_filter"),
    path("hardware/filters/<int:pk>/", table_choices.saved_filter, name="saved_filter"),
    path("hardware/filters/<int:pk>/delete/", table_choices.delete_filter, name="delete_filter"),
    path("hardware/<slug:table>/export/", hardware.export, name="export"),
    path("settings/take-out/", takeout.takeout, name="takeout"),
    path("devices/all/", hardware.colleagues, name="colleagues"),
    path("devices/new/", describing.register, name="register"),
    path("devices/<int:pk>/", page.overview, name="overview"),
    path("devices/<int:pk>/edit/", describing.edit, name="edit"),
    path("devices/<int:pk>/log/", page.log, name="log"),
    path("devices/<int:pk>/log/late/", correcting.late_entry, name="late_entry"),
    path("devices/<int:pk>/log/<int:sequence>/correct/", correcting.correct, name="correct"),
    path("devices/<int:pk>/log/download/", proving.download, name="log_download"),
    path("settings/audit/download/", proving.download_audit_log, name="audit_download"),
    path("devices/<int:pk>/notes/", describing.add_note, name="add_note"),
    path("devices/<int:pk>/unassign/", moving.unassign, name="unassign"),
    path("devices/<int:pk>/restore/", moving.restore, name="restore"),
]
