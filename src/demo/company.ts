/** The servers of a small company, on this machine: what the demo watches. Certificates are made on the spot. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAuthority } from './authority.ts';
import type { Credential, Issuer } from './authority.ts';
import { startSmtpServer, startTlsServer } from './tls-servers.ts';
import type { DemoServer } from './tls-servers.ts';

const DAY_MS = 86_400_000;
const LIFETIME_DAYS = 90;
const LOOPBACK = '127.0.0.1';

export interface CompanyServer {
  readonly name: string;
  readonly protocol: 'https' | 'smtp' | 'tls';
  /** What the server is asked for, and judged by. */
  readonly serverName: string;
  readonly server: DemoServer;
}

export interface Company {
  /** The root that the company's machines trust. */
  readonly rootPem: string;
  readonly shop: CompanyServer;
  readonly wiki: CompanyServer;
  readonly intranet: CompanyServer;
  readonly api: CompanyServer;
  readonly payroll: CompanyServer;
  readonly mail: CompanyServer;
  /** A new certificate for the server, of 90 days from now. */
  renew(one: CompanyServer): Promise<void>;
  close(): Promise<void>;
}

export async function openCompany(): Promise<Company> {
  const root = await createAuthority('Example Company Root');
  const issuer = await root.issueIntermediate('Example Company Issuing CA');
  const issuerFile = await serveFile(issuer.der);
  const certify = (serverName: string, daysLeft = LIFETIME_DAYS - 1): Promise<Credential> =>
    leaf(issuer, issuerFile.url, serverName, daysLeft);

  const https = async (
    name: string,
    serverName: string,
    credential: Credential,
    chainPem = credential.chainPem,
  ): Promise<CompanyServer> => ({
    name,
    protocol: 'https',
    serverName,
    server: await startTlsServer({ chainPem, keyPem: credential.keyPem, host: LOOPBACK }),
  });
  const shop = await https('shop', 'shop.example.com', await certify('shop.example.com'));
  const wiki = await https('wiki', 'wiki.example.com', await certify('old-wiki.example.com'));
  const intranet = await https('intranet', 'intranet.example.com', await certify('intranet.example.com', 5.5));
  const apiCertificate = await certify('api.example.com');
  const api = await https('api', 'api.example.com', apiCertificate, apiCertificate.pem);
  const payroll = await https('payroll', 'payroll.example.com', await certify('payroll.example.com', -2.5));
  const mailCertificate = await certify('mail.example.com');
  const mail: CompanyServer = {
    name: 'mail',
    protocol: 'smtp',
    serverName: 'mail.example.com',
    server: await startSmtpServer({
      chainPem: mailCertificate.chainPem,
      keyPem: mailCertificate.keyPem,
      host: LOOPBACK,
    }),
  };

  return {
    rootPem: root.pem,
    shop,
    wiki,
    intranet,
    api,
    payroll,
    mail,
    async renew({ server, serverName }) {
      const { chainPem, keyPem } = await certify(serverName);
      server.replaceCertificate({ chainPem, keyPem });
    },
    async close() {
      await Promise.all([shop, wiki, intranet, api, payroll, mail].map((one) => one.server.close()));
      await issuerFile.close();
    },
  };
}

function leaf(issuer: Issuer, issuerUrl: string, serverName: string, daysLeft: number): Promise<Credential> {
  const notAfter = new Date(Date.now() + daysLeft * DAY_MS);
  return issuer.issueLeaf({
    dns: [serverName],
    notBefore: new Date(notAfter.getTime() - LIFETIME_DAYS * DAY_MS),
    notAfter,
    issuerUrl,
  });
}

/** Where the issuer's own certificate can be had (RFC 5280, 4.2.2.1): how a missing intermediate is found. */
async function serveFile(content: Buffer): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/pkix-cert' }).end(content);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, LOOPBACK, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${LOOPBACK}:${String(port)}/issuing-ca.cer`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
}
