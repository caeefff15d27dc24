/** Small servers with certificates of our own making: what the demo watches, and what tests probe. */
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { TLSSocket, createSecureContext, createServer } from 'node:tls';
import type { SecureContext, SecureContextOptions, SecureVersion, TlsOptions } from 'node:tls';

export interface ServerCertificate {
  /** Sent exactly as it stands here, leaf first. */
  readonly chainPem: string;
  readonly keyPem: string;
}

export interface ServerOptions extends ServerCertificate {
  /** Any free port if absent. */
  readonly port?: number;
  /** `127.0.0.1` if absent. */
  readonly host?: string;
  readonly minVersion?: SecureVersion;
  readonly maxVersion?: SecureVersion;
  readonly ciphers?: string;
  /** For the key exchange, by OpenSSL's names; a client that offers another first is asked again. */
  readonly curves?: string;
  /** Handshakes without a client certificate from this CA fail. */
  readonly clientCaPem?: string;
  /** Protocols to choose from by ALPN; a client that names none of them is refused. */
  readonly alpn?: readonly string[];
  /** The OCSP response that is stapled where a client asks for one. */
  readonly staple?: Buffer;
}

export interface DemoServer {
  readonly port: number;
  /** For connections from now on: a renewal. */
  replaceCertificate(certificate: ServerCertificate): void;
  /** Goes down as a service does: open connections end, new ones are refused. */
  stop(): Promise<void>;
  /** After `stop`: on the same port again. */
  restart(): Promise<void>;
  /** Ends open connections too. */
  close(): Promise<void>;
}

/** TLS at once; it says nothing afterwards. */
export async function startTlsServer(options: ServerOptions): Promise<DemoServer> {
  const settings: TlsOptions = { ...contextOptions(options, options) };
  if (options.clientCaPem !== undefined) Object.assign(settings, { requestCert: true, rejectUnauthorized: true });
  if (options.alpn !== undefined) settings.ALPNProtocols = [...options.alpn];
  const server = createServer(settings, (socket) => {
    socket.on('error', ignore);
    socket.resume();
  });
  server.on('tlsClientError', ignore);
  const { staple } = options;
  if (staple !== undefined) {
    server.on('OCSPRequest', (_certificate, _issuer, answer: (error: Error | null, response: Buffer) => void) =>
      answer(null, staple),
    );
  }
  return serve(server, options, (certificate) => server.setSecureContext(contextOptions(options, certificate)));
}

/** SMTP with STARTTLS (RFC 5321, RFC 3207): greets, starts TLS, and takes no mail. */
export async function startSmtpServer(options: ServerOptions): Promise<DemoServer> {
  let context = createSecureContext(contextOptions(options, options));
  const server = createTcpServer((socket) => {
    socket.on('error', ignore);
    socket.write('220 mail.example.com ESMTP certmon demo\r\n');
    converse(socket, () => upgrade(socket, context, options.clientCaPem !== undefined));
  });
  return serve(server, options, (certificate) => {
    context = createSecureContext(contextOptions(options, certificate));
  });
}

/** A peer's failed handshake or lost connection is no concern of a server that only shows its certificate. */
function ignore(): void {
  return undefined;
}

function contextOptions(options: ServerOptions, certificate: ServerCertificate): SecureContextOptions {
  return {
    cert: certificate.chainPem,
    key: certificate.keyPem,
    ...(options.clientCaPem === undefined ? {} : { ca: options.clientCaPem }),
    ...(options.minVersion === undefined ? {} : { minVersion: options.minVersion }),
    ...(options.maxVersion === undefined ? {} : { maxVersion: options.maxVersion }),
    ...(options.curves === undefined ? {} : { ecdhCurve: options.curves }),
    ...(options.ciphers === undefined ? {} : { ciphers: options.ciphers }),
  };
}

function upgrade(socket: Socket, secureContext: SecureContext, demandsCertificate: boolean): void {
  const secured = new TLSSocket(socket, {
    isServer: true,
    secureContext,
    requestCert: demandsCertificate,
    rejectUnauthorized: demandsCertificate,
  });
  secured.on('error', ignore);
  converse(secured, undefined);
}

/** Longer lines end the connection (RFC 5321, 4.5.3.1.4). */
const MAX_LINE = 512;

/** `startTls` is absent where TLS stands already. */
function converse(socket: Socket, startTls: (() => void) | undefined): void {
  let text = '';
  const onData = (chunk: Buffer): void => {
    text += chunk.toString('latin1');
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n')) {
      const command = text.slice(0, end).trim().toUpperCase();
      text = text.slice(end + 1);
      if (command === 'STARTTLS' && startTls !== undefined) {
        socket.off('data', onData);
        socket.write('220 2.0.0 Ready to start TLS\r\n');
        startTls();
        return;
      }
      socket.write(answer(command, startTls !== undefined));
      if (command === 'QUIT') socket.end();
    }
    if (text.length > MAX_LINE) socket.destroy();
  };
  socket.on('data', onData);
}

function answer(command: string, offersTls: boolean): string {
  switch (command.split(' ')[0]) {
    case 'EHLO':
      return `250-mail.example.com\r\n250-PIPELINING\r\n${offersTls ? '250-STARTTLS\r\n' : ''}250 8BITMIME\r\n`;
    case 'HELO':
      return '250 mail.example.com\r\n';
    case 'NOOP':
    case 'RSET':
      return '250 2.0.0 OK\r\n';
    case 'QUIT':
      return '221 2.0.0 Bye\r\n';
    case 'MAIL':
    case 'RCPT':
    case 'DATA':
      return '550 5.7.1 This server takes no mail\r\n';
    default:
      return '502 5.5.2 Command not recognized\r\n';
  }
}

async function serve(
  server: Server,
  options: ServerOptions,
  replaceCertificate: (certificate: ServerCertificate) => void,
): Promise<DemoServer> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket)).on('error', ignore);
  });
  const host = options.host ?? '127.0.0.1';
  await listen(server, options.port ?? 0, host);
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of open) socket.destroy();
    await closed;
  };
  return { port, replaceCertificate, stop, restart: () => listen(server, port, host), close: stop };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
