from django.urls import path

from .views import assigning, moves, support, table

app_name = "repairs"
urlpatterns = [
    path("hardware/repairs/", table.repairs, name="list"),
    path("hardware/repairs/export/", table.export, name="export"),
    path("devices/<int:pk>/support/", support.support, name="support"),
    path("devices/<int:pk>/assign/", assigning.assign, name="assign"),
    path("devices/<int:pk>/repair/backup/", support.backup, name="backup"),
    path("devices/<int:pk>/repair/mdm/", support.mdm, name="mdm"),
    path("devices/<int:pk>/repair/intake/", moves.intake, name="intake"),
    path("devices/<int:pk>/repair/revert/", moves.revert, name="revert"),
    path("devices/<int:pk>/repair/finish/", moves.finish, name="finish"),
    path("devices/<int:pk>/repair/remove/", moves.remove, name="remove"),
    path("devices/<int:pk>/repair/replace/", moves.replace, name="replace"),
]
