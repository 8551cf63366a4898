"""The lab's certificate authority.

    >>> root = Authority.root("Lab Root CA")
    >>> issuing = root.intermediate("Lab Issuing CA")
    >>> identity = issuing.issue(member_recipe("IRISA"))

A member's identity holds its certificate followed by the intermediates, and trusts the root: the layout
{VE, ICA | Root} of the vendor's "Establishing the Required Certificate Chain". Certificates depend on their
recipe and on the authority's clock; only keys are random.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from .identity import Identity, pem_of
from .keys import KeyKind, PrivateKey, key_pem, private_key
from .recipe import Recipe, Signature, authority_recipe, extensions_of, member_recipe
from .signatures import broken, signed_with_sha1

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

__all__ = ["Authority"]


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority: its certificate, its key, and the chain up to its root."""

    certificate: x509.Certificate
    key: PrivateKey = field(repr=False)
    at: datetime
    """The clock that recipes count from."""
    above: Authority | None = None
    """The authority that signed this one; None for a root."""

    @classmethod
    def root(
        cls, name: str = "Lab Root CA", *, recipe: Recipe | None = None, at: datetime | None = None
    ) -> Self:
        """Make a self-signed root; `recipe` wins over `name`, and `at` is now unless given."""
        recipe = authority_recipe(name) if recipe is None else recipe
        moment = datetime.now(UTC) if at is None else at
        key = private_key(recipe.key, recipe.label)
        return cls(_sign(recipe, key.public_key(), recipe.subject, key, moment), key, moment)

    @classmethod
    def create(cls, *, key: KeyKind = KeyKind.RSA_2048, at: datetime | None = None) -> Self:
        """Make the lab's usual pair, a root and below it the issuing authority, and give the latter."""
        root = cls.root(recipe=replace(authority_recipe("Lab Root CA"), key=key), at=at)
        return root.intermediate(recipe=replace(authority_recipe("Lab Issuing CA"), key=key))

    def intermediate(self, name: str = "Lab Issuing CA", *, recipe: Recipe | None = None) -> Self:
        """Make an authority below this one; `recipe` wins over `name`."""
        recipe = authority_recipe(name) if recipe is None else recipe
        key = private_key(recipe.key, recipe.label)
        return type(self)(self._certify(recipe, key.public_key()), key, self.at, self)

    @property
    def top(self) -> Authority:
        """The root of this authority."""
        return self if self.above is None else self.above.top

    @property
    def intermediates(self) -> tuple[x509.Certificate, ...]:
        """The certificates from this authority up to the one below the root, as a member sends them."""
        return () if self.above is None else (self.certificate, *self.above.intermediates)

    @property
    def ca_pem(self) -> bytes:
        """The root, as members trust it."""
        return pem_of((self.top.certificate,))

    def issue(self, recipe: Recipe) -> Identity:
        """Make a key and a certificate for a member."""
        key = private_key(recipe.key, recipe.label)
        chain = (self._certify(recipe, key.public_key()), *self.intermediates)
        return Identity(certificate_pem=pem_of(chain), key_pem=key_pem(key), ca_pem=self.ca_pem)

    def member(self, name: str, *, key: KeyKind = KeyKind.RSA_2048) -> Identity:
        """Make the faultless identity of the mirror member `name`."""
        return self.issue(replace(member_recipe(name), key=key))

    def sign_request(self, request: x509.CertificateSigningRequest, recipe: Recipe) -> bytes:
        """Certify a request's subject and key as `recipe` says; give the PEM chain, leaf first.

        Raises:
            ValueError: the request's own signature is false.
        """
        if not request.is_signature_valid:
            raise ValueError("the certificate signing request is not signed by its own key")
        leaf = self._certify(replace(recipe, subject=request.subject), request.public_key())
        return pem_of((leaf, *self.intermediates))

    def revocation_list(
        self, revoked: tuple[x509.Certificate, ...], *, last_update: timedelta, next_update: timedelta
    ) -> x509.CertificateRevocationList:
        """List `revoked` certificates, the times counted from the authority's clock (RFC 5280 section 5)."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(self.at + last_update)
            .next_update(self.at + next_update)
        )
        for certificate in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number)
            builder = builder.add_revoked_certificate(entry.revocation_date(self.at + last_update).build())
        return builder.sign(self.key, hashes.SHA256())

    def _certify(self, recipe: Recipe, public_key: CertificatePublicKeyTypes) -> x509.Certificate:
        return _sign(recipe, public_key, self.certificate.subject, self.key, self.at)


def _sign(
    recipe: Recipe,
    public_key: CertificatePublicKeyTypes,
    issuer: x509.Name,
    issuer_key: PrivateKey,
    at: datetime,
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(recipe.subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at + recipe.valid_from)
        .not_valid_after(at + recipe.valid_until)
    )
    if recipe.key_identifiers:
        own = x509.SubjectKeyIdentifier.from_public_key(public_key)
        issuing = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
        builder = builder.add_extension(own, critical=False).add_extension(issuing, critical=False)
    for extension, critical in extensions_of(recipe):
        builder = builder.add_extension(extension, critical=critical)
    certificate = builder.sign(issuer_key, hashes.SHA256())
    if recipe.signature is Signature.BROKEN:
        return broken(certificate)
    if recipe.signature is Signature.SHA1:
        return signed_with_sha1(certificate, issuer_key)
    return certificate
