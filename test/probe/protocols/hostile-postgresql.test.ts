import { close, hex, postgresError, reset, sslRequest } from '../../helpers/dialogue-turns.ts';
import { describeHostile } from '../../helpers/hostile.ts';

const asked = sslRequest;

describeHostile('postgresql', [
  { what: 'silence', turns: [], code: 'timeout' },
  { what: 'a hang-up before a word', turns: [close], code: 'reset' },
  { what: 'a hang-up for an answer', turns: [asked, close], code: 'reset' },
  { what: 'a reset for an answer', turns: [asked, reset], code: 'reset' },
  { what: 'N', turns: [asked, 'N'], code: 'tls-not-offered' },
  { what: 'N and more', turns: [asked, 'NNNN'], code: 'tls-not-offered' },
  { what: 'a small s', turns: [asked, 's'], code: 'protocol-error' },
  { what: 'G, which answers another request', turns: [asked, 'G'], code: 'protocol-error' },
  { what: 'text', turns: [asked, 'HTTP/1.1 400 Bad Request\r\n'], code: 'protocol-error' },
  { what: 'a NUL', turns: [asked, '\0'], code: 'protocol-error' },
  {
    what: 'an error',
    turns: [asked, postgresError('28000', 'no pg_hba.conf entry')],
    code: 'tls-not-offered',
    says: 'no pg_hba.conf entry',
  },
  {
    what: 'too many clients',
    turns: [asked, postgresError('53300', 'sorry')],
    code: 'temporarily-refused',
    says: 'sorry',
  },
  { what: 'a start-up', turns: [asked, postgresError('57P03', 'starting up')], code: 'temporarily-refused' },
  { what: 'a shutdown', turns: [asked, postgresError('57P01', 'terminating')], code: 'temporarily-refused' },
  { what: 'an error without fields', turns: [asked, hex('45 00 00 00 05 00')], code: 'tls-not-offered' },
  { what: 'an error without room', turns: [asked, hex('45 00 00 00 04')], code: 'protocol-error' },
  { what: 'an error of length 0', turns: [asked, hex('45 00 00 00 00')], code: 'protocol-error' },
  { what: 'an error that breaks off', turns: [asked, hex('45 00 00 00 20 53'), close], code: 'reset' },
  {
    what: 'an error of one byte a time',
    turns: [asked, { drip: postgresError('28000', 'x'.repeat(60)), everyMs: 10 }],
    code: 'timeout',
  },
  {
    what: 'an error with terminal escapes',
    turns: [asked, postgresError('28000', '\u001b[31m')],
    code: 'tls-not-offered',
    says: '<U+001B>[31m',
  },
  {
    what: 'the error of old',
    turns: [asked, 'EFATAL:  unsupported frontend protocol\n\0', close],
    code: 'tls-not-offered',
    says: 'unsupported frontend',
  },
  {
    what: 'no process to spare',
    turns: [asked, 'Ecould not fork new process for connection: no memory\n\0', close],
    code: 'temporarily-refused',
    says: 'could not fork',
  },
  {
    what: 'an error of old without an end',
    turns: [asked, 'E', { flood: 'x' }],
    code: 'temporarily-refused',
    timeoutMs: 3000,
  },
  {
    what: 'an error of gigabytes',
    turns: [asked, hex('45 7f ff ff ff'), { flood: '\0' }],
    code: 'temporarily-refused',
  },
  { what: 'one byte with the S', turns: [asked, 'SS'], code: 'plaintext-injection' },
  {
    what: 'a session with the S',
    turns: [asked, Buffer.concat([Buffer.from('S'), hex('52 00 00 00 08 00 00 00 00')])],
    code: 'plaintext-injection',
  },
  { what: 'gigabytes with the S', turns: [asked, 'S', { flood: 'x' }], code: 'plaintext-injection' },
  { what: 'a hang-up with the S', turns: [asked, 'S', close], code: 'reset' },
  { what: 'silence in the place of TLS', turns: [asked, 'S'], code: 'timeout' },
]);
