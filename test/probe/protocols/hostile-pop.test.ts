import { close, hex, line, reset } from '../../helpers/dialogue-turns.ts';
import type { Turn } from '../../helpers/dialogue-turns.ts';
import { describeHostile } from '../../helpers/hostile.ts';

const hello: readonly Turn[] = ['+OK <1@x>\r\n', line];
const offer: readonly Turn[] = [...hello, '+OK\r\nSTLS\r\n.\r\n', line];

describeHostile('pop', [
  { what: 'silence', turns: [], code: 'timeout' },
  { what: 'a greeting of one byte a time', turns: [{ drip: '+OK '.repeat(100), everyMs: 5 }], code: 'timeout' },
  { what: 'a greeting of gigabytes', turns: [{ flood: '+OK ' }], code: 'protocol-error', timeoutMs: 3000 },
  { what: 'a hang-up before a word', turns: [close], code: 'reset' },
  { what: 'half a greeting and a reset', turns: ['+O', reset], code: 'reset' },
  { what: 'the greeting of IMAP', turns: ['* OK hi\r\n'], code: 'protocol-error', says: '* OK hi' },
  { what: 'a greeting of "+OKAY"', turns: ['+OKAY\r\n'], code: 'protocol-error' },
  { what: '-ERR at once', turns: ['-ERR no\r\n', close], code: 'protocol-error', says: '-ERR no' },
  { what: '-ERR for now', turns: ['-ERR [IN-USE] later\r\n'], code: 'temporarily-refused', says: 'later' },
  { what: '-ERR because of a delay', turns: ['-err [login-delay] later\r\n'], code: 'temporarily-refused' },
  { what: '-ERR for ever', turns: ['-ERR [SYS/PERM] gone\r\n'], code: 'protocol-error' },
  { what: 'silence after the greeting', turns: hello, code: 'timeout' },
  { what: 'garbage to CAPA', turns: [...hello, hex('00 ff fe 0d 0a')], code: 'protocol-error' },
  {
    what: 'a list without an end',
    turns: [...hello, { flood: '+OK\r\nSTLS\r\n' }],
    code: 'protocol-error',
    timeoutMs: 3000,
  },
  {
    what: 'a list of one byte a time',
    turns: [...hello, '+OK\r\n', { drip: 'SASL\r\n'.repeat(80), everyMs: 4 }],
    code: 'timeout',
  },
  { what: 'a list that breaks off', turns: [...hello, '+OK\r\nSTLS\r\n', close], code: 'reset' },
  { what: 'a list that ends with two dots', turns: [...hello, '+OK\r\nSTLS\r\n..\r\n'], code: 'timeout' },
  {
    what: 'words that only look like STLS',
    turns: [...hello, '+OK\r\nXSTLS\r\nSTLS2\r\nSASL STLS\r\nST\u0000LS\r\n STLS\r\n.\r\n'],
    code: 'tls-not-offered',
  },
  { what: 'no list and no STLS', turns: [...hello, '-ERR ?\r\n', line, '-ERR ?\r\n'], code: 'tls-not-offered' },
  { what: '-ERR to STLS', turns: [...offer, '-ERR never\r\n'], code: 'tls-not-offered', says: 'never' },
  { what: '-ERR for now to STLS', turns: [...offer, '-ERR [SYS/TEMP] later\r\n'], code: 'temporarily-refused' },
  { what: 'garbage to STLS', turns: [...offer, 'go\r\n'], code: 'protocol-error' },
  { what: 'silence after STLS', turns: offer, code: 'timeout' },
  { what: 'a reset after STLS', turns: [...offer, reset], code: 'reset' },
  { what: 'a session with the go-ahead', turns: [...offer, '+OK\r\n+OK logged in\r\n'], code: 'plaintext-injection' },
  { what: 'one byte with the go-ahead', turns: [...offer, '+OK\r\n+'], code: 'plaintext-injection' },
  { what: 'a hang-up with the go-ahead', turns: [...offer, '+OK\r\n', close], code: 'reset' },
]);
