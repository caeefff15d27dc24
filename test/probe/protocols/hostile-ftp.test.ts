import { close, hex, line, reset } from '../../helpers/dialogue-turns.ts';
import type { Turn } from '../../helpers/dialogue-turns.ts';
import { describeHostile } from '../../helpers/hostile.ts';

const auth: readonly Turn[] = ['220 x\r\n', line];

describeHostile('ftp', [
  { what: 'silence', turns: [], code: 'timeout' },
  { what: 'a greeting of one byte a time', turns: [{ drip: '220-x\r\n'.repeat(60), everyMs: 5 }], code: 'timeout' },
  { what: 'a greeting of gigabytes', turns: [{ flood: '220-' }], code: 'protocol-error', timeoutMs: 3000 },
  {
    what: 'a banner without an end',
    turns: ['220-x\r\n', { flood: ' x\r\n' }],
    code: 'protocol-error',
    timeoutMs: 3000,
  },
  {
    what: '"ready in some minutes", for ever',
    turns: [{ flood: '120 soon\r\n' }],
    code: 'protocol-error',
    timeoutMs: 3000,
  },
  { what: 'a banner whose end has another code', turns: ['220-x\r\n221 x\r\n'], code: 'timeout' },
  { what: 'a hang-up before a word', turns: [close], code: 'reset' },
  { what: 'half a greeting and a reset', turns: ['220-x\r\n22', reset], code: 'reset' },
  { what: 'the greeting of SSH', turns: ['SSH-2.0-x\r\n'], code: 'protocol-error', says: 'SSH-2.0-x' },
  { what: 'a greeting of 421', turns: ['421 too many\r\n', close], code: 'temporarily-refused', says: 'too many' },
  { what: 'a greeting of 530', turns: ['530 no\r\n'], code: 'protocol-error' },
  { what: 'silence after the greeting', turns: auth, code: 'timeout' },
  { what: 'a reset for AUTH', turns: [...auth, reset], code: 'reset' },
  { what: '421 to AUTH', turns: [...auth, '421 idle\r\n', close], code: 'temporarily-refused' },
  { what: '431 to AUTH', turns: [...auth, '431 later\r\n'], code: 'temporarily-refused' },
  {
    what: '530 to each AUTH',
    turns: [...auth, '530 a\r\n', line, '530 b\r\n', line, '530 c\r\n'],
    code: 'tls-not-offered',
    says: '530 a',
  },
  {
    what: '534 to each AUTH',
    turns: [...auth, '534 a\r\n', line, '534 b\r\n', line, '534 c\r\n'],
    code: 'tls-not-offered',
  },
  { what: '421 to the second AUTH', turns: [...auth, '504 ?\r\n', line, '421 idle\r\n'], code: 'temporarily-refused' },
  {
    what: '431 to the third AUTH',
    turns: [...auth, '504 ?\r\n', line, '504 ?\r\n', line, '431 later\r\n'],
    code: 'temporarily-refused',
  },
  {
    what: 'a hang-up over the second AUTH',
    turns: [...auth, '500 ?\r\n', line, close],
    code: 'tls-not-offered',
    says: '500 ?',
  },
  {
    what: 'a reset over the third AUTH',
    turns: [...auth, '500 ?\r\n', line, '500 ?\r\n', line, reset],
    code: 'tls-not-offered',
  },
  { what: 'silence over the second AUTH', turns: [...auth, '500 ?\r\n', line], code: 'timeout' },
  {
    what: 'garbage over the second AUTH',
    turns: [...auth, '500 ?\r\n', line, hex('00 01 0d 0a')],
    code: 'protocol-error',
  },
  {
    what: 'an answer without an end',
    turns: [...auth, { flood: '234-x\r\n' }],
    code: 'protocol-error',
    timeoutMs: 3000,
  },
  { what: '234 that turns to 421', turns: [...auth, '234-go\r\n421 no\r\n', close], code: 'reset' },
  { what: 'a session with the go-ahead', turns: [...auth, '234 go\r\n230 logged in\r\n'], code: 'plaintext-injection' },
  { what: 'one byte with the go-ahead', turns: [...auth, '234 go\r\n2'], code: 'plaintext-injection' },
  { what: 'a hang-up with the go-ahead', turns: [...auth, '234 go\r\n', close], code: 'reset' },
]);
