import { close, hex, line, reset } from '../../helpers/dialogue-turns.ts';
import type { Turn } from '../../helpers/dialogue-turns.ts';
import { describeHostile } from '../../helpers/hostile.ts';

const hello: readonly Turn[] = ['* OK hi\r\n', line];
const offer: readonly Turn[] = [...hello, '* CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK\r\n', line];

describeHostile('imap', [
  { what: 'silence', turns: [], code: 'timeout' },
  { what: 'a greeting of one byte a time', turns: [{ drip: '* OK '.repeat(100), everyMs: 5 }], code: 'timeout' },
  { what: 'a greeting of gigabytes', turns: [{ flood: '* OK ' }], code: 'protocol-error', timeoutMs: 3000 },
  { what: 'a hang-up before a word', turns: [close], code: 'reset' },
  { what: 'half a greeting and a reset', turns: ['* O', reset], code: 'reset' },
  { what: 'the greeting of SMTP', turns: ['220 mx ESMTP\r\n'], code: 'protocol-error', says: '220 mx ESMTP' },
  { what: 'a greeting that is no greeting', turns: ['* NO hm\r\n'], code: 'protocol-error' },
  { what: 'a greeting of "* OKAY"', turns: ['* OKAY\r\n'], code: 'protocol-error' },
  { what: 'a greeting of BYE', turns: ['* BYE [UNAVAILABLE] later\r\n'], code: 'temporarily-refused', says: 'later' },
  { what: 'a forged PREAUTH', turns: ['* PREAUTH [CAPABILITY IMAP4rev1] hi\r\n'], code: 'tls-not-offered' },
  { what: 'a literal of gigabytes', turns: ['* OK {4294967295}\r\n'], code: 'protocol-error', says: '4294967295' },
  { what: 'literals without end', turns: [{ flood: '* OK {1}\r\nx{1}\r\n' }], code: 'protocol-error', timeoutMs: 3000 },
  { what: 'a literal that never comes', turns: ['* OK {12}\r\nx'], code: 'timeout' },
  { what: 'silence after the greeting', turns: hello, code: 'timeout' },
  {
    what: 'endless untagged lines',
    turns: [...hello, { flood: '* OK x\r\n' }],
    code: 'protocol-error',
    timeoutMs: 3000,
  },
  {
    what: 'untagged lines, one byte a time',
    turns: [...hello, { drip: '* OK\r\n'.repeat(80), everyMs: 4 }],
    code: 'timeout',
  },
  { what: 'a request to go on', turns: [...hello, '+ go on\r\n'], code: 'protocol-error', says: '+ go on' },
  { what: 'the answer to another tag', turns: [...hello, 'a9 OK\r\n'], code: 'protocol-error' },
  { what: 'a tag that only begins like ours', turns: [...hello, 'a11 OK\r\n'], code: 'protocol-error' },
  { what: 'BAD to CAPABILITY', turns: [...hello, 'a1 BAD what\r\n'], code: 'tls-not-offered' },
  { what: 'NO for now to CAPABILITY', turns: [...hello, 'a1 NO [INUSE] later\r\n'], code: 'temporarily-refused' },
  { what: 'BYE to CAPABILITY', turns: [...hello, '* BYE\r\n', close], code: 'temporarily-refused' },
  {
    what: 'words that only look like STARTTLS',
    turns: [...hello, '* CAPABILITY XSTARTTLS STARTTLS2 AUTH=STARTTLS\r\n* OK STARTTLS\r\na1 OK STARTTLS\r\n'],
    code: 'tls-not-offered',
  },
  {
    what: 'STARTTLS in the greeting and taken back later',
    turns: ['* OK [CAPABILITY STARTTLS] hi\r\n', line, '* CAPABILITY IMAP4rev1 LOGINDISABLED\r\na1 OK\r\n'],
    code: 'tls-not-offered',
  },
  {
    what: 'STARTTLS within a literal',
    turns: [...hello, '* ID {23}\r\n* CAPABILITY STARTTLS\r\n\r\na1 OK\r\n'],
    code: 'tls-not-offered',
  },
  { what: 'NO to STARTTLS', turns: [...offer, 'a2 NO never\r\n'], code: 'tls-not-offered', says: 'never' },
  { what: 'NO for now to STARTTLS', turns: [...offer, 'a2 NO [unavailable] later\r\n'], code: 'temporarily-refused' },
  { what: 'BAD to STARTTLS', turns: [...offer, 'a2 BAD what\r\n'], code: 'tls-not-offered' },
  { what: 'BYE to STARTTLS', turns: [...offer, '* BYE idle\r\n', close], code: 'temporarily-refused' },
  { what: 'the old answer again', turns: [...offer, 'a1 OK\r\n'], code: 'protocol-error' },
  { what: 'silence after STARTTLS', turns: offer, code: 'timeout' },
  { what: 'a reset after STARTTLS', turns: [...offer, reset], code: 'reset' },
  {
    what: 'a forged session with the go-ahead',
    turns: [...offer, 'a2 OK\r\n* PREAUTH hi\r\n'],
    code: 'plaintext-injection',
  },
  { what: 'one byte with the go-ahead', turns: [...offer, 'a2 OK\r\n*'], code: 'plaintext-injection' },
  { what: 'a hang-up with the go-ahead', turns: [...offer, 'a2 OK\r\n', close], code: 'reset' },
  { what: 'TLS before the go-ahead', turns: [...offer, hex('16 03 03 00 02 02 28 0a')], code: 'protocol-error' },
]);
