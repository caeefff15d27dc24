/** CRLs and OCSP responses of every kind, right and wrong, built octet by octet; and a server to hand them out. */
import { constants, createHash, createPrivateKey, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Credential } from '../../src/demo/authority.ts';
import { readAuthority } from '../../src/probe/revocation/authority.ts';
import { encode, encodeInteger } from '../../src/probe/der-write.ts';
import { parseCertificate } from '../../src/probe/parse-certificate.ts';

export const HOUR_MS = 3_600_000;

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const sequence = (...parts: readonly Buffer[]): Buffer => encode(0x30, ...parts);
const oid = (encoded: string): Buffer => encode(0x06, hex(encoded));
const TRUE = hex('0101ff');

export function generalizedTime(date: Date): Buffer {
  return encode(0x18, Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`));
}

function utcTime(date: Date): Buffer {
  return encode(0x17, Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`));
}

export function serialOf({ der }: Credential): string {
  return parseCertificate(der).certificate.serialNumber;
}

// ---------------------------------------------------------------- signatures

export type Scheme = 'ecdsa-sha256' | 'rsa-sha256' | 'rsa-sha1' | 'rsa-md5' | 'rsa-pss' | 'ed25519';

const PSS_PARAMETERS = sequence(
  encode(0xa0, sequence(oid('608648016503040201'), hex('0500'))),
  encode(0xa1, sequence(oid('2a864886f70d010108'), sequence(oid('608648016503040201'), hex('0500')))),
  encode(0xa2, hex('020120')),
);

const ALGORITHMS: Readonly<Record<Scheme, Buffer>> = {
  'ecdsa-sha256': sequence(oid('2a8648ce3d040302')),
  'rsa-sha256': sequence(oid('2a864886f70d01010b'), hex('0500')),
  'rsa-sha1': sequence(oid('2a864886f70d010105'), hex('0500')),
  'rsa-md5': sequence(oid('2a864886f70d010104'), hex('0500')),
  'rsa-pss': sequence(oid('2a864886f70d01010a'), PSS_PARAMETERS),
  ed25519: sequence(oid('2b6570')),
};

function signBy(keyPem: string, scheme: Scheme, bytes: Buffer): Buffer {
  const key = createPrivateKey(keyPem);
  switch (scheme) {
    case 'ed25519':
      return sign(null, bytes, key);
    case 'rsa-pss':
      return sign('sha256', bytes, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
    case 'rsa-sha1':
      return sign('sha1', bytes, key);
    case 'rsa-md5':
      return sign('md5', bytes, key);
    default:
      return sign('sha256', bytes, key);
  }
}

function bitString(bytes: Buffer): Buffer {
  return encode(0x03, hex('00'), bytes);
}

// ---------------------------------------------------------------- CRLs

export function extension(identifier: string, value: Buffer, isCritical = false): Buffer {
  return sequence(oid(identifier), ...(isCritical ? [TRUE] : []), encode(0x04, value));
}

export const EXTENSION = {
  reason: (code: number) => extension('551d15', encode(0x0a, Buffer.from([code]))),
  certificateIssuer: extension('551d1d', sequence(), true),
  invalidityDate: (date: Date) => extension('551d18', generalizedTime(date)),
  number: extension('551d14', hex('020107')),
  delta: extension('551d1b', hex('020107'), true),
  distribution: (...parts: readonly Buffer[]) => extension('551d1c', sequence(...parts), true),
  unknownCritical: extension('2a0304', hex('0500'), true),
  unknown: extension('2a0304', hex('0500')),
} as const;

/** Fields of an issuing distribution point. */
export const DISTRIBUTION = {
  at: (...urls: readonly string[]) =>
    encode(0xa0, encode(0xa0, ...urls.map((url) => encode(0x86, Buffer.from(url, 'latin1'))))),
  onlyUser: hex('8101ff'),
  onlyCa: hex('8201ff'),
  someReasons: hex('83020560'),
  indirect: hex('8401ff'),
  onlyAttribute: hex('8501ff'),
} as const;

export interface CrlEntry {
  /** In hex; the INTEGER itself where it is none that we would write. */
  readonly serial: string | Buffer;
  readonly revokedAt?: Date;
  readonly extensions?: readonly Buffer[];
}

export interface CrlOptions {
  readonly thisUpdate?: Date;
  /** `null`: none. */
  readonly nextUpdate?: Date | null;
  readonly entries?: readonly CrlEntry[];
  readonly extensions?: readonly Buffer[];
  readonly scheme?: Scheme;
  /** Whose key signs instead. */
  readonly signer?: Credential;
  /** In DER, instead of the issuer's own. */
  readonly issuerName?: Buffer;
}

export const REVOKED_AT = new Date('2026-11-01T10:00:00Z');

export function makeCrl(issuer: Credential, options: CrlOptions = {}): Buffer {
  const { entries = [], extensions = [], scheme = 'ecdsa-sha256' } = options;
  const nextUpdate = options.nextUpdate === undefined ? new Date(Date.now() + 48 * HOUR_MS) : options.nextUpdate;
  const list = sequence(
    hex('020101'),
    ALGORITHMS[scheme],
    options.issuerName ?? Buffer.from(readAuthority(parseCertificate(issuer.der)).name),
    utcTime(options.thisUpdate ?? new Date(Date.now() - HOUR_MS)),
    ...(nextUpdate === null ? [] : [utcTime(nextUpdate)]),
    ...(entries.length === 0 ? [] : [sequence(Buffer.concat(entries.map(makeEntry)))]),
    ...(extensions.length === 0 ? [] : [encode(0xa0, sequence(...extensions))]),
  );
  const signature = signBy((options.signer ?? issuer).keyPem, scheme, list);
  return sequence(list, ALGORITHMS[scheme], bitString(signature));
}

function makeEntry({ serial, revokedAt = REVOKED_AT, extensions = [] }: CrlEntry): Buffer {
  return sequence(
    typeof serial === 'string' ? encodeInteger(serial) : serial,
    utcTime(revokedAt),
    ...(extensions.length === 0 ? [] : [sequence(...extensions)]),
  );
}

// ---------------------------------------------------------------- OCSP

export interface OcspOptions {
  readonly status?: 'good' | 'revoked' | 'unknown';
  readonly reason?: number;
  readonly thisUpdate?: Date;
  /** `null`: none. */
  readonly nextUpdate?: Date | null;
  /** A delegated responder, whose certificate goes along. */
  readonly responder?: Credential;
  /** Whose key signs, instead of that of the responder named. */
  readonly signer?: Credential;
  readonly by?: 'name' | 'key';
  readonly scheme?: Scheme;
  /** In hex; of another certificate. */
  readonly serial?: string;
  readonly responseExtensions?: readonly Buffer[];
  readonly singleExtensions?: readonly Buffer[];
  /** Where nothing belongs: behind all that is said of the certificate, or of the response. */
  readonly behindSingle?: Buffer;
  readonly behindAll?: Buffer;
}

const sha1 = (bytes: Uint8Array): Buffer => createHash('sha1').update(bytes).digest();

export function makeOcsp(issuer: Credential, subject: Credential, options: OcspOptions = {}): Buffer {
  const { status = 'good', scheme = 'ecdsa-sha256', by = 'name' } = options;
  const authority = readAuthority(parseCertificate(issuer.der));
  const responder = readAuthority(parseCertificate((options.responder ?? issuer).der));
  const nextUpdate = options.nextUpdate === undefined ? new Date(Date.now() + 48 * HOUR_MS) : options.nextUpdate;
  const single = sequence(
    sequence(
      hex('300906052b0e03021a0500'),
      encode(0x04, sha1(authority.name)),
      encode(0x04, sha1(authority.keyBits)),
      encodeInteger(options.serial ?? serialOf(subject)),
    ),
    statusOf(status, options.reason),
    generalizedTime(options.thisUpdate ?? new Date(Date.now() - HOUR_MS)),
    ...(nextUpdate === null ? [] : [encode(0xa0, generalizedTime(nextUpdate))]),
    ...explicitExtensions(options.singleExtensions),
    options.behindSingle ?? Buffer.alloc(0),
  );
  const tbs = sequence(
    by === 'name' ? encode(0xa1, responder.name) : encode(0xa2, encode(0x04, sha1(responder.keyBits))),
    generalizedTime(new Date()),
    sequence(single),
    ...explicitExtensions(options.responseExtensions),
    options.behindAll ?? Buffer.alloc(0),
  );
  const signature = signBy((options.signer ?? options.responder ?? issuer).keyPem, scheme, tbs);
  const basic = sequence(
    tbs,
    ALGORITHMS[scheme],
    bitString(signature),
    ...(options.responder === undefined ? [] : [encode(0xa0, sequence(options.responder.der))]),
  );
  return sequence(hex('0a0100'), encode(0xa0, sequence(oid('2b0601050507300101'), encode(0x04, basic))));
}

function explicitExtensions(extensions: readonly Buffer[] | undefined): Buffer[] {
  return extensions === undefined ? [] : [encode(0xa1, sequence(...extensions))];
}

function statusOf(status: 'good' | 'revoked' | 'unknown', reason: number | undefined): Buffer {
  if (status === 'good') return hex('8000');
  if (status === 'unknown') return hex('8200');
  const why = reason === undefined ? [] : [encode(0xa0, encode(0x0a, Buffer.from([reason])))];
  return encode(0xa1, generalizedTime(REVOKED_AT), ...why);
}

/** An answer without a response: `tryLater` is 3. */
export function ocspFailure(status: number): Buffer {
  return sequence(encode(0x0a, Buffer.from([status])));
}

// ---------------------------------------------------------------- a server

export type Answer = Buffer | ((request: IncomingMessage, response: ServerResponse) => void);

export interface HttpServer {
  readonly origin: string;
  /** `GET /path`, in the order asked. */
  readonly asked: string[];
  /** 404 for any other path. */
  readonly answers: Map<string, Answer>;
  close(): Promise<void>;
}

export async function startHttpServer(): Promise<HttpServer> {
  const asked: string[] = [];
  const answers = new Map<string, Answer>();
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const answer = answers.get(request.url ?? '');
    if (answer === undefined) response.writeHead(404).end();
    else if (typeof answer === 'function') answer(request, response);
    else response.end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    answers,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
