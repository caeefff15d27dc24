import {
  close,
  hex,
  mysqlError,
  mysqlGreeting,
  mysqlPacket,
  mysqlSslRequest,
  reset,
} from '../../helpers/dialogue-turns.ts';
import { describeHostile } from '../../helpers/hostile.ts';

const hello = mysqlGreeting(0xffff);

describeHostile('mysql', [
  { what: 'silence', turns: [], code: 'timeout' },
  { what: 'a greeting of one byte a time', turns: [{ drip: hello, everyMs: 20 }], code: 'timeout' },
  { what: 'a hang-up before a word', turns: [close], code: 'reset' },
  { what: 'half a header and a reset', turns: [hello.subarray(0, 3), reset], code: 'reset' },
  { what: 'half a greeting and a hang-up', turns: [hello.subarray(0, 20), close], code: 'reset' },
  {
    what: 'a packet of 16 MiB',
    turns: [hex('ff ff ff 00 0a'), { flood: 'x' }],
    code: 'protocol-error',
    says: '16777215',
  },
  { what: 'an empty packet', turns: [hex('00 00 00 00')], code: 'protocol-error' },
  { what: 'a packet that is not the first', turns: [mysqlPacket(hello.subarray(4), 3)], code: 'protocol-error' },
  {
    what: 'a version without an end',
    turns: [mysqlPacket(Buffer.concat([Buffer.from([10]), Buffer.alloc(900, 0x38)]))],
    code: 'protocol-error',
  },
  { what: 'a greeting that ends in the salt', turns: [mysqlPacket(hello.subarray(4, 20))], code: 'protocol-error' },
  {
    what: 'a greeting that ends within the flags',
    turns: [mysqlPacket(hello.subarray(4, 25))],
    code: 'protocol-error',
  },
  { what: 'protocol 9', turns: [mysqlPacket(Buffer.from('\u00093.20.1\0....salt\0'))], code: 'tls-not-offered' },
  {
    what: 'protocol 11 and a greeting after it',
    turns: [mysqlPacket(Buffer.concat([Buffer.from([12]), hello.subarray(5)]))],
    code: 'protocol-error',
  },
  { what: 'the X protocol', turns: [hex('05 00 00 00 0b 08 05 1a 00')], code: 'protocol-error', says: 'X protocol' },
  { what: 'the greeting of SSH', turns: ['SSH-2.0-OpenSSH_9.6\r\n'], code: 'protocol-error' },
  { what: 'no CLIENT_SSL', turns: [mysqlGreeting(0xf7ff)], code: 'tls-not-offered' },
  { what: 'no capabilities at all', turns: [mysqlGreeting(0, '5.5.5-10.11.6-MariaDB')], code: 'tls-not-offered' },
  {
    what: 'a blocked host',
    turns: [mysqlError(1129, "Host '192.0.2.1' is blocked"), close],
    code: 'temporarily-refused',
    says: 'is blocked',
  },
  {
    what: 'a host that is not allowed',
    turns: [mysqlError(1130, 'not allowed'), close],
    code: 'protocol-error',
    says: 'error 1130: not allowed',
  },
  {
    what: 'too many connections, with a state',
    turns: [mysqlError(1040, '#08004Too many')],
    code: 'temporarily-refused',
    says: 'error 1040: Too many',
  },
  { what: 'a shutdown', turns: [mysqlError(1053, 'Server shutdown in progress')], code: 'temporarily-refused' },
  { what: 'an error that nobody knows', turns: [mysqlError(4242, 'x')], code: 'protocol-error', says: 'error 4242' },
  { what: "MariaDB's progress", turns: [mysqlError(0xffff, '\u0001\u0001\u0001')], code: 'protocol-error' },
  { what: 'an error cut short', turns: [mysqlPacket(hex('ff 10'))], code: 'protocol-error' },
  {
    what: 'an error with terminal escapes',
    turns: [mysqlError(1130, '\u001b]0;evil\u0007')],
    code: 'protocol-error',
    says: '<U+001B>]0;evil<U+0007>',
  },
  {
    what: 'more than its greeting',
    turns: [Buffer.concat([hello, hello]), mysqlSslRequest],
    code: 'plaintext-injection',
  },
  {
    what: 'one byte more than its greeting',
    turns: [Buffer.concat([hello, Buffer.from([0])]), mysqlSslRequest],
    code: 'plaintext-injection',
  },
  { what: 'silence in the place of TLS', turns: [hello, mysqlSslRequest], code: 'timeout' },
  { what: 'a hang-up in the place of TLS', turns: [hello, mysqlSslRequest, close], code: 'reset' },
]);
