"""A middleware that tells how many statements a request asked of the database, BEGIN and the like left out, and which
worker answered."""

import os
from contextlib import ExitStack

from django.db import connections


def statements(get_response):
    def middleware(request):
        asked = 0

        def count(execute, sql, *rest):
            nonlocal asked
            asked += not sql.startswith(("SAVEPOINT", "RELEASE"))
            return execute(sql, *rest)

        with ExitStack() as stack:
            for connection in connections.all():
                stack.enter_context(connection.execute_wrapper(count))
            response = get_response(request)
        response.headers["X-Statements"] = str(asked)
        response.headers["X-Worker"] = str(os.getpid())
        return response

    return middleware
