"""A company's identity provider: the one of oidc-provider-mock, on loopback, with somebody at its sign-in page."""

import json
import logging
import threading
from contextlib import contextmanager
from io import BytesIO
from urllib.parse import parse_qs

import oidc_provider_mock
import requests
from joserfc import jwk, jwt
from werkzeug.serving import make_server


class Provider:
    """Where it is (`issuer`), what it was asked (`asked`: path, query or form), and how its answers are bent:
    `bend[path] = function of what it would answer`, as a dict."""

    def __init__(self):
        self.asked = []
        self.bend = {}
        self.is_away = False
        self._app = oidc_provider_mock.app()
        self._app.debug = False
        self.issuer = ""

    def __call__(self, environ, start_response):
        path = environ["PATH_INFO"]
        if self.is_away:
            start_response("503 Service Unavailable", [])
            return [b""]
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        said = body.decode() if path == "/oauth2/token" else environ["QUERY_STRING"]
        self.asked.append((path, {name: values[0] for name, values in parse_qs(said).items()}))
        if path not in self.bend:
            return self._app.wsgi_app(environ, start_response)
        kept = []
        answer = b"".join(self._app.wsgi_app(environ, lambda *head: kept.append(head)))
        answer = json.dumps(self.bend[path](json.loads(answer))).encode()
        start_response(kept[0][0], [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))])
        return [answer]

    def knows(self, subject, **claims):
        """Somebody has an account there."""
        requests.put(f"{self.issuer}/users/{subject}", json=claims, timeout=5).raise_for_status()

    def sign_in(self, address, subject):
        """At the page that Velory leads to, this person signs in, or without one turns back. Returns where they are
        sent then."""
        form = {"sub": subject} if subject else {"action": "deny"}
        answer = requests.post(address, data=form, allow_redirects=False, timeout=5)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def changes_token(self, **claims):
        """From now on its tokens say something else, signed with its very own key. A claim that is None is missing."""

        def change(answer):
            key = jwk.RSAKey.import_key(self._own_key())
            token = jwt.decode(answer["id_token"], key)
            said = {name: value for name, value in (token.claims | claims).items() if value is not None}
            return answer | {"id_token": jwt.encode(token.header, said, key)}

        self.bend["/oauth2/token"] = change

    def _own_key(self):
        for rule in self._app.before_request_funcs.get(None, []):
            for cell in rule.__closure__ or ():
                if hasattr(cell.cell_contents, "jwk"):
                    return cell.cell_contents.jwk.as_dict(is_private=True)
        raise LookupError("key")


@contextmanager
def provider():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    made = Provider()
    server = make_server("127.0.0.1", 0, made, threaded=True)
    made.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
