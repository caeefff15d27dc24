/** What the pictures show. Each is a page; the story that it comes from is played for real. */
import type { Observation } from '../../src/core/observation.ts';
import {
  certificate,
  DAY_MS,
  HOUR_MS,
  inDays,
  intermediate,
  NOW,
  observation,
  readAddress,
  root,
  servingLeaf,
  untrustedAddress,
} from '../helpers/builders.ts';
import { drawMessage, html } from './draw.ts';
import type { DrawnMessage } from './draw.ts';
import { setPreviewStage } from './stage.ts';
import type { PreviewStage } from './stage.ts';

export interface Scene {
  /** Of the page and of the picture. */
  readonly name: string;
  readonly body: string;
}

const typed = (line: string): string => `<div class="typed">/certmon ${html(line)}</div>`;
const under = (head: DrawnMessage, replies: readonly DrawnMessage[]): string =>
  `${drawMessage(head)}<div class="thread">${replies.map(drawMessage).join('\n')}</div>`;

const issuer = { issuer: "CN=R11, O=Let's Encrypt, C=US" };
const between = intermediate({
  subject: issuer.issuer,
  issuer: 'CN=ISRG Root X1, O=Internet Security Research Group, C=US',
});
const anchor = root({ subject: between.issuer, issuer: between.issuer });

function leafOf(host: string, daysLeft: number, more: Parameters<typeof certificate>[0] = {}) {
  return certificate({
    subject: `CN=${host}`,
    ...issuer,
    notBefore: inDays(daysLeft - 90),
    notAfter: inDays(daysLeft),
    subjectAltNames: [{ type: 'dns', value: host }],
    ...more,
  });
}

const serving =
  (leaf: ReturnType<typeof leafOf>, ...addresses: readonly string[]) =>
  (): Observation =>
    observation({
      addresses: addresses.map((address) =>
        servingLeaf(leaf, { address, chain: [leaf, between], path: [leaf, between, anchor] }),
      ),
    });

/** A renewal that nobody did: warned of, critical, taken, silenced, renewed. */
async function heads(stage: PreviewStage): Promise<Scene[]> {
  stage.serve('mail.example.com', serving(leafOf('mail.example.com', 2.6), '192.0.2.10', '192.0.2.11'));
  await stage.say('add mail.example.com smtp --tag env:prod');
  await stage.pass(HOUR_MS);
  const critical = stage.head(1);
  await stage.say('ack #1', 'Ben');
  await stage.pass(HOUR_MS);
  const acknowledged = stage.head(1);
  await stage.say('unack #1', 'Ben');
  await stage.say('snooze #1 1d', 'Ann');
  await stage.pass(HOUR_MS);
  const snoozed = stage.head(1);
  await stage.say('unsnooze #1', 'Ann');
  stage.serve('mail.example.com', serving(leafOf('mail.example.com', 89), '192.0.2.10', '192.0.2.11'));
  await stage.pass(DAY_MS);
  return [
    { name: 'alert-critical', body: drawMessage(critical) },
    { name: 'alert-acknowledged', body: drawMessage(acknowledged) },
    { name: 'alert-snoozed', body: drawMessage(snoozed) },
    { name: 'alert-resolved', body: drawMessage(stage.head(1)) },
  ];
}

async function thread(stage: PreviewStage): Promise<Scene[]> {
  const leaf = leafOf('shop.example.com', 71);
  const pem = `-----BEGIN CERTIFICATE-----\n${Array.from({ length: 9 }, (_, line) => 'MIIFBjCCAu6gAwIBAgIRAIp9PhPWLzDvI4a9KQdrNPgwDQYJKoZIhvcNAQEL'.slice(line % 5).padEnd(64, 'Q')).join('\n')}\n-----END CERTIFICATE-----\n`;
  stage.serve('shop.example.com', () =>
    observation({
      addresses: [
        untrustedAddress('UNABLE_TO_VERIFY_LEAF_SIGNATURE', [leaf], {
          address: '198.51.100.7',
          missing: [{ certificate: between, pem }],
        }),
        readAddress({ address: '198.51.100.8', chain: [leaf, between], path: [leaf, between, anchor] }),
      ],
    }),
  );
  await stage.say('add shop.example.com https');
  await stage.pass(HOUR_MS);
  await stage.say('ack #2', 'Ben');
  await stage.pass(HOUR_MS);
  return [{ name: 'thread', body: under(stage.head(2), stage.thread(2)) }];
}

async function answers(stage: PreviewStage): Promise<Scene[]> {
  stage.serve('ldap.example.com', serving(leafOf('ldap.example.com', 63), '192.0.2.30'));
  const line = 'add ldap.example.com ldaps --tag env:prod';
  const add = await stage.say(line);
  for (const [host, daysLeft] of [
    ['db.example.com', 44],
    ['vpn.example.com', 21],
    ['imap.example.com', 80],
  ] as const) {
    stage.serve(host, serving(leafOf(host, daysLeft), '192.0.2.40'));
    await stage.say(
      `add ${host} ${host.startsWith('imap') ? 'imaps' : host.startsWith('db') ? 'postgresql' : 'https'}`,
    );
  }
  return [
    { name: 'add', body: typed(line) + drawMessage(add) },
    { name: 'list', body: typed('list') + drawMessage(await stage.say('list')) },
    { name: 'help', body: typed('help') + drawMessage(await stage.say('help')) },
  ];
}

export async function playScenes(): Promise<Scene[]> {
  const stage = await setPreviewStage(NOW);
  try {
    return [...(await heads(stage)), ...(await thread(stage)), ...(await answers(stage))];
  } finally {
    await stage.close();
  }
}
