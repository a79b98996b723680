"""Keys and certificates as a provider signs with."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


class Key:
    """A key and its certificate: `text` as metadata has it, `fingerprint` as people compare it."""

    def __init__(self, name, *, bits=2048, days=365):
        self.name = name
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
        subject, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), datetime.now(UTC)
        made = x509.CertificateBuilder(subject, subject, self._key.public_key(), x509.random_serial_number())
        made = made.not_valid_before(now - timedelta(days=400)).not_valid_after(now + timedelta(days=days))
        self._certificate = made.sign(self._key, hashes.SHA256())
        self.text = base64.b64encode(self._certificate.public_bytes(Encoding.DER)).decode()
        self.fingerprint = self._certificate.fingerprint(hashes.SHA256()).hex(":").upper()

    def written(self, folder):
        """The same, as files for a program that reads them: `key_file` and `cert_file`."""
        self.key_file, self.cert_file = (str(Path(folder, f"{self.name}.{kind}")) for kind in ("key", "crt"))
        private = self._key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        Path(self.key_file).write_bytes(private)
        Path(self.cert_file).write_bytes(self._certificate.public_bytes(Encoding.PEM))
        return self
