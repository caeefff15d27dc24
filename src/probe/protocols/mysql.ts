/**
 * MySQL and MariaDB, port 3306: the server's handshake packet, then our SSLRequest (MySQL's manual, "Connection Phase:
 * SSL Handshake"). TLS comes before authentication, so neither user nor plug-in matters.
 *
 *   S: packet 0: protocol 10, version, capabilities     C: packet 1: SSLRequest, 32 bytes       then ClientHello
 *
 * Limit: servers count connections that end before login, and may block a host after `max_connect_errors` of them.
 */
import type { Plaintext } from '../plaintext.ts';
import { protocolError, temporarilyRefused, tlsNotOffered } from './dialogue.ts';
import type { Dialogue } from './dialogue.ts';

/** Capability flags (MySQL's manual, "Capabilities Flags"). */
const CLIENT_PROTOCOL_41 = 0x0200;
const CLIENT_SSL = 0x0800;
const CLIENT_SECURE_CONNECTION = 0x8000;

const ERROR_PACKET = 0xff;
/**
 * Errors that pass (MySQL's server error message reference): ER_CON_COUNT_ERROR, ER_OUT_OF_RESOURCES, ER_SERVER_SHUTDOWN,
 * ER_HOST_IS_BLOCKED, ER_CANT_CREATE_THREAD, ER_TOO_MANY_USER_CONNECTIONS, ER_SERVER_OFFLINE_MODE.
 */
const TEMPORARY_ERRORS: ReadonlySet<number> = new Set([1040, 1041, 1053, 1129, 1135, 1203, 3032]);
/** A frame of the X protocol, port 33060, read as a packet: `Notice`, type 11 (MySQL's manual, "X Protocol"). */
const X_PROTOCOL_NOTICE = 11;

export const mysql: Dialogue = async (peer) => {
  const handshake = await readPacket(peer);
  if (handshake[0] === ERROR_PACKET) throw refusal(handshake);
  if (handshake[0] === 9) throw tlsNotOffered('the server speaks a MySQL protocol older than TLS (version 9)');
  if (handshake[0] === X_PROTOCOL_NOTICE && handshake.length < 32) {
    throw protocolError("the server speaks MySQL's X protocol on this port, not the classic one");
  }
  if (handshake[0] !== 10) throw protocolError('the server did not greet as MySQL');
  const capabilities = readCapabilities(handshake);
  if ((capabilities & CLIENT_SSL) === 0) throw tlsNotOffered('the server does not offer TLS');

  const request = Buffer.alloc(4 + 32);
  request.writeUIntLE(32, 0, 3);
  request.writeUInt8(1, 3);
  request.writeUInt32LE(CLIENT_SSL | CLIENT_SECURE_CONNECTION | (capabilities & CLIENT_PROTOCOL_41), 4);
  request.writeUInt32LE(0x01000000, 8);
  // utf8mb4_general_ci.
  request.writeUInt8(45, 12);
  await peer.write(request);
};

async function readPacket(peer: Plaintext): Promise<Buffer> {
  const header = await peer.readBytes(4);
  const length = header.readUIntLE(0, 3);
  if (length === 0 || header[3] !== 0) throw protocolError('the server did not greet as MySQL');
  return peer.readBytes(length);
}

/** The lower half of the capability flags: after the version's NUL, four bytes of thread id, eight of salt and a filler. */
function readCapabilities(handshake: Buffer): number {
  const versionEnd = handshake.indexOf(0, 1);
  const at = versionEnd + 1 + 4 + 8 + 1;
  if (versionEnd === -1 || at + 2 > handshake.length) throw protocolError("the server's greeting ends early");
  return handshake.readUInt16LE(at);
}

function refusal(packet: Buffer): Error {
  if (packet.length < 3) return protocolError('the server did not greet as MySQL');
  const code = packet.readUInt16LE(1);
  // Some send the SQL state too, though they cannot know yet whether we would understand it.
  const text = packet.toString('utf8', 3).replace(/^#[0-9A-Z]{5}/, '');
  const said = `error ${code}: ${text}`;
  return TEMPORARY_ERRORS.has(code)
    ? temporarilyRefused('the server does not take connections from us at the moment', said)
    : protocolError('the server does not take connections from us', said);
}
