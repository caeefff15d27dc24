/** The CAs that a person wants trusted, read before they are kept: what cannot be read would fail every check. */
import { parsed, refused } from '../core/errors.ts';
import type { OwnCas, ReadCas } from '../core/ports.ts';
import { UnreadableCertificateError, parseCertificate } from './parse-certificate.ts';
import { pemBlocks } from './trust.ts';

const MAX_CHARS = 100_000;
const MAX_CERTIFICATES = 50;

export const readOwnCas: ReadCas = (pem) => {
  if (pem.length > MAX_CHARS) {
    return refused(`they fill ${String(pem.length)} characters, and ${String(MAX_CHARS)} is the most`);
  }
  if (/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(pem)) {
    return refused('there is a private key among them: give the CA certificates alone');
  }
  const blocks = pemBlocks(pem);
  if (blocks.length === 0) return refused('there is no certificate in it, no -----BEGIN CERTIFICATE----- block');
  if (blocks.length > MAX_CERTIFICATES) {
    return refused(`${String(blocks.length)} certificates are too many, ${String(MAX_CERTIFICATES)} is the most`);
  }
  const cas = new Map<string, { readonly certificate: OwnCas['certificates'][number]; readonly pem: string }>();
  for (const [index, der] of blocks.entries()) {
    try {
      const { certificate, x509 } = parseCertificate(der);
      cas.set(certificate.fingerprint, { certificate, pem: x509.toString() });
    } catch (error) {
      if (!(error instanceof UnreadableCertificateError)) throw error;
      return refused(`certificate ${String(index + 1)} of ${String(blocks.length)} cannot be read`);
    }
  }
  const read = [...cas.values()];
  return parsed({ pem: read.map((one) => one.pem).join(''), certificates: read.map((one) => one.certificate) });
};
