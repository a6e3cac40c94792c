"""Certificates for servers in a test: of an authority, or one that vouches for itself."""

from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.runtime import clock

_LASTS = timedelta(days=30)


class Authority:
    """Signs certificates; ``file`` is its own, for whoever shall trust it."""

    def __init__(self, folder: Path, name: str = "Authority of the tests") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named(name)
        self.file = folder / "ca.crt"
        own = _unsigned(self._name, self._key, issuer=self._name, lasts=_LASTS, is_ca=True)
        _write(self.file, own.sign(self._key, hashes.SHA256()))

    def issue(self, name: str, *, lasts: timedelta = _LASTS) -> tuple[Path, Path]:
        """The files of a certificate for this host name and of its key; one that ``lasts`` less
        than nothing has expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _named(name)
        unsigned = _unsigned(subject, key, issuer=self._name, lasts=lasts, host=name)
        cert_path, key_path = self._folder / "server.crt", self._folder / "server.key"
        _write(cert_path, unsigned.sign(self._key, hashes.SHA256()))
        _write_key(key_path, key)
        return cert_path, key_path


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """The files of a certificate for this host name that vouches for itself, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _named(name)
    unsigned = _unsigned(subject, key, issuer=subject, lasts=_LASTS, is_ca=True, host=name)
    cert_path, key_path = folder / "cert.pem", folder / "key.pem"
    _write(cert_path, unsigned.sign(key, hashes.SHA256()))
    _write_key(key_path, key)
    return cert_path, key_path


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _unsigned(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    *,
    issuer: x509.Name,
    lasts: timedelta,
    is_ca: bool = False,
    host: str = "",
) -> x509.CertificateBuilder:
    now = clock.real_now()
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + lasts)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
    )
    if host:
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        builder = builder.add_extension(names, critical=False)
    return builder


def _write(path: Path, found: x509.Certificate) -> None:
    path.write_bytes(found.public_bytes(serialization.Encoding.PEM))


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    path.chmod(0o600)
