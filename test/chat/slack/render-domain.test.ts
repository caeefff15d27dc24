/**
 * From what a peer serves and people write to what Slack is sent: whatever the certificates, names and numbers, within
 * Slack's limits, and with nothing in it that acts.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alertMessage } from '../../../src/chat/alert-message.ts';
import { seenMessage } from '../../../src/chat/commands/check-report.ts';
import type { Message } from '../../../src/chat/message.ts';
import { renderMessage, renderPlain, renderReply } from '../../../src/chat/slack/render.ts';
import { headAlert, threadAlert } from '../../../src/core/alert-text.ts';
import { assess } from '../../../src/core/assess.ts';
import type { Certificate } from '../../../src/core/certificate.ts';
import { chainDetails } from '../../../src/core/chain-details.ts';
import type { MentionTarget } from '../../../src/core/contact-group.ts';
import type { Monitor } from '../../../src/core/monitor.ts';
import type { Observation } from '../../../src/core/observation.ts';
import { blockKitProblems, wordsIn } from '../../helpers/block-kit.ts';
import {
  certificate,
  endpoint,
  failedAddress,
  fingerprintOf,
  inDays,
  incident,
  intermediate,
  member,
  monitor,
  NOW,
  observation,
  profile,
  readAddress,
  untrustedAddress,
} from '../../helpers/builders.ts';

const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom('<!channel>', '<!here>', '<@U1>', '<#C1|ops>', '<http://evil.test|bank>', '@here', '#general'),
      fc.constantFrom('*', '_', '~', '`', '```', '> ', ':bomb:', '&', '&lt;', '\\', '\n', '\r\n', '\t', '\u0000'),
      fc.constantFrom(
        '\u202e',
        '\u200f',
        '\u2066',
        '\u200b',
        '\ud800',
        '\udc00',
        'e\u0301\u0301\u0301\u0301\u0301',
        '👩‍👩‍👧',
      ),
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom('mail.example.com', 'O=Example', ', '),
    ),
    { maxLength: 20 },
  )
  .map((parts) => parts.join(''));
const long = fc
  .tuple(hostile, fc.integer({ min: 0, max: 3_000 }))
  .map(([text, count]) => text.repeat(Math.ceil(count / 20)).slice(0, 20_000));
const anyText = fc.oneof(hostile, long);
/** As long as DNS takes them. */
const host = fc
  .array(fc.string({ unit: fc.constantFrom('a', 'm', 'z', '0', '9', '-'), minLength: 1, maxLength: 63 }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((labels) => labels.join('.').slice(0, 253));
const names = fc.oneof(
  fc.array(host, { maxLength: 5 }),
  fc
    .tuple(host, fc.constantFrom(100, 10_000))
    .map(([name, count]) => Array.from({ length: count }, (_, index) => `h${String(index)}.${name}`.slice(0, 253))),
  fc.array(anyText, { maxLength: 5 }),
);

const anyCertificate: fc.Arbitrary<Certificate> = fc
  .record({
    subject: anyText,
    issuer: anyText,
    serialNumber: fc.oneof(fc.constant('01'), fc.constant('f'.repeat(40)), hostile),
    notAfter: fc.integer({ min: -4_000, max: 4_000 }).map(inDays),
    names,
    keyType: fc.oneof(fc.constant('rsa'), hostile),
    signatureAlgorithm: fc.oneof(fc.constant('sha1WithRSAEncryption'), hostile),
  })
  .map(({ names: values, ...fields }) =>
    certificate({ ...fields, subjectAltNames: values.map((value) => ({ type: 'dns', value })) }),
  );

const anyObservation: fc.Arbitrary<Observation> = fc
  .record({
    chain: fc.array(anyCertificate, { minLength: 1, maxLength: 12 }),
    reason: anyText,
    detail: anyText,
    cipher: hostile,
    pem: fc.oneof(fc.constant('-----BEGIN CERTIFICATE-----'), long),
    addresses: fc.integer({ min: 1, max: 32 }),
  })
  .map(({ chain, reason, detail, cipher, pem, addresses }) =>
    observation({
      addresses: [
        ...Array.from({ length: addresses }, (_, index) =>
          untrustedAddress('CERT_UNTRUSTED', chain, {
            address: `2001:db8::${index.toString(16)}`,
            cipher: index % 2 === 0 ? cipher : 'TLS_AES_256_GCM_SHA384',
            verdict: { trusted: false, code: 'CERT_UNTRUSTED', reason },
            missing: [{ certificate: intermediate(), pem }],
          }),
        ),
        readAddress({ address: '192.0.2.10' }),
        failedAddress({ detail, outcome: 'protocol-error' }),
      ],
    }),
  );

const anyMonitor: fc.Arbitrary<Monitor> = fc
  .record({
    name: fc.option(anyText, { nil: undefined }),
    host,
    daysLeft: fc.integer({ min: -9_999, max: 9_999 }),
    tags: fc.array(hostile, { maxLength: 50 }),
  })
  .map(({ host: at, ...fields }) => monitor({ ...fields, endpoint: endpoint({ host: at }) }));

const anyMentions: fc.Arbitrary<readonly MentionTarget[]> = fc.constantFrom(
  [],
  [
    { platform: 'slack', externalId: 'U0ANN', text: '@ann' },
    { platform: 'slack', externalId: 'S0CALL', text: '@oncall' },
    // Of no form that Slack has: text, and nothing that calls anybody.
    { platform: 'slack', externalId: '<!channel>', text: '<!channel>' },
  ],
);
const CALLED = ['U0ANN', 'S0CALL'];

interface Told {
  readonly monitor: Monitor;
  readonly others: number;
  readonly observation: Observation;
  readonly person: string;
  readonly mentions: readonly MentionTarget[];
}

const anyStory: fc.Arbitrary<Told> = fc.record({
  monitor: anyMonitor,
  others: fc.constantFrom(0, 3, 300),
  observation: anyObservation,
  person: anyText,
  mentions: anyMentions,
});

/** All that Slack is told of it: the answer to `add`, the head, and the post that opens the thread. */
function messagesOf({ monitor: first, others, observation: seen, person, mentions }: Told): Message[] {
  const assessment = assess(seen, first.endpoint, profile(), NOW);
  const monitors = [
    first,
    ...Array.from({ length: others }, (_, index) =>
      monitor({
        id: `CM${fingerprintOf(String(index)).slice(0, 32)}`,
        endpoint: endpoint({ host: `h${String(index)}.${first.endpoint.host}`.slice(0, 253) }),
      }),
    ),
  ];
  const members = monitors.flatMap(({ id }) =>
    assessment.findings.map(({ code, severity, message, nextStep }) =>
      member({ monitorId: id, code, severity, message, nextStep }),
    ),
  );
  const by = { platform: 'slack', externalId: 'U2', name: person } as const;
  const context = {
    incident: incident({ severity: 'critical', members, acknowledged: { by, at: NOW } }),
    monitors: new Map(monitors.map((one) => [one.id, one])),
    certificate: seen.addresses[0]?.outcome === 'ok' ? seen.addresses[0].chain[0] : undefined,
  };
  return [
    seenMessage({ monitor: first, observation: seen, assessment }, NOW),
    alertMessage(headAlert(context, NOW, mentions)),
    alertMessage(threadAlert(context, { type: 'opened' }, chainDetails(seen, NOW), NOW, mentions)),
  ];
}

const HIDDEN = /[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069\u200e\u200f]|\p{Cs}/u;

describe('whatever a peer serves', () => {
  it('keeps within Slack’s limits, and nothing in it acts or hides', () => {
    fc.assert(
      fc.property(anyStory, (story) => {
        for (const message of messagesOf(story)) {
          const rendered = renderMessage(message);
          const replies = [renderReply(message, false), renderReply(message, true)];
          for (const one of [rendered, ...replies]) expect(blockKitProblems(one, CALLED)).toEqual([]);
          for (const word of wordsIn(rendered.blocks)) expect(word).not.toMatch(HIDDEN);
          for (const text of [...[rendered, ...replies].map((one) => one.text), renderPlain(message)]) {
            expect(text).not.toMatch(/[<>]|[*_~`](?!\u200b)/);
            expect(text).not.toMatch(HIDDEN);
          }
        }
      }),
      { numRuns: 60, endOnFailure: true },
    );
  }, 60_000);

  it.each(['<!channel> pays', '<@U1> pays', '*bold* _it_ ~s~', '`code`', '</script>', ':bomb: &lt;'])(
    'a subject of %s shows as it is',
    (subject) => {
      const leaf = certificate({ subject: `CN=${subject}`, subjectAltNames: [{ type: 'dns', value: subject }] });
      const [, head, thread] = messagesOf({
        monitor: monitor({ name: subject }),
        others: 0,
        observation: observation({ addresses: [untrustedAddress('CERT_UNTRUSTED', [leaf])] }),
        person: subject,
        mentions: [],
      });
      for (const message of [head, thread]) {
        if (message === undefined) throw new Error('nothing is told');
        const { text, blocks } = renderMessage(message);
        expect(wordsIn(blocks).join('')).toContain(`CN=${subject}`);
        expect(blockKitProblems({ text, blocks })).toEqual([]);
      }
    },
  );

  it('a leaf of 10,000 names says how many there are', () => {
    const leaf = certificate({
      subjectAltNames: Array.from({ length: 10_000 }, (_, index) => ({
        type: 'dns',
        value: `h${String(index)}.example.com`,
      })),
    });
    const story = {
      monitor: monitor(),
      others: 0,
      observation: observation({ addresses: [untrustedAddress('CERT_UNTRUSTED', [leaf])] }),
      person: 'Ann',
      mentions: [],
    };
    const thread = messagesOf(story)[2];
    expect(thread === undefined ? '' : wordsIn(renderMessage(thread).blocks).join('')).toContain('and 9995 more');
  });
});
