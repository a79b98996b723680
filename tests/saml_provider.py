"""A company's identity provider by SAML: the one of pysaml2, on loopback, with somebody at its sign-in page."""

import base64
import tempfile
import threading
from contextlib import contextmanager
from html import escape, unescape
from urllib.parse import parse_qs, urlsplit
from wsgiref.util import request_uri

import pytest
import requests
from saml2 import BINDING_HTTP_REDIRECT, class_name
from saml2.config import IdPConfig
from saml2.metadata import entity_descriptor
from saml2.saml import (
    NAME_FORMAT_URI,
    NAMEID_FORMAT_EMAILADDRESS,
    NAMEID_FORMAT_PERSISTENT,
    NAMEID_FORMAT_TRANSIENT,
    Assertion,
    NameID,
)
from saml2.server import Server
from saml2.sigver import pre_signature_part
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256
from werkzeug.serving import make_server

from tests import xmlsec1
from tests.certificates import Key

PERSISTENT, EMAIL, TRANSIENT = NAMEID_FORMAT_PERSISTENT, NAMEID_FORMAT_EMAILADDRESS, NAMEID_FORMAT_TRANSIENT
AUTHENTICATED = {"class_ref": "urn:oasis:names:tc:SAML:2.0:ac:classes:Password", "authn_auth": ""}
PAGE = """<!doctype html><html lang="en"><title>{title}</title><h1>{title}</h1>
<form method="post" action="{to}">{fields}</form>"""


class SAMLProvider:
    """Whom it knows (`people`: name ID and attributes), which key signs, and how its answers are bent: `bend` changes
    the XML before the assertion is signed, so that it is the provider itself who says so."""

    def __init__(self, folder):
        self.key, self.next_key, self.foreign_key = (Key(name).written(folder) for name in ("key", "next", "foreign"))
        self.address = ""
        self._servers = {}
        self.start_over()

    def start_over(self):
        self.people = {}
        self.bend = lambda xml: xml
        self.signs_with = self.key
        self.signs = Assertion  # or the Response round it, or nothing
        self.described = ""  # Velory's metadata, by which it was added there

    def knows(self, subject, form=PERSISTENT, **attributes):
        """Somebody has an account there."""
        self.people[subject] = NameID(format=form, text=subject), attributes

    @property
    def issuer(self):
        return f"{self.address}/metadata"

    def _server(self):
        kept = self.signs_with, self.described
        if kept not in self._servers:
            self._servers[kept] = self._made()
        return self._servers[kept]

    def _made(self):
        described = {
            "entityid": self.issuer,
            "service": {
                "idp": {
                    "endpoints": {"single_sign_on_service": [(f"{self.address}/sign-in", BINDING_HTTP_REDIRECT)]},
                    "policy": {"default": {"lifetime": {"minutes": 5}, "name_form": NAME_FORMAT_URI}},
                }
            },
            "key_file": self.signs_with.key_file,
            "cert_file": self.signs_with.cert_file,
            "xmlsec_binary": xmlsec1.find(),
            "metadata": {"inline": [self.described]} if self.described else {},
        }
        return Server(config=IdPConfig().load(described))

    def metadata(self):
        """What it says of itself."""
        return str(entity_descriptor(self._server().config))

    def answers(self, address, subject):
        """Where somebody who came by this address is sent when they sign in, and with what; "" turns back."""
        server = self._server()
        asked = parse_qs(urlsplit(address).query)["SAMLRequest"][0]
        question = server.parse_authn_request(asked, BINDING_HTTP_REDIRECT).message
        args = server.response_args(question)
        to, question_id = args["destination"], args["in_response_to"]
        if subject:
            said = self._signed(server, question_id, to, args["sp_entity_id"], *self.people[subject])
        else:
            said = str(server.create_error_response(question_id, to, Exception("turned back"), sign=False))
        return to, base64.b64encode(said.encode()).decode()

    def _signed(self, server, question_id, to, application, name_id, attributes):
        unsigned = {"sign_assertion": False, "sign_response": False, "authn": AUTHENTICATED}
        made = server.create_authn_response(attributes, question_id, to, application, name_id=name_id, **unsigned)
        if not self.signs:
            return self.bend(str(made))
        part = made.assertion if self.signs is Assertion else made
        part.signature = pre_signature_part(
            part.id, server.sec.my_cert, 1, digest_alg=DIGEST_SHA256, sign_alg=SIG_RSA_SHA256
        )
        return server.sec.sign_statement(self.bend(str(made)), class_name(part), node_id=part.id)

    def sign_in(self, address, subject):
        """At the page that Velory leads to, this person signs in. Returns where their browser then sends which form."""
        page = requests.post(address, data={"sub": subject}, timeout=5)
        assert page.status_code == 200, page.text
        to, answer = (page.text.split(mark)[1].split('"')[0] for mark in ('action="', 'value="'))
        return unescape(to), {"SAMLResponse": answer}

    def __call__(self, environ, start_response):
        """Its pages: who are you, and then a form that the browser sends to Velory, by itself where it runs scripts."""
        start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
        if environ["REQUEST_METHOD"] == "GET":
            fields = '<label>Who <input name="sub"></label><button>Sign in there</button>'
            return [PAGE.format(title="The provider", to=escape(request_uri(environ)), fields=fields).encode()]
        body = parse_qs(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode())
        to, answer = self.answers(request_uri(environ), body.get("sub", [""])[0])
        fields = f'<input type="hidden" name="SAMLResponse" value="{answer}"><button>Go back to Velory</button>'
        script = "<script>document.forms[0].submit()</script>"
        return [(PAGE.format(title="One moment", to=escape(to), fields=fields) + script).encode()]


@contextmanager
def saml_provider():
    if xmlsec1.find() is None:
        pytest.skip(xmlsec1.MISSING)
    with tempfile.TemporaryDirectory() as folder:
        made = SAMLProvider(folder)
        server = make_server("127.0.0.1", 0, made, threaded=True)
        made.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
