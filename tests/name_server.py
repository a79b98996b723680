"""A name server on loopback, for TXT records."""

import socketserver
import threading
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rrset


@contextmanager
def name_server(records):
    """Answers with these TXT records, by domain; they may change meanwhile. Yields (address, port)."""

    class Answering(socketserver.BaseRequestHandler):
        def handle(self):
            question = dns.message.from_wire(self.request[0])
            name = question.question[0].name
            answer = dns.message.make_response(question, recursion_available=True)
            texts = records.get(name.to_text().rstrip("."))
            if texts is None:
                answer.set_rcode(dns.rcode.NXDOMAIN)
            elif texts:
                quoted = [" ".join(f'"{part}"' for part in text.split("|")) for text in texts]
                answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", *quoted))
            self.request[1].sendto(answer.to_wire(), self.client_address)

    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server.server_address
        server.shutdown()
        thread.join()
