/**
 * The chain exactly as sent, from the bytes on the wire: the Certificate message of TLS 1.2 (RFC 5246, 7.4.2), which is in
 * the clear, and of TLS 1.3 (RFC 8446, 4.4.2), which the server's handshake secret opens (NSS's key log format gives it).
 *
 * The other way, `getPeerX509Certificate` followed through `issuerCertificate`, tells the same and is the oracle in tests,
 * but leaks some 5 KB of native memory for each issuer, and has nothing to say where OpenSSL could not read one certificate
 * of many or found them too long. It is left for a handshake that came to its end though the bytes made no sense here. `getPeerCertificate(true)` sorts, drops and adds from the trust store.
 *
 * Limits: one handshake from its first byte, no resumption, no compressed certificates (RFC 8879; Node does not offer them),
 * no CCM suites (Node does not offer them either).
 */
import { createDecipheriv, createHmac } from 'node:crypto';
import type { CipherGCMTypes } from 'node:crypto';

/** More than anybody needs; what lies beyond is not looked at (platform notes: chains of this kind are attacks). */
export const MAX_CERTIFICATES = 32;

export type WireChain =
  /** The DER of each certificate, leaf first; empty where the server said that it has none. */
  | { readonly state: 'read'; readonly ders: readonly Uint8Array[] }
  /** The message has not come to its end. */
  | { readonly state: 'incomplete' }
  /** These bytes hold no chain, and more of them would not either. */
  | { readonly state: 'none' };

const INCOMPLETE: WireChain = { state: 'incomplete' };
const NONE: WireChain = { state: 'none' };

/** Record types (RFC 8446, 5.1). */
const RECORD = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;
/** Handshake types (RFC 8446, 4). */
const HANDSHAKE = { serverHello: 2, certificate: 11, serverHelloDone: 14 } as const;

const RECORD_HEADER = 5;
/** Four times what the longest chain needs in records of the smallest size that anybody negotiates (RFC 6066, 4: 2^9). */
const MAX_RECORDS = 4096;
/** 2^14 and room for what encryption adds (RFC 5246, 6.2.3; TLS 1.3 allows less). */
const MAX_RECORD = 16_384 + 2048;

/**
 * @param received what the server sent from its first byte.
 * @param serverSecret TLS 1.3: the server's handshake traffic secret, `undefined` as long as there is none.
 */
export function readWireChain(received: Buffer, serverSecret: Buffer | undefined): WireChain {
  const messages = createMessageReader();
  let hello: ServerHello | undefined;
  let open: ((record: Buffer) => Buffer | undefined) | undefined;

  let records = 0;
  for (let at = 0; at + RECORD_HEADER <= received.length;) {
    records += 1;
    if (records > MAX_RECORDS) return NONE;
    const type = received.readUInt8(at);
    const length = received.readUInt16BE(at + 3);
    if (received.readUInt8(at + 1) !== 3 || length > MAX_RECORD) return NONE;
    const end = at + RECORD_HEADER + length;
    if (end > received.length) return INCOMPLETE;
    const record = received.subarray(at, end);
    at = end;

    // An alert may be a warning, after which the server goes on: unrecognized_name often is (RFC 6066, 3).
    if (type === RECORD.changeCipherSpec || type === RECORD.alert) continue;
    if (type === RECORD.handshake) {
      messages.take(record.subarray(RECORD_HEADER));
    } else if (type === RECORD.applicationData && hello?.isTls13 === true) {
      if (serverSecret === undefined) return INCOMPLETE;
      open ??= opener(hello.cipherSuite, serverSecret);
      const opened = open?.(record);
      if (opened === undefined) return NONE;
      messages.take(opened);
    } else {
      return NONE;
    }

    for (let message = messages.next(); message !== undefined; message = messages.next()) {
      if (message.type === HANDSHAKE.certificate) return certificatesIn(message.body, hello?.isTls13 === true);
      // In TLS 1.2 a server that has no certificate sends none, and is done with its first flight here.
      if (message.type === HANDSHAKE.serverHelloDone) return NONE;
      if (message.type !== HANDSHAKE.serverHello) continue;
      // A HelloRetryRequest has the same form and is followed by the true one (RFC 8446, 4.1.4).
      hello = readServerHello(message.body);
      if (hello === undefined) return NONE;
    }
  }
  return INCOMPLETE;
}

/** Handshake messages may share records, and may be spread over many (RFC 8446, 5.1). */
function createMessageReader(): {
  take(bytes: Buffer): void;
  next(): { readonly type: number; readonly body: Buffer } | undefined;
} {
  let parts: Buffer[] = [];
  let size = 0;
  const gather = (): Buffer => {
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) return only;
    const all = Buffer.concat(parts);
    parts = [all];
    return all;
  };
  return {
    take(bytes) {
      parts.push(bytes);
      size += bytes.length;
    },
    next() {
      // Not joined before there is enough: a message of a megabyte in small records would be copied again and again.
      if (size < 4) return undefined;
      if ((parts[0]?.length ?? 0) < 4) gather();
      const end = 4 + (parts[0]?.readUIntBE(1, 3) ?? 0);
      if (size < end) return undefined;
      const all = gather();
      const rest = all.subarray(end);
      parts = rest.length === 0 ? [] : [rest];
      size = rest.length;
      return { type: all.readUInt8(0), body: all.subarray(4, end) };
    },
  };
}

interface ServerHello {
  readonly isTls13: boolean;
  readonly cipherSuite: number;
}

const SUPPORTED_VERSIONS = 43;
const TLS_1_3 = 0x0304;

/** RFC 8446, 4.1.3: the version that counts stands in an extension, since that of the message is frozen at TLS 1.2. */
function readServerHello(body: Buffer): ServerHello | undefined {
  const sessionIdLength = body[34];
  if (sessionIdLength === undefined) return undefined;
  const suiteAt = 35 + sessionIdLength;
  if (suiteAt + 3 > body.length) return undefined;
  const cipherSuite = body.readUInt16BE(suiteAt);
  for (let at = suiteAt + 5; at + 4 <= body.length;) {
    const [type, length] = [body.readUInt16BE(at), body.readUInt16BE(at + 2)];
    at += 4;
    if (type === SUPPORTED_VERSIONS && length === 2 && at + 2 <= body.length) {
      return { isTls13: body.readUInt16BE(at) === TLS_1_3, cipherSuite };
    }
    at += length;
  }
  return { isTls13: false, cipherSuite };
}

interface Suite {
  readonly cipher: CipherGCMTypes | 'chacha20-poly1305';
  readonly hash: 'sha256' | 'sha384';
  readonly keyBytes: 16 | 32;
}

/** RFC 8446, B.4. */
const SUITES: Readonly<Record<number, Suite>> = {
  0x1301: { cipher: 'aes-128-gcm', hash: 'sha256', keyBytes: 16 },
  0x1302: { cipher: 'aes-256-gcm', hash: 'sha384', keyBytes: 32 },
  0x1303: { cipher: 'chacha20-poly1305', hash: 'sha256', keyBytes: 32 },
};

const TAG_BYTES = 16;
const IV_BYTES = 12;

/** Opens the server's records in turn (RFC 8446, 5.2, 5.3): the handshake bytes in one, or `undefined` for what is none. */
function opener(cipherSuite: number, secret: Buffer): ((record: Buffer) => Buffer | undefined) | undefined {
  const suite = SUITES[cipherSuite];
  if (suite === undefined) return undefined;
  const key = expandLabel(suite.hash, secret, 'key', suite.keyBytes);
  const iv = expandLabel(suite.hash, secret, 'iv', IV_BYTES);
  let sequence = 0;
  return (record) => {
    const sealed = record.subarray(RECORD_HEADER);
    if (sealed.length <= TAG_BYTES) return undefined;
    const nonce = Buffer.from(iv);
    nonce.writeUInt32BE((nonce.readUInt32BE(IV_BYTES - 4) ^ sequence) >>> 0, IV_BYTES - 4);
    sequence += 1;
    const plain = decrypt(suite.cipher, key, nonce, record.subarray(0, RECORD_HEADER), sealed);
    if (plain === undefined) return undefined;
    // The true type stands behind the content, and zeros behind that (RFC 8446, 5.4).
    let end = plain.length;
    while (end > 0 && plain[end - 1] === 0) end -= 1;
    return plain[end - 1] === RECORD.handshake ? plain.subarray(0, end - 1) : undefined;
  };
}

function decrypt(
  cipher: Suite['cipher'],
  key: Buffer,
  nonce: Buffer,
  header: Buffer,
  sealed: Buffer,
): Buffer | undefined {
  const content = sealed.subarray(0, sealed.length - TAG_BYTES);
  // Node's types know the two kinds of AEAD as different overloads; the calls are the same.
  const decipher =
    cipher === 'chacha20-poly1305'
      ? createDecipheriv(cipher, key, nonce, { authTagLength: TAG_BYTES })
      : createDecipheriv(cipher, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(header, { plaintextLength: content.length });
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const plain = decipher.update(content);
  try {
    decipher.final();
    return plain;
  } catch {
    // The tag does not fit: these bytes are not what the server's secret sealed.
    return undefined;
  }
}

/** HKDF-Expand-Label with an empty context (RFC 8446, 7.1): one block of HKDF-Expand (RFC 5869, 2.3) is enough here. */
function expandLabel(hash: Suite['hash'], secret: Buffer, label: string, length: number): Buffer {
  const name = Buffer.from(`tls13 ${label}`, 'latin1');
  const info = Buffer.concat([Buffer.from([0, length, name.length]), name, Buffer.from([0, 1])]);
  return createHmac(hash, secret).update(info).digest().subarray(0, length);
}

/** TLS 1.3 has a context before the list, and extensions behind each certificate. */
function certificatesIn(body: Buffer, isTls13: boolean): WireChain {
  const ders: Uint8Array[] = [];
  let at = isTls13 ? 1 + (body[0] ?? 0) : 0;
  if (at + 3 > body.length) return NONE;
  const end = at + 3 + body.readUIntBE(at, 3);
  if (end > body.length) return NONE;
  at += 3;
  while (at + 3 <= end && ders.length < MAX_CERTIFICATES) {
    const next = at + 3 + body.readUIntBE(at, 3);
    if (next > end) return NONE;
    // A copy of its own size: it goes to another thread, with the whole of what it is a view of.
    ders.push(new Uint8Array(body.subarray(at + 3, next)));
    at = next;
    if (isTls13) {
      if (at + 2 > end) return NONE;
      at += 2 + body.readUInt16BE(at);
    }
  }
  return { state: 'read', ders };
}

const SERVER_SECRET = /^SERVER_HANDSHAKE_TRAFFIC_SECRET [0-9a-f]{64} ([0-9a-f]{64,128})\s*$/i;

/** The secret in a line of Node's `keylog` event (NSS key log format); `undefined` in lines about others. */
export function serverSecretIn(line: Buffer): Buffer | undefined {
  const hex = SERVER_SECRET.exec(line.toString('latin1'))?.[1];
  return hex === undefined ? undefined : Buffer.from(hex, 'hex');
}
