/** All that is fuzzed. A new parser is one more entry in the list at the end. */
import { parseEndpoint } from '../../src/core/endpoint.ts';
import { formatIpv6, parseIpv6 } from '../../src/core/ip-address.ts';
import { PROTOCOL_TOKENS } from '../../src/core/protocol.ts';
import { visible } from '../../src/core/quote.ts';
import { covers } from '../../src/core/server-name.ts';
import { parseListLine } from '../../src/cli/probe-arguments.ts';
import { readAll } from '../../src/probe/der.ts';
import { formatName } from '../../src/probe/distinguished-name.ts';
import { createEgress, parseNetwork } from '../../src/probe/egress.ts';
import { parseHostsFile, parseSearchList } from '../../src/probe/hosts-file.ts';
import { UnreadableCertificateError, parseCertificate } from '../../src/probe/parse-certificate.ts';
import { explainForeignAnswer, explainTlsError, isClientCertificateWanted } from '../../src/probe/tls-error.ts';
import { pemBlocks } from '../../src/probe/trust.ts';
import { serverSecretIn } from '../../src/probe/wire-chain.ts';
import { bytes, isDerError, must, orElse } from './check.ts';
import { dialogueTarget } from './dialogue-target.ts';
import { caaTarget, dnsTarget } from './dns-targets.ts';
import { extensionTarget, extensionsTarget } from './extension-targets.ts';
import { issuerFetchTarget, urlTarget } from './fetch-targets.ts';
import { createIdentities } from './identities.ts';
import { revocationTargets } from './revocation-targets.ts';
import type { Target } from './target.ts';
import { sealedTarget, wireTarget } from './wire-target.ts';

/** Of text: what a person writes, or a file holds. */
function textTarget(
  name: string,
  seeds: readonly string[],
  words: readonly string[],
  run: (text: string) => void,
): Target {
  return { name, seeds: bytes(...seeds), words: bytes(...words), run: (input) => run(input.toString('utf8')) };
}

function readDeep(content: Uint8Array, depth: number): void {
  const elements = readAll(content);
  must(elements.reduce((sum, { whole }) => sum + whole.length, 0) === content.length, 'elements are not the whole');
  for (const { tag, content: inner, whole } of elements) {
    must(announcedSize(whole) === whole.length, 'an element of another size than it says');
    if ((tag & 0x20) !== 0 && depth < 20) orElse(() => readDeep(inner, depth + 1), isDerError);
  }
}

/** Of an element with its header, by its length octets alone (X.690, 8.1.3). */
function announcedSize(whole: Uint8Array): number {
  const [, first = 0] = whole;
  if (first < 0x80) return 2 + first;
  const octets = first & 0x7f;
  return 2 + octets + Buffer.from(whole).readUIntBE(2, octets);
}

function readCertificate(der: Buffer): void {
  const { certificate } = parseCertificate(der);
  must(certificate.fingerprint.length === 64, 'a fingerprint of another length');
  must(!Number.isNaN(certificate.notBefore.getTime() + certificate.notAfter.getTime()), 'a date that is none');
  covers(certificate, 'mail.example.com');
  covers(certificate, 'example.com', 'sip');
  covers(certificate, '192.0.2.1');
}

/** A code in the first line, as Node or OpenSSL gives it, and a message in the rest. */
function tlsFailureTarget(): Target {
  return textTarget(
    'tls-failure',
    [
      'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA\n0:error:0A000418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca:r.c:1:SSL alert number 48:\n',
      'EPROTO\nwrite EPROTO 0:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:record.c:354:\n',
      'ERR_SSL_WRONG_VERSION_NUMBER\nx',
      'ECONNRESET\nread ECONNRESET',
      '\nsocket hang up',
    ],
    [
      'ERR_SSL_',
      'ERR_TLS_',
      'EPROTO',
      'ETIMEDOUT',
      'SSL alert number ',
      '40',
      '999',
      ':',
      '\n',
      '\u001b[31m',
      '\u202e',
    ],
    (text) => {
      const [code = '', ...message] = text.split('\n');
      const failure = explainTlsError(Object.assign(new Error(message.join('\n')), { code }));
      must(CODES.includes(failure.code), 'a failure of another kind');
      must(failure.detail !== '' && failure.detail.length < 1000, 'a detail without bounds');
      must(!HIDDEN.test(failure.detail), 'something is hidden in the detail');
      const { alert } = failure;
      const isSent = new RegExp(`SSL alert number 0{0,2}${alert}`).test(text);
      must(alert === undefined || (failure.isTls && isSent), 'an alert that nobody sent');
      must(!isClientCertificateWanted(failure) || alert !== undefined, 'a client certificate that nobody wants');
    },
  );
}

const CODES: readonly string[] = ['handshake-failed', 'protocol-error', 'reset', 'timeout', 'unreachable'];

const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u;
const egress = createEgress({ allow: ['0.0.0.0/0', '::/0'], deny: [], loopbackAllowed: true, privateAllowed: true });

export async function createTargets(): Promise<readonly Target[]> {
  const identities = createIdentities();
  const { root, intermediate, leaf, curveLeaf } = identities;
  const ders = [curveLeaf.der, intermediate.der, root.der];
  const subject = Buffer.from('310b3009060355040613024445310e300c06035504030c0561c3bc2c62', 'hex');
  const hosts = [
    'mail.example.com:25',
    '[2001:db8::1]:443',
    '192.0.2.1',
    'bücher.example',
    '127.1',
    'a.b.c.localhost.',
  ];
  const hostWords = [
    '.',
    ':',
    '[',
    ']',
    '%',
    '@',
    '/',
    '0x',
    '。',
    'xn--',
    '１',
    '\u200d',
    '*.',
    '-',
    '::',
    '255',
    ' ',
  ];

  return [
    { name: 'der', seeds: ders, words: [], run: (input) => orElse(() => readDeep(input, 0), isDerError) },
    {
      name: 'certificate',
      seeds: ders,
      words: bytes('0603551d11', '170d'),
      run: (input) =>
        orElse(
          () => readCertificate(input),
          (error) => error instanceof UnreadableCertificateError,
        ),
    },
    extensionTarget(leaf, readCertificate),
    extensionsTarget(leaf, intermediate, identities.responder),
    { name: 'name', seeds: [subject], words: [], run: (input) => orElse(() => formatName(input), isDerError) },
    textTarget(
      'pem',
      [leaf.chainPem, root.pem],
      ['-----BEGIN CERTIFICATE-----', '-----END CERTIFICATE-----', '-'],
      (text) => {
        const size = pemBlocks(text).reduce((sum, der) => sum + der.length, 0);
        must(size <= text.length, 'more than there was');
      },
    ),
    textTarget('hosts', ['127.0.0.1 localhost # x\n::1 six a.b\nfe80::1%lo z\n'], ['\n', '#', ' ', '\t'], (text) => {
      for (const [name, addresses] of parseHostsFile(text)) {
        must(name === name.toLowerCase() && addresses.length > 0, 'a name without an address');
      }
    }),
    textTarget(
      'resolv',
      ['search a.example b.example.\noptions ndots:2\ndomain c\n'],
      ['\n', 'search ', 'ndots:'],
      (text) => {
        const { domains, dots } = parseSearchList(text);
        must(domains.length <= 6 && dots >= 0 && dots <= 15, 'a search list out of bounds');
      },
    ),
    textTarget('endpoint', hosts, hostWords, (text) => {
      for (const protocol of PROTOCOL_TOKENS) {
        const read = parseEndpoint(text, protocol, { sni: text });
        if (!read.ok) continue;
        must(read.value.port > 0 && read.value.port < 65_536, 'a port out of range');
        must(/^[a-z0-9_.:-]{1,253}$/.test(read.value.host), `a host that is none: ${read.value.host}`);
      }
    }),
    textTarget(
      'list-line',
      ['mail.example.com:25 smtp --sni a.example', '[::1] postgres --direct'],
      ['--', '=', ' '],
      (text) => {
        const read = parseListLine(text, { sni: undefined, direct: false });
        must(read.ok || read.problem.message !== '', 'a problem without words');
      },
    ),
    textTarget(
      'address',
      ['::ffff:127.0.0.1', '64:ff9b::a9fe:a9fe', '10.0.0.0/8'],
      [':', '::', '.', '/', 'ffff'],
      (text) => {
        const ipv6 = parseIpv6(text);
        must(
          ipv6 === undefined || Buffer.compare(ipv6, parseIpv6(formatIpv6(ipv6)) ?? Buffer.alloc(0)) === 0,
          'not the same',
        );
        must(
          ipv6 !== undefined || /^\d+\.\d+\.\d+\.\d+$/.test(text) || !egress.judge(text).allowed,
          'no address is allowed',
        );
        parseNetwork(text);
      },
    ),
    textTarget(
      'visible',
      ['\u001b[31m\u202eevil', 'a\u0300\u0301\u0302', 'plain'],
      ['\u200f', '\ud800', '\u0007', '\u3164'],
      (text) => {
        must(!HIDDEN.test(visible(text)), 'something is hidden still');
      },
    ),
    {
      name: 'foreign',
      seeds: bytes('220 mx\r\n', 'HTTP/1.1 400\r\n', '\u0016\u0003\u0001\u0002'),
      words: [],
      run: (input) => {
        const failure = explainForeignAnswer(input);
        must(failure === undefined || failure.detail.length < 1000, 'a detail without bounds');
      },
    },
    {
      name: 'keylog',
      seeds: bytes(`SERVER_HANDSHAKE_TRAFFIC_SECRET ${'ab'.repeat(32)} ${'cd'.repeat(48)}\n`),
      words: bytes(' ', 'ab', '\n'),
      run: (input) => {
        const length = serverSecretIn(input)?.length ?? 32;
        must(length >= 32 && length <= 64, 'a secret out of bounds');
      },
    },
    tlsFailureTarget(),
    caaTarget(),
    await dnsTarget(),
    urlTarget(),
    issuerFetchTarget(identities),
    ...revocationTargets(identities),
    await wireTarget(leaf),
    sealedTarget(leaf),
    dialogueTarget('smtp', ['220-a\r\n220 b\r\n250-x\r\n250 STARTTLS\r\n454 later\r\n', '421 no\r\n']),
    dialogueTarget('lmtp', ['220 a\r\n500 what\r\n']),
    dialogueTarget('imap', [
      '* OK [CAPABILITY STARTTLS] x\r\na1 OK\r\na2 NO [INUSE] x\r\n',
      '* OK\r\n* ID ({3}\r\nabc "x")\r\na1 OK [CAPABILITY STARTTLS]\r\na2 OK\r\n',
      '* PREAUTH\r\n',
    ]),
    dialogueTarget('pop', ['+OK\r\n-ERR\r\n+OK\r\n', '+OK\r\n+OK\r\n..x\r\nSTLS\r\n.\r\n-ERR [SYS/TEMP] x\r\n']),
    dialogueTarget('ftp', ['120 a\r\n220-b\r\n x\r\n220 c\r\n504 a\r\n500 b\r\n234 c\r\n']),
    dialogueTarget('ldap', [
      Buffer.from(
        '30840000002802010178840000001f0a010004000400 8a16312e332e362e312e342e312e313436362e3230303337'.replace(
          ' ',
          '',
        ),
        'hex',
      ),
      Buffer.from('301c02010178170a010a04000400a30e040c6c6461703a2f2f6f74686572', 'hex'),
    ]),
    dialogueTarget('mysql', [
      Buffer.from('0f000000ff6904486f737420626c6f636b6564', 'hex'),
      Buffer.from('02000000ff10', 'hex'),
    ]),
    dialogueTarget('postgresql', ['N', 'E\0\0\0\u0016SFATAL\0C53300\0Mno\0\0', 'Ecould not fork\n\0']),
  ];
}
