/**
 * The chain exactly as sent. `getPeerX509Certificate`, followed through `issuerCertificate`, lists what came in the order
 * it came, duplicates, strangers and a root included, on TLS 1.2 and 1.3; `getPeerCertificate(true)` sorts, drops and
 * adds from the trust store.
 *
 * Limits (measured on Node 20 and 24): it works once per connection, since it takes the certificates out of OpenSSL's
 * hands, so whoever needs the leaf otherwise asks before; and each issuer read leaks some 5 KB of native memory, so it is
 * read only where it may tell something new.
 */
import type { TLSSocket } from 'node:tls';

/** More than anybody needs; what lies beyond is not looked at (platform notes: chains of this kind are attacks). */
const MAX_CERTIFICATES = 32;
const MAX_BYTES = 256 * 1024;

/** The DER of each certificate, leaf first; empty where none came, or where it was read before. */
export function readWireChain(socket: TLSSocket): Buffer[] {
  const ders: Buffer[] = [];
  let bytes = 0;
  let next = socket.getPeerX509Certificate();
  while (next !== undefined && ders.length < MAX_CERTIFICATES) {
    bytes += next.raw.length;
    if (bytes > MAX_BYTES && ders.length > 0) break;
    ders.push(next.raw);
    next = next.issuerCertificate;
  }
  return ders;
}
