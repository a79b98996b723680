"""The bare pages that `make bench` measures Velory's against: the same rows in the same markup, and nothing around
them; and a transaction with as many inserts as a move makes."""

import os

from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path

from devices.models import Device, Note

ROWS = 50


def table(request):
    """50 rows of 11 columns in the order of names, by one query beside session and user."""
    devices = Device.objects.filter(company_id=request.user.company_id, archived_at=None)
    rows = devices.order_by("name_key", "id").values_list(
        "pk",
        "name",
        "category",
        "serial_number",
        "holder_user__full_name",
        "holder_space__name",
        "payor__name",
        "status",
        "status_since",
        "manufacturer",
        "model",
    )
    return render(request, "bare/table.html", {"rows": rows[:ROWS]})


def write(request):
    """One transaction that writes `inserts` rows, as it were the facts of a move."""
    user, device, inserts = request.user, int(request.POST["device"]), int(request.POST["inserts"])
    with transaction.atomic():
        for number in range(inserts):
            Note.objects.create(
                company_id=user.company_id,
                device_id=device,
                author_id=user.pk,
                text=f"{number}",
                written_at=request.user.joined_at,
            )
    return HttpResponse(status=204)


@login_not_required
def healthz(request):
    return HttpResponse(headers={"X-Worker": os.getpid()})


urlpatterns = [path("", table), path("write/", write), path("healthz", healthz)]
