"""gunicorn in earnest, and a company's provider that answers drop by drop."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from tests.raw_server import drips, raw_server
from tests.server import manage, serving

COMPANY = """
from django.utils import timezone
from accounts.models import Company, Domain, SingleSignOn
for name in ("acme", "globex"):
    company = Company.objects.create(name=name, slug=name)
    Domain.objects.create(company=company, name=f"{{name}}.example", proved_at=timezone.now())
    SingleSignOn.objects.create(company=company, issuer="http://127.0.0.1:{port}", client_id="velory", is_on=True)
"""


@pytest.mark.skipif(connection.vendor != "sqlite", reason="a file is made sooner; tests/test_asking.py has the rest")
def test_whoever_waits_for_it_takes_nobody_elses_time(migrate, tmp_path):
    where = f"sqlite:///{tmp_path}/velory.sqlite3"
    migrate(where)
    with raw_server(drips(b"HTTP/1.1 200 OK\r\nX-A: ", b"a", seconds=5)) as port:
        manage(where, "shell", "--no-imports", "--command", COMPANY.format(port=port))
        with serving(where, tmp_path / "log") as server, ThreadPoolExecutor() as visitors:
            # More than the server has threads.
            waiting = [
                visitors.submit(server.ask, f"/sign-in/company/{name}.example/") for name in ("acme", "globex") * 3
            ]
            time.sleep(1)
            began = time.monotonic()
            assert server.ask("/healthz")[0] == server.ask("/account/login/")[0] == 200
            assert time.monotonic() - began < 2
            told = [one.result() for one in waiting]
    assert sum("Too many people are on their way" in page for _status, _headers, page in told) == 3
