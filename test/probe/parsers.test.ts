import { rootCertificates } from 'node:tls';
import { X509Certificate } from 'node:crypto';
import { Socket, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { beforeAll, afterAll, describe, expect, it } from 'vitest';
import { PROTOCOL_TOKENS } from '../../src/core/protocol.ts';
import { createAuthority } from '../../src/demo/authority.ts';
import { startDeadline } from '../../src/probe/deadline.ts';
import { DerError, readAll } from '../../src/probe/der.ts';
import { formatName } from '../../src/probe/distinguished-name.ts';
import { ProbeError } from '../../src/probe/errors.ts';
import { UnreadableCertificateError, parseCertificate } from '../../src/probe/parse-certificate.ts';
import { openPlaintext } from '../../src/probe/plaintext.ts';
import { atOnce } from '../../src/probe/protocols/dialogue.ts';
import { dialogueOf } from '../../src/probe/protocols/index.ts';
import { explainForeignAnswer } from '../../src/probe/tls-error.ts';
import { pemBlocks } from '../../src/probe/trust.ts';

describe('a certificate', () => {
  it('is read as it was made', async () => {
    const root = await createAuthority('Root, of all', { key: 'RSA-2048' });
    const leaf = await root.issueLeaf({
      dns: ['mail.example.com', '*.example.com'],
      ip: ['192.0.2.1', '2001:db8::1'],
      uri: ['sip:example.com'],
      notBefore: new Date('2049-12-31T23:59:59Z'),
      notAfter: new Date('2050-01-01T00:00:00Z'),
      key: 'P-384',
      hash: 'SHA-384',
      issuerUrl: 'http://ca.example/root.cer',
      crlUrls: ['http://ca.example/1.crl', 'ldap://ca.example/cn=Root'],
      ocspUrl: 'http://ocsp.example/',
      mustStaple: true,
    });
    expect(parseCertificate(leaf.der).certificate).toEqual({
      fingerprint: leaf.fingerprint,
      subject: 'CN=mail.example.com',
      issuer: 'CN=Root\\, of all',
      serialNumber: new X509Certificate(leaf.der).serialNumber.toLowerCase(),
      notBefore: new Date('2049-12-31T23:59:59Z'),
      notAfter: new Date('2050-01-01T00:00:00Z'),
      keyType: 'ec',
      keyBits: 384,
      signatureAlgorithm: 'sha384WithRSAEncryption',
      subjectAltNames: [
        { type: 'dns', value: 'mail.example.com' },
        { type: 'dns', value: '*.example.com' },
        { type: 'ip', value: '192.0.2.1' },
        { type: 'ip', value: '2001:db8::1' },
        { type: 'uri', value: 'sip:example.com' },
      ],
      isCa: false,
      isSelfSigned: false,
      issuerUrls: ['http://ca.example/root.cer'],
      crlUrls: ['http://ca.example/1.crl', 'ldap://ca.example/cn=Root'],
      ocspUrls: ['http://ocsp.example/'],
      mustStaple: true,
    });
    expect(parseCertificate(root.der).certificate).toMatchObject({
      isCa: true,
      isSelfSigned: true,
      keyType: 'rsa',
      keyBits: 2048,
      signatureAlgorithm: 'sha256WithRSAEncryption',
    });
  });

  it("of every public CA is read, as Node's own parser has it", () => {
    for (const der of pemBlocks(rootCertificates.join('\n'))) {
      const { certificate } = parseCertificate(der);
      const node = new X509Certificate(der);
      expect(certificate).toMatchObject({
        serialNumber: node.serialNumber.toLowerCase().padStart(2, '0'),
        notBefore: new Date(node.validFrom),
        notAfter: new Date(node.validTo),
        fingerprint: node.fingerprint256.replaceAll(':', '').toLowerCase(),
        isSelfSigned: true,
      });
      expect(certificate.signatureAlgorithm).not.toMatch(/^[\d.]+$/);
      expect(certificate.subject).toMatch(/(^|, )(CN|OU|O)=/);
    }
  });

  it('with any byte changed is read or refused, and nothing else', async () => {
    const leaf = await (
      await createAuthority('Root')
    ).issueLeaf({ dns: ['a.example'], issuerUrl: 'http://a.example/' });
    fc.assert(
      fc.property(fc.nat(leaf.der.length - 1), fc.nat(255), (at, value) => {
        const changed = Buffer.from(leaf.der);
        changed[at] = value;
        try {
          expect(parseCertificate(changed).certificate.fingerprint).toHaveLength(64);
        } catch (error) {
          expect(error).toBeInstanceOf(UnreadableCertificateError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('any bytes are elements or a DerError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          const read = readAll(bytes).reduce((sum, { whole }) => sum + whole.length, 0);
          expect(read).toBe(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(DerError);
        }
      }),
    );
  });

  it.each([
    { first: '', is: undefined },
    { first: '\u0016\u0003\u0001', is: undefined },
    { first: '220 x', is: 'plaintext-injection' },
    { first: '\u0000', is: 'plaintext-injection' },
  ])('first bytes after a go-ahead are $is', ({ first, is }) => {
    expect(explainForeignAnswer(Buffer.from(first), true)?.code).toBe(is);
  });

  it('any first bytes on a TLS port are explained or left to OpenSSL', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 256 }), (bytes) => {
        const failure = explainForeignAnswer(Buffer.from(bytes));
        expect([undefined, 'tls-not-offered', 'protocol-error']).toContain(failure?.code);
      }),
    );
  });
});

describe('a name', () => {
  const tlv = (tag: number, ...content: (Buffer | string)[]): Buffer => {
    const body = Buffer.concat(content.map((one) => Buffer.from(one)));
    return Buffer.concat([Buffer.from([tag, body.length]), body]);
  };
  const attribute = (type: string, value: Buffer): Buffer =>
    tlv(0x31, tlv(0x30, tlv(0x06, Buffer.from(type, 'hex')), value));

  it.each([
    {
      what: 'the most specific first',
      of: [attribute('550406', tlv(0x13, 'DE')), attribute('550403', tlv(0x0c, 'a'))],
      is: 'CN=a, C=DE',
    },
    {
      what: 'separators escaped',
      of: [attribute('550403', tlv(0x0c, 'a, O=b+c"\\;'))],
      is: 'CN=a\\, O=b\\+c\\"\\\\\\;',
    },
    { what: 'UTF-16', of: [attribute('55040a', tlv(0x1e, Buffer.from('00fc0041', 'hex')))], is: 'O=üA' },
    { what: 'Latin-1', of: [attribute('55040a', tlv(0x14, Buffer.from('fc', 'hex')))], is: 'O=ü' },
    { what: 'UTF-32', of: [attribute('55040a', tlv(0x1c, Buffer.from('0001f600', 'hex')))], is: 'O=😀' },
    { what: 'no string at all', of: [attribute('55040a', tlv(0x02, Buffer.from([7])))], is: 'O=#020107' },
    { what: 'an unknown attribute', of: [attribute('2a0304', tlv(0x0c, 'x'))], is: '1.2.3.4=x' },
    { what: 'a NUL kept', of: [attribute('550403', tlv(0x0c, 'a\u0000b'))], is: 'CN=a\u0000b' },
    { what: 'nothing', of: [], is: '' },
  ])('$what', ({ of, is }) => {
    expect(formatName(Buffer.concat(of))).toBe(is);
  });
});

describe('any bytes in any split', () => {
  let port: number;
  let pieces: readonly Uint8Array[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined).resume();
    for (const piece of pieces) socket.write(piece);
    socket.end();
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => new Promise<void>((resolve) => server.close(() => resolve())));

  /** Lines that lead a dialogue further than noise does. */
  const line = fc.constantFrom(
    '220 x\r\n',
    '220-x\r\n',
    '250 STARTTLS\r\n',
    '250-a\r\n',
    '* OK\r\n',
    '* CAPABILITY STARTTLS\r\n',
    'a1 OK\r\n',
    'a2 OK\r\n',
    '+OK\r\n',
    'STLS\r\n',
    '.\r\n',
    '-ERR\r\n',
    '234 x\r\n',
    'S',
    'E\u0000\u0000\u0000\u0009',
    '0\u000c\u0002\u0001\u0001x\u0007\n\u0001\u0000\u0004\u0000\u0004\u0000',
  );
  const piece = fc.oneof(
    line.map((text) => Buffer.from(text, 'latin1')),
    fc.uint8Array({ minLength: 1, maxLength: 40 }),
  );

  it.each(PROTOCOL_TOKENS.filter((protocol) => dialogueOf({ protocol, direct: false }) !== atOnce))(
    'end a dialogue of %s in the go-ahead or a ProbeError',
    async (protocol) => {
      await fc.assert(
        fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (given) => {
          pieces = given;
          const socket = new Socket();
          await new Promise<void>((resolve) => socket.connect(port, '127.0.0.1', resolve));
          socket.on('error', () => undefined);
          const deadline = startDeadline(2000, new AbortController().signal);
          const plaintext = openPlaintext(socket, deadline, 2000);
          try {
            await dialogueOf({ protocol, direct: false })(plaintext);
            await plaintext.release();
          } catch (error) {
            expect(error).toBeInstanceOf(ProbeError);
          } finally {
            plaintext.abandon();
            deadline.clear();
            socket.destroy();
          }
        }),
        { numRuns: 60 },
      );
    },
  );
});
