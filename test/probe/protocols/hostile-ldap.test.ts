import { close, hex, ldapName, ldapRequest, ldapResult, reset } from '../../helpers/dialogue-turns.ts';
import { describeHostile } from '../../helpers/hostile.ts';

const asked = ldapRequest;
const notice = ldapName('1.3.6.1.4.1.1466.20036');
const unknown = ldapName('1.3.6.1.4.1.99999.1');

describeHostile('ldap', [
  { what: 'silence', turns: [], code: 'timeout' },
  { what: 'a hang-up before a word', turns: [close], code: 'reset' },
  { what: 'a reset for an answer', turns: [asked, reset], code: 'reset' },
  {
    what: 'an answer of one byte a time',
    turns: [asked, { drip: hex('30 84 00 00 00 28'.concat('00'.repeat(40))), everyMs: 15 }],
    code: 'timeout',
  },
  { what: 'half an answer', turns: [asked, ldapResult(0).subarray(0, 5), close], code: 'reset' },
  { what: 'a length of gigabytes', turns: [asked, hex('30 84 ff ff ff ff'), { flood: '\0' }], code: 'protocol-error' },
  {
    what: 'a length at the limit, and more than that',
    turns: [asked, hex('30 83 01 00 00'), { flood: '\0' }],
    code: 'protocol-error',
    timeoutMs: 3000,
  },
  { what: 'a length of five octets', turns: [asked, hex('30 85 00 00 00 00 0c')], code: 'protocol-error' },
  { what: 'an indefinite length', turns: [asked, hex('30 80 02 01 01 00 00')], code: 'protocol-error' },
  { what: 'an empty message', turns: [asked, hex('30 00')], code: 'protocol-error' },
  { what: 'an element longer than the message', turns: [asked, hex('30 05 02 7f 01 78 00')], code: 'protocol-error' },
  { what: 'a number without octets', turns: [asked, hex('30 04 02 00 78 00')], code: 'protocol-error' },
  {
    what: 'a negative number',
    turns: [asked, hex('30 0c 02 01 ff 78 07 0a 01 00 04 00 04 00')],
    code: 'protocol-error',
  },
  { what: 'a high tag number', turns: [asked, hex('3f 81 01 00')], code: 'protocol-error' },
  { what: 'a bind response', turns: [asked, hex('30 0c 02 01 01 61 07 0a 01 00 04 00 04 00')], code: 'protocol-error' },
  { what: 'the answer to another request', turns: [asked, ldapResult(0, Buffer.alloc(0), 7)], code: 'protocol-error' },
  { what: 'text', turns: [asked, 'HTTP/1.1 400 Bad Request\r\n\r\n'], code: 'protocol-error' },
  { what: 'operationsError', turns: [asked, ldapResult(1)], code: 'tls-not-offered', says: 'result code 1' },
  { what: 'protocolError', turns: [asked, ldapResult(2)], code: 'tls-not-offered', says: 'result code 2' },
  { what: 'busy', turns: [asked, ldapResult(51)], code: 'temporarily-refused' },
  { what: 'unavailable', turns: [asked, ldapResult(52)], code: 'temporarily-refused' },
  { what: 'unwillingToPerform', turns: [asked, ldapResult(53)], code: 'tls-not-offered', says: 'result code 53' },
  {
    what: 'a referral with a trap in it',
    turns: [asked, ldapResult(10, Buffer.concat([hex('a3 0c 04 0a'), Buffer.from('ldap://\u001b[m')]))],
    code: 'tls-not-offered',
    says: 'ldap://<U+001B>[m',
  },
  { what: 'a referral that is cut', turns: [asked, ldapResult(10, hex('a3 04 04 7f 41 41'))], code: 'protocol-error' },
  { what: 'a notice of disconnection', turns: [asked, ldapResult(52, notice, 0), close], code: 'temporarily-refused' },
  { what: 'a notice that blames us', turns: [asked, ldapResult(2, notice, 0), close], code: 'protocol-error' },
  { what: 'success as a notice', turns: [asked, ldapResult(0, notice, 0)], code: 'temporarily-refused' },
  {
    what: 'unknown notifications for ever',
    turns: [asked, { flood: ldapResult(0, unknown, 0) }],
    code: 'protocol-error',
    timeoutMs: 3000,
  },
  { what: 'one unknown notification and silence', turns: [asked, ldapResult(0, unknown, 0)], code: 'timeout' },
  {
    what: 'an answer with the go-ahead',
    turns: [asked, Buffer.concat([ldapResult(0), ldapResult(0)])],
    code: 'plaintext-injection',
  },
  {
    what: 'one byte with the go-ahead',
    turns: [asked, Buffer.concat([ldapResult(0), Buffer.from('0')])],
    code: 'plaintext-injection',
  },
  { what: 'a hang-up with the go-ahead', turns: [asked, ldapResult(0), close], code: 'reset' },
]);
