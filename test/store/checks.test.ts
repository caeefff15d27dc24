import { describe, expect, it } from 'vitest';
import { sql } from 'drizzle-orm';
import type { Crossing } from '../../src/core/crossing.ts';
import type { ConnectionFailure } from '../../src/core/confirmation.ts';
import {
  NOW,
  certificate,
  failedAddress,
  finding,
  fingerprintOf,
  inDays,
  intermediate,
  observation,
  readAddress,
  revocation,
  root,
  servingLeaf,
  untrustedAddress,
} from '../helpers/builders.ts';
import { describeOnBothEngines } from '../helpers/databases.ts';
import { addMonitor, defaultTenant } from '../helpers/stored.ts';

const after = (ms: number): Date => new Date(NOW.getTime() + ms);

const HOSTILE = certificate({
  subject: 'CN=a\u0000b, O=\u202Eevil\uD800 <!channel> \\u0000',
  issuer: "O=Robert'); drop table monitors; --",
  subjectAltNames: [
    { type: 'dns', value: 'nul\u0000.example' },
    { type: 'ip', value: '192.0.2.1' },
  ],
  keyBits: undefined,
  issuerUrls: ['http://ca.example/\u0000.der'],
});

describeOnBothEngines('checks', (test) => {
  describe('record', () => {
    it.each([
      ['a whole chain', observation()],
      [
        'what is known of revocation',
        observation({
          addresses: [
            readAddress({ revocation: [revocation({ reason: 'superseded' }), revocation({ revokedAt: undefined })] }),
          ],
        }),
      ],
      [
        'addresses that failed beside one that was read',
        observation({ addresses: [readAddress(), failedAddress({ detail: 'reset by peer' })] }),
      ],
      [
        'a name without addresses',
        observation({ resolution: { outcome: 'dns-failure', detail: 'NXDOMAIN' }, addresses: [] }),
      ],
      [
        'what is missing, what could not be read, and what failed after the leaf',
        observation({
          addresses: [
            untrustedAddress('UNABLE_TO_VERIFY_LEAF_SIGNATURE', [certificate()], {
              missing: [{ certificate: intermediate(), pem: '-----BEGIN CERTIFICATE-----\n…' }],
              unreadable: 2,
              tlsVersion: undefined,
              cipher: undefined,
              failure: { code: 'handshake-failed', detail: 'alert 116' },
              clientCertificateWanted: true,
              chainRead: false,
            }),
          ],
        }),
      ],
      [
        'CAA records',
        observation({
          caa: [
            {
              domain: 'mail.example.com',
              name: 'example.com',
              records: [{ critical: true, tag: 'issue', value: 'ca.example; a=\\' }],
            },
          ],
        }),
      ],
      [
        'a key whose type fixes its size',
        observation({ addresses: [servingLeaf(certificate({ keyType: 'ed25519', keyBits: undefined }))] }),
      ],
    ])('gives back %s as it was', async (_, seen) => {
      const { store } = test();
      const tenant = await defaultTenant(test());
      const { id } = await addMonitor(store, tenant);
      const findings = [finding({ fingerprint: certificate().fingerprint, thresholdDays: 30 }), finding()];
      await store.checks.record(tenant.workspaceId, id, seen, findings, 'digest');
      expect(await store.checks.last(tenant.workspaceId, id)).toEqual({
        firstAt: NOW,
        lastAt: NOW,
        checks: 1,
        observation: seen,
        findings,
        digest: 'digest',
      });
    });

    it('extends the newest span where the digest is the same, with the last observation; else begins one', async () => {
      const { store } = test();
      const tenant = await defaultTenant(test());
      const { id } = await addMonitor(store, tenant);
      for (const [index, digest] of ['a', 'a', 'b', 'a', 'a', 'a'].entries()) {
        const seen = observation({ checkedAt: after(index), addresses: [readAddress({ durationMs: index })] });
        await store.checks.record(tenant.workspaceId, id, seen, [], digest);
      }
      const spans = await store.checks.history(tenant.workspaceId, id, 10);
      expect(spans.map(({ digest, checks, firstAt, lastAt }) => ({ digest, checks, firstAt, lastAt }))).toEqual([
        { digest: 'a', checks: 3, firstAt: after(3), lastAt: after(5) },
        { digest: 'b', checks: 1, firstAt: after(2), lastAt: after(2) },
        { digest: 'a', checks: 2, firstAt: after(0), lastAt: after(1) },
      ]);
      expect(spans[0]?.observation.addresses[0]?.durationMs).toBe(5);
      expect(await store.checks.history(tenant.workspaceId, id, 2)).toEqual(spans.slice(0, 2));
    });

    it('keeps a certificate once, whoever serves it', async () => {
      const { store, database } = test();
      const tenant = await defaultTenant(test());
      for (const port of [25, 587]) {
        const { id } = await addMonitor(store, tenant, { endpoint: { port } });
        await store.checks.record(tenant.workspaceId, id, observation(), [], 'digest');
      }
      const rows = await database.pool.execute(sql`select fingerprint from certificates`);
      expect(rows).toHaveLength(3);
      for (const one of [certificate(), intermediate(), root()]) {
        expect(await store.checks.certificate(tenant.workspaceId, one.fingerprint)).toEqual(one);
      }
      expect(await store.checks.certificate(tenant.workspaceId, fingerprintOf('unknown'))).toBeUndefined();
    });

    it('takes checks of many monitors with the same certificates at once', async () => {
      const { store } = test();
      const tenant = await defaultTenant(test());
      const monitors = [];
      for (const port of [1, 2, 3, 4, 5, 6, 7, 8]) {
        monitors.push(await addMonitor(store, tenant, { endpoint: { port } }));
      }
      // The same certificates in another order: rows locked in the order given would wait for each other for ever.
      const chains = [
        [certificate(), intermediate(), root()],
        [root(), intermediate(), certificate()],
      ];
      await Promise.all(
        monitors.map(({ id }, index) =>
          store.transaction((stores) => {
            const seen = observation({ addresses: [readAddress({ chain: chains[index % 2] ?? [] })] });
            return stores.checks.record(tenant.workspaceId, id, seen, [], 'digest');
          }),
        ),
      );
      expect((await store.checks.last(tenant.workspaceId, monitors[7]?.id ?? ''))?.checks).toBe(1);
    });

    it('replaces what PostgreSQL cannot keep in hostile text, and keeps the rest', async () => {
      const { store } = test();
      const tenant = await defaultTenant(test());
      const { id } = await addMonitor(store, tenant);
      const seen = observation({
        addresses: [servingLeaf(HOSTILE), failedAddress({ detail: 'banner \u0000 220 \uDC00' })],
      });
      const findings = [finding({ message: 'CN=a\u0000b', fingerprint: HOSTILE.fingerprint })];
      await store.checks.record(tenant.workspaceId, id, seen, findings, 'digest');
      const span = await store.checks.last(tenant.workspaceId, id);
      expect(span?.findings[0]?.message).toBe('CN=a\uFFFDb');
      expect(span?.observation.addresses[1]).toMatchObject({ detail: 'banner \uFFFD 220 \uFFFD' });
      expect(await store.checks.certificate(tenant.workspaceId, HOSTILE.fingerprint)).toEqual({
        ...HOSTILE,
        subject: 'CN=a\uFFFDb, O=\u202Eevil\uFFFD <!channel> \\u0000',
        subjectAltNames: [
          { type: 'dns', value: 'nul\uFFFD.example' },
          { type: 'ip', value: '192.0.2.1' },
        ],
        issuerUrls: ['http://ca.example/\uFFFD.der'],
      });
    });

    it('rows from before certmon looked for revocation are read as not judged, and made whole by the next check', async () => {
      const { store, database } = test();
      const tenant = await defaultTenant(test());
      const { id } = await addMonitor(store, tenant);
      const [leaf] = readAddress().chain;
      if (leaf === undefined) throw new Error('no leaf');
      const withUrl = { ...leaf, crlUrls: ['http://ca.example/1.crl'], mustStaple: true };
      const seen = observation({ addresses: [servingLeaf(withUrl)] });
      await store.checks.record(tenant.workspaceId, id, seen, [], 'digest');
      await database.pool.execute(sql`update certificates set fields = fields - 'crlUrls' - 'ocspUrls' - 'mustStaple'`);
      await database.pool.execute(
        sql`update check_spans set observation = observation #- '{addresses,0,revocation}' #- '{addresses,0,staple}'`,
      );
      const old = await store.checks.last(tenant.workspaceId, id);
      expect(old?.observation.addresses[0]).toMatchObject({ revocation: [], staple: 'not-judged' });
      expect(await store.checks.certificate(tenant.workspaceId, leaf.fingerprint)).toMatchObject({
        crlUrls: [],
        ocspUrls: [],
        mustStaple: false,
      });
      // What was not judged then is part of the result now, so that it is another one.
      await store.checks.record(tenant.workspaceId, id, seen, [], 'digest with revocation');
      expect(await store.checks.certificate(tenant.workspaceId, leaf.fingerprint)).toEqual(withUrl);
    });

    it('has nothing to tell of a monitor that was never checked', async () => {
      const { store } = test();
      const tenant = await defaultTenant(test());
      const { id } = await addMonitor(store, tenant);
      expect(await store.checks.last(tenant.workspaceId, id)).toBeUndefined();
      expect(await store.checks.history(tenant.workspaceId, id, 5)).toEqual([]);
    });
  });

  describe('failures', () => {
    it("are exactly those given last, a name's own failure among them", async () => {
      const { store } = test();
      const tenant = await defaultTenant(test());
      const { id } = await addMonitor(store, tenant);
      const failures: ConnectionFailure[] = [
        { address: '', code: 'dns-failure', since: inDays(-1), tries: 2, lastTryAt: NOW },
        { address: '192.0.2.20', code: 'timeout', since: NOW, tries: 1, lastTryAt: NOW },
      ];
      await store.checks.replaceFailures(tenant.workspaceId, id, failures);
      expect(await store.checks.failures(tenant.workspaceId, id)).toEqual(failures);
      const [, second] = failures;
      const later = second === undefined ? [] : [{ ...second, tries: 2 }];
      await store.checks.replaceFailures(tenant.workspaceId, id, later);
      expect(await store.checks.failures(tenant.workspaceId, id)).toEqual(later);
      await store.checks.replaceFailures(tenant.workspaceId, id, []);
      expect(await store.checks.failures(tenant.workspaceId, id)).toEqual([]);
    });
  });

  describe('crossings', () => {
    it('stay as they were written first', async () => {
      const { store } = test();
      const { workspaceId, profile } = await defaultTenant(test());
      const crossing: Crossing = {
        fingerprint: certificate().fingerprint,
        profileId: profile.id,
        thresholdDays: 30,
        instant: NOW,
        silent: false,
      };
      const deeper = { ...crossing, thresholdDays: 7, instant: inDays(20) };
      await store.checks.addCrossings(workspaceId, [crossing]);
      await store.checks.addCrossings(workspaceId, [{ ...crossing, silent: true, instant: inDays(5) }, deeper]);
      await store.checks.addCrossings(workspaceId, []);
      const stored = await store.checks.crossings(workspaceId, [crossing.fingerprint]);
      expect([...stored].sort((a, b) => b.thresholdDays - a.thresholdDays)).toEqual([crossing, deeper]);
    });

    it('are written once by two who cross the same threshold at once', async () => {
      const { store } = test();
      const { workspaceId, profile } = await defaultTenant(test());
      const rows = [30, 15, 7].map((thresholdDays) => ({
        fingerprint: certificate().fingerprint,
        profileId: profile.id,
        thresholdDays,
        instant: NOW,
        silent: false,
      }));
      await Promise.all(
        [rows, [...rows].reverse(), rows].map((some) =>
          store.transaction((stores) => stores.checks.addCrossings(workspaceId, some)),
        ),
      );
      expect(await store.checks.crossings(workspaceId, [certificate().fingerprint])).toHaveLength(3);
    });

    it('are those of the certificates asked for', async () => {
      const { store } = test();
      const { workspaceId, profile } = await defaultTenant(test());
      const rows = ['a', 'b', 'c'].map((name) => ({
        fingerprint: fingerprintOf(name),
        profileId: profile.id,
        thresholdDays: 30,
        instant: NOW,
        silent: false,
      }));
      await store.checks.addCrossings(workspaceId, rows);
      const found = await store.checks.crossings(workspaceId, [fingerprintOf('a'), fingerprintOf('c')]);
      expect(found.map((row) => row.fingerprint).sort()).toEqual([fingerprintOf('a'), fingerprintOf('c')].sort());
      expect(await store.checks.crossings(workspaceId, [])).toEqual([]);
    });
  });
});
