import { close, hex, line, reset } from '../../helpers/dialogue-turns.ts';
import type { Turn } from '../../helpers/dialogue-turns.ts';
import { describeHostile } from '../../helpers/hostile.ts';
import type { HostileDialogue } from '../../helpers/hostile.ts';

const hello: readonly Turn[] = ['220 x\r\n', line];
const offer: readonly Turn[] = [...hello, '250-x\r\n250 STARTTLS\r\n', line];

/** SMTP and LMTP differ in one verb, and in nothing that a hostile server could use. */
const DIALOGUES: readonly HostileDialogue[] = [
  { what: 'silence', turns: [], code: 'timeout' },
  { what: 'a greeting of one byte a time', turns: [{ drip: '2'.repeat(500), everyMs: 10 }], code: 'timeout' },
  {
    what: 'a greeting that goes on and on',
    turns: [{ drip: '220-wait\r\n'.repeat(100), everyMs: 2 }],
    code: 'timeout',
  },
  { what: 'a greeting of gigabytes in one line', turns: [{ flood: 'x' }], code: 'protocol-error', timeoutMs: 3000 },
  { what: 'a greeting of endless lines', turns: [{ flood: '220-x\r\n' }], code: 'protocol-error', timeoutMs: 3000 },
  { what: 'a gigabyte of line ends', turns: [{ flood: '\r\n' }], code: 'protocol-error', timeoutMs: 3000 },
  { what: 'a gigabyte of NULs', turns: [{ flood: '\0' }], code: 'protocol-error', timeoutMs: 3000 },
  { what: 'a hang-up before a word', turns: [close], code: 'reset' },
  { what: 'a reset before a word', turns: [reset], code: 'reset' },
  { what: 'half a greeting and a hang-up', turns: ['220-x\r\n220', close], code: 'reset' },
  {
    what: 'a greeting of 421',
    turns: ['421 4.7.0 too many\r\n', close],
    code: 'temporarily-refused',
    says: 'too many',
  },
  { what: 'a greeting that turns to 421', turns: ['220-x\r\n421 busy\r\n'], code: 'temporarily-refused', says: 'busy' },
  { what: 'a greeting of 554', turns: ['554 No SMTP service here\r\n'], code: 'protocol-error', says: 'No SMTP' },
  { what: 'a code that is none', turns: ['999 x\r\n'], code: 'protocol-error' },
  { what: 'a code without an end', turns: ['2200 x\r\n'], code: 'protocol-error' },
  { what: 'TLS at once', turns: [hex('16 03 03 00 02 02 28 0a')], code: 'protocol-error' },
  { what: 'HTTP', turns: ['HTTP/1.1 400 Bad Request\r\n\r\n'], code: 'protocol-error', says: 'HTTP/1.1 400' },
  {
    what: 'terminal escapes',
    turns: ['\u001b[2J\u202eevil\r\n'],
    code: 'protocol-error',
    says: '<U+001B>[2J<U+202E>evil',
  },
  { what: '421 to the greeting verb', turns: [...hello, '421 idle\r\n', close], code: 'temporarily-refused' },
  { what: '450 to the greeting verb', turns: [...hello, '450 4.7.1 later\r\n'], code: 'temporarily-refused' },
  { what: '550 to the greeting verb', turns: [...hello, '550 5.7.1 blocked\r\n'], code: 'protocol-error' },
  { what: '501 to the greeting verb', turns: [...hello, '501 invalid name\r\n'], code: 'tls-not-offered' },
  { what: 'silence after the greeting', turns: hello, code: 'timeout' },
  {
    what: 'capabilities at one byte a time',
    turns: [...hello, { drip: '250-x\r\n'.repeat(60), everyMs: 5 }],
    code: 'timeout',
  },
  {
    what: 'endless capabilities',
    turns: [...hello, { flood: '250-STARTTLS\r\n' }],
    code: 'protocol-error',
    timeoutMs: 3000,
  },
  { what: 'a reset for capabilities', turns: [...hello, '250-x\r\n', reset], code: 'reset' },
  {
    what: 'words that only look like STARTTLS',
    turns: [...hello, '250-STARTTLSX\r\n250-X-STARTTLS\r\n250-AUTH STARTTLS\r\n250 ST\u0000ARTTLS\r\n'],
    code: 'tls-not-offered',
  },
  { what: '454 to STARTTLS', turns: [...offer, '454 4.7.0 TLS not available\r\n'], code: 'temporarily-refused' },
  { what: '421 to STARTTLS', turns: [...offer, '421 bye\r\n', close], code: 'temporarily-refused' },
  { what: '220- and then 454 to STARTTLS', turns: [...offer, '220-go\r\n454 no\r\n'], code: 'temporarily-refused' },
  { what: '501 to STARTTLS', turns: [...offer, '501 5.5.4 syntax\r\n'], code: 'tls-not-offered' },
  { what: '250 to STARTTLS', turns: [...offer, '250 sure\r\n'], code: 'tls-not-offered' },
  { what: 'silence after STARTTLS', turns: offer, code: 'timeout' },
  { what: 'a reset after STARTTLS', turns: [...offer, reset], code: 'reset' },
  { what: 'one byte with the go-ahead', turns: [...offer, '220 go\r\n\n'], code: 'plaintext-injection' },
  { what: 'a session with the go-ahead', turns: [...offer, '220 go\r\n250 x\r\n'], code: 'plaintext-injection' },
  {
    what: 'every answer before its question',
    turns: ['220 x\r\n250 STARTTLS\r\n220 go\r\n250 and more\r\n'],
    code: 'plaintext-injection',
  },
  { what: 'a hang-up with the go-ahead', turns: [...offer, '220 go\r\n', close], code: 'reset' },
  { what: 'silence in the place of TLS', turns: [...offer, '220 go\r\n'], code: 'timeout' },
];

describeHostile('smtp', DIALOGUES);
describeHostile('lmtp', DIALOGUES);
