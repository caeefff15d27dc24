import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Certificate } from '../../src/core/certificate.ts';
import type { Observation } from '../../src/core/observation.ts';
import { DAY_MS, NOW, certificate, failedAddress, observation, servingLeaf } from '../helpers/builders.ts';
import { withStore } from '../helpers/databases.ts';
import type { TestDatabase } from '../helpers/databases.ts';
import { tellStory } from '../helpers/story.ts';
import type { Story } from '../helpers/story.ts';

const HOUR_MS = 3_600_000;

let test: TestDatabase;
let story: Story;
beforeAll(async () => {
  test = await withStore('postgresql');
});
beforeEach(async () => {
  story = await tellStory(test, NOW);
});
afterEach(() => story.end());
afterAll(() => test.close());

function leafOf(host: string, serial: string, endsInDays: number): Certificate {
  const notAfter = new Date(NOW.getTime() + endsInDays * DAY_MS);
  return certificate({
    subject: `CN=${host}`,
    serialNumber: serial,
    notBefore: new Date(Math.min(notAfter.getTime() - 90 * DAY_MS, NOW.getTime() - DAY_MS)),
    notAfter,
    subjectAltNames: [{ type: 'dns', value: host }],
  });
}

const serving = (leaf: Certificate) => (): Observation => observation({ addresses: [servingLeaf(leaf)] });

describe('a certificate that nobody renews', () => {
  it('is told at each threshold, in one thread, to its end and its renewal', async () => {
    story.serve('shop.example.com', serving(leafOf('shop.example.com', '01', 40)));
    await story.type('group add ops');
    await story.type('group map ops #ops');
    await story.type('add shop.example.com https --group ops');
    await story.pass('38d');
    await story.type('ack #1');
    await story.pass('3d');
    story.serve('shop.example.com', serving(leafOf('shop.example.com', '02', 135)));
    await story.pass('1d');
    expect(story.told()).toMatchInlineSnapshot(`
      "> group add ops
      Made contact group ops
        It leads nowhere yet. Next: group map ops #channel
        Then monitors can name it: add mail.example.com smtp --group ops
      > group map ops #ops
      The alerts of ops go to #ops
        No monitor names it yet: add mail.example.com smtp --group ops
      > add shop.example.com https --group ops
      Added shop.example.com:443 https: valid, 40 days left
        Status:    valid
        Days left: 40
        Expires:   2027-01-03 12:00 UTC (in 40 days)
        Issuer:    CN=Example Issuing CA, O=Example
        Address:   192.0.2.10
        Profile:   Standard
        Alerts go: to ops
        Monitor CM…, checked 2026-11-24 12:00 UTC
      -- 2026-12-07 12:00
      [#ops] Warning #1: shop.example.com: certificate expires in 27 days
        Leaf certificate 'shop.example.com' on shop.example.com:443 expires on 2027-01-03 12:00 UTC: 27 days left (threshold 60 d, scaled to 27.0 d).
        Next step: Renew the certificate, install it with its full chain on shop.example.com:443, and reload the https service; where renewal is automatic, find out why it has not run.
        Certificate: CN=shop.example.com
        Issuer:      CN=Example Issuing CA, O=Example
        Expires:     2027-01-03 12:00 UTC (in 27 days)
        Fingerprint: d2412175a62797c860cce747816d1edd43defa436685205d2ed4d23927ffdf17
        Since:       2026-12-07 12:00 UTC
        1 host
        - shop.example.com:443 https (192.0.2.10)
        You can say: ack #1 · snooze #1 4h|1d|7d|until-renewed|until-next-threshold · check CM… · incidents #1
      [#ops] #1: shop.example.com: certificate expires in 27 days
        Opened at 2026-12-07 12:00 UTC.

        192.0.2.10
          TLS:   TLSv1.3, TLS_AES_256_GCM_SHA384
          Trust: trusted by CN=Example Root, O=Example

        1. leaf: CN=shop.example.com
          Issuer:      CN=Example Issuing CA, O=Example
          Names:       shop.example.com
          Valid:       2026-10-05 12:00 UTC to 2027-01-03 12:00 UTC (ends in 27 days)
          Key:         ec 256, signed with ecdsa-with-SHA256
          Serial:      01
          Fingerprint: d2412175a62797c860cce747816d1edd43defa436685205d2ed4d23927ffdf17

        2. intermediate: CN=Example Issuing CA, O=Example
          Issuer:      CN=Example Root, O=Example
          Valid:       2025-10-20 12:00 UTC to 2031-11-23 12:00 UTC (ends in 1812 days)
          Key:         ec 256, signed with ecdsa-with-SHA256
          Serial:      02
          Fingerprint: a33ddc51e157637a11804925d43ff548b69ea2daa3512e743c257710fe322812
      -- 2026-12-21 00:00
      [#ops] #1: shop.example.com: certificate expires in 13 days
        The certificate has crossed the 30-day threshold: it expires in 13 days.
        Leaf certificate 'shop.example.com' on shop.example.com:443 expires on 2027-01-03 12:00 UTC: 13 days left (threshold 30 d, scaled to 13.5 d).
      -- 2026-12-27 18:00
      [#ops] #1: shop.example.com: certificate expires in 6 days
        The certificate has crossed the 15-day threshold: it expires in 6 days.
        Leaf certificate 'shop.example.com' on shop.example.com:443 expires on 2027-01-03 12:00 UTC: 6 days left (threshold 15 d, scaled to 6.7 d).
      -- 2026-12-31 12:00
      [#ops] #1: shop.example.com: certificate expires in 3 days
        Worse: from warning to critical.
        Leaf certificate 'shop.example.com' on shop.example.com:443 expires on 2027-01-03 12:00 UTC: 3 days left (threshold 7 d, scaled to 3.1 d).
        Next step: Renew the certificate, install it with its full chain on shop.example.com:443, and reload the https service; where renewal is automatic, find out why it has not run.

        192.0.2.10
          TLS:   TLSv1.3, TLS_AES_256_GCM_SHA384
          Trust: trusted by CN=Example Root, O=Example

        1. leaf: CN=shop.example.com
          Issuer:      CN=Example Issuing CA, O=Example
          Names:       shop.example.com
          Valid:       2026-10-05 12:00 UTC to 2027-01-03 12:00 UTC (ends in 3 days)
          Key:         ec 256, signed with ecdsa-with-SHA256
          Serial:      01
          Fingerprint: d2412175a62797c860cce747816d1edd43defa436685205d2ed4d23927ffdf17

        2. intermediate: CN=Example Issuing CA, O=Example
          Issuer:      CN=Example Root, O=Example
          Valid:       2025-10-20 12:00 UTC to 2031-11-23 12:00 UTC (ends in 1788 days)
          Key:         ec 256, signed with ecdsa-with-SHA256
          Serial:      02
          Fingerprint: a33ddc51e157637a11804925d43ff548b69ea2daa3512e743c257710fe322812
      -- 2026-12-31 12:00
      [#ops] Critical #1: shop.example.com: certificate expires in 2 days
      -- 2027-01-01 12:00
      [#ops] #1: shop.example.com: certificate expires in 2 days
        Reminder: nobody has acknowledged this since 2026-12-31 12:00 UTC, 1 day ago.
        Leaf certificate 'shop.example.com' on shop.example.com:443 expires on 2027-01-03 12:00 UTC: 2 days left (threshold 7 d, scaled to 3.1 d).
        Next step: Renew the certificate, install it with its full chain on shop.example.com:443, and reload the https service; where renewal is automatic, find out why it has not run.
      > ack #1
      Acknowledged #1
        shop.example.com: certificate expires in 2 days
        It is yours; it closes by itself once a check finds it mended.
      [#ops] Critical #1: shop.example.com: certificate expires in 2 days
        Acknowledged by ann at 2027-01-01 12:00 UTC
      [#ops] #1: shop.example.com: certificate expires in 2 days
        ann acknowledged this at 2027-01-01 12:00 UTC.
      -- 2027-01-03 18:00
      [#ops] #1: shop.example.com: certificate expired 6 hours ago
        Worse: the certificate has expired.
        Leaf certificate 'shop.example.com' on shop.example.com:443 expired on 2027-01-03 12:00 UTC, less than a day ago.
        Next step: Renew the certificate now, install it with its full chain on shop.example.com:443, and reload the https service.
        The acknowledgement has ended.

        192.0.2.10
          TLS:   TLSv1.3, TLS_AES_256_GCM_SHA384
          Trust: trusted by CN=Example Root, O=Example

        1. leaf: CN=shop.example.com
          Issuer:      CN=Example Issuing CA, O=Example
          Names:       shop.example.com
          Valid:       2026-10-05 12:00 UTC to 2027-01-03 12:00 UTC (ended 6 hours ago)
          Key:         ec 256, signed with ecdsa-with-SHA256
          Serial:      01
          Fingerprint: d2412175a62797c860cce747816d1edd43defa436685205d2ed4d23927ffdf17

        2. intermediate: CN=Example Issuing CA, O=Example
          Issuer:      CN=Example Root, O=Example
          Valid:       2025-10-20 12:00 UTC to 2031-11-23 12:00 UTC (ends in 1784 days)
          Key:         ec 256, signed with ecdsa-with-SHA256
          Serial:      02
          Fingerprint: a33ddc51e157637a11804925d43ff548b69ea2daa3512e743c257710fe322812
      -- 2027-01-03 18:00
      [#ops] Critical #1: shop.example.com: certificate expired 6 hours ago
      -- 2027-01-04 18:00
      [#ops] #1: shop.example.com: certificate expired 1 day ago
        Resolved at 2027-01-04 18:00 UTC: the certificate was renewed.
      -- 2027-01-04 18:00
      [#ops] Resolved #1: shop.example.com: certificate expired 1 day ago
        Resolved 2027-01-04 18:00 UTC after 28 days: the certificate was renewed"
    `);
  });
});

describe('a wildcard certificate', () => {
  it('is one thread, whoever joins it, and tells who still serves the old one', async () => {
    const old = leafOf('*.example.com', '01', 20);
    const fresh = leafOf('*.example.com', '02', 110);
    const hosts = ['a', 'b', 'c'].map((name) => `${name}.example.com`);
    for (const host of hosts) story.serve(host, serving(old));
    await story.type('group add ops');
    await story.type('group map ops #ops');
    for (const host of hosts) await story.type(`add ${host} https --group ops`);
    story.told();
    story.serve('a.example.com', serving(fresh));
    await story.pass('7h');
    story.serve('b.example.com', serving(fresh));
    await story.pass('7h');
    story.serve('c.example.com', serving(fresh));
    await story.pass('7h');
    expect(story.told()).toMatchInlineSnapshot(`
      "-- 2026-11-24 18:00
      [#ops] #1: *.example.com: certificate expires in 19 days
        No longer affected: a.example.com:443 (the certificate was renewed).
      -- 2026-11-24 18:00
      [#ops] Warning #1: *.example.com: certificate expires in 19 days
      -- 2026-11-25 00:00
      [#ops] #1: *.example.com: certificate expires in 19 days
        No longer affected: b.example.com:443 (the certificate was renewed).
      -- 2026-11-25 00:00
      [#ops] Warning #1: *.example.com: certificate expires in 19 days
      -- 2026-11-25 06:00
      [#ops] #1: *.example.com: certificate expires in 19 days
        Resolved at 2026-11-25 06:00 UTC: the certificate was renewed.
      -- 2026-11-25 06:00
      [#ops] Resolved #1: *.example.com: certificate expires in 19 days
        Resolved 2026-11-25 06:00 UTC after 18 hours: the certificate was renewed"
    `);
  });
});

describe('a host that flaps', () => {
  it('is one thread with few words in it', async () => {
    await story.end();
    story = await tellStory(test, NOW, HOUR_MS);
    const well = serving(leafOf('flap.example.com', '01', 80));
    const down = (): Observation => observation({ addresses: [failedAddress({ address: '192.0.2.10' })] });
    story.serve('flap.example.com', well);
    await story.type('add flap.example.com https');
    story.told();
    for (let times = 0; times < 4; times += 1) {
      story.serve('flap.example.com', down);
      await story.pass('58m');
      story.serve('flap.example.com', well);
      await story.pass('20m');
    }
    await story.pass('1d');
    expect(story.told()).toMatchInlineSnapshot(`
      "-- 2026-11-24 14:02
      [console] Critical #1: flap.example.com:443: timed out
        flap.example.com:443 did not answer within 10 s.
        Next step: Check that the https service on flap.example.com:443 is not overloaded and that no firewall drops its packets.
        Since: 2026-11-24 14:02 UTC
        1 host
        - flap.example.com:443 https (192.0.2.10)
        You can say: ack #1 · snooze #1 4h|1d|7d|until-renewed|until-next-threshold · check CM… · incidents #1
      [console] #1: flap.example.com:443: timed out
        Opened at 2026-11-24 14:02 UTC.
      -- 2026-11-24 14:17
      [console] #1: flap.example.com:443: timed out
        Resolved at 2026-11-24 14:17 UTC: the last check found nothing wrong any more.
      -- 2026-11-24 14:17
      [console] Resolved #1: flap.example.com:443: timed out
        Resolved 2026-11-24 14:17 UTC after 15 minutes: the last check found nothing wrong any more
      -- 2026-11-24 15:19
      [console] #1: flap.example.com:443: timed out
        It is back within an hour of its end; this thread goes on.
        flap.example.com:443 did not answer within 10 s.
        Next step: Check that the https service on flap.example.com:443 is not overloaded and that no firewall drops its packets.
      -- 2026-11-24 15:19
      [console] Critical #1: flap.example.com:443: timed out
        It came back once since 2026-11-24 14:02 UTC
      -- 2026-11-24 15:39
      [console] Critical #1: flap.example.com:443: timed out
        It came back once since 2026-11-24 14:02 UTC; well since 2026-11-24 15:39 UTC, it resolves at 2026-11-24 15:54 UTC unless it comes back
      -- 2026-11-24 15:54
      [console] #1: flap.example.com:443: timed out
        Resolved at 2026-11-24 15:54 UTC: the last check found nothing wrong any more.
      -- 2026-11-24 15:54
      [console] Resolved #1: flap.example.com:443: timed out
        Resolved 2026-11-24 15:54 UTC after 1 hour: the last check found nothing wrong any more
        It came back once since 2026-11-24 14:02 UTC"
    `);
  });
});

describe('a certificate that changes', () => {
  it('by a renewal is no news; from another CA, with a name lost, it is until somebody takes it', async () => {
    const first = leafOf('pay.example.com', '01', 60);
    story.serve('pay.example.com', serving(first));
    await story.type('add pay.example.com https');
    story.serve('pay.example.com', serving(leafOf('pay.example.com', '02', 85)));
    await story.pass('7h');
    story.told();
    await story.type('history pay.example.com');
    story.serve(
      'pay.example.com',
      serving({
        ...leafOf('pay.example.com', '03', 89),
        issuer: 'CN=Other CA 1, O=Other',
        fingerprint: 'f'.repeat(64),
      }),
    );
    await story.pass('7h');
    await story.type('ack #1');
    expect(story.told()).toMatchInlineSnapshot(`
      "> history pay.example.com
      History of pay.example.com:443 https
        - 2026-11-24 18:05 UTC: No longer found: certificate-changed
        - 2026-11-24 18:00 UTC: Certificate seen: 'pay.example.com' (valid until 2027-02-17 12:00 UTC), in place of 'pay.example.com' (valid until 2027-01-23 12:00 UTC)
        - 2026-11-24 18:00 UTC: Found: certificate-changed (info). pay.example.com:443 serves a new certificate, 'pay.example.com', valid until 2027-02-17 12:00 UTC: a plain renewal, with the same names and from the same CA.
        - 2026-11-24 12:00 UTC: ann added pay.example.com:443, in a private chat
        - 2026-11-24 12:00 UTC: Certificate seen: 'pay.example.com' (valid until 2027-01-23 12:00 UTC)
        Results are kept for 90 days.
      -- 2026-11-25 01:00
      [console] Warning #1: pay.example.com:443: another certificate is served
        pay.example.com:443 serves another certificate since 2026-11-25 01:00 UTC: its issuer was 'Example Issuing CA (Example)' and is 'Other CA 1 (Other)' now.
        Next step: If the change is wanted, acknowledge this: the new certificate is the usual one then, and after 7 days in any case. If nobody here made it, put the previous certificate back on pay.example.com:443 and find out who did.
        Since: 2026-11-25 01:00 UTC
        1 host
        - pay.example.com:443 https (192.0.2.10)
        You can say: ack #1 · snooze #1 4h|1d|7d|until-renewed|until-next-threshold · check CM… · incidents #1
      [console] #1: pay.example.com:443: another certificate is served
        Opened at 2026-11-25 01:00 UTC.

        192.0.2.10
          TLS:   TLSv1.3, TLS_AES_256_GCM_SHA384
          Trust: trusted by CN=Example Root, O=Example

        1. leaf: CN=pay.example.com
          Issuer:      CN=Other CA 1, O=Other
          Names:       pay.example.com
          Valid:       2026-11-23 12:00 UTC to 2027-02-21 12:00 UTC (ends in 88 days)
          Key:         ec 256, signed with ecdsa-with-SHA256
          Serial:      03
          Fingerprint: ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff

        2. intermediate: CN=Example Issuing CA, O=Example
          Issuer:      CN=Example Root, O=Example
          Valid:       2025-10-20 12:00 UTC to 2031-11-23 12:00 UTC (ends in 1824 days)
          Key:         ec 256, signed with ecdsa-with-SHA256
          Serial:      02
          Fingerprint: a33ddc51e157637a11804925d43ff548b69ea2daa3512e743c257710fe322812
      > ack #1
      Acknowledged #1
        pay.example.com:443: another certificate is served
        It is yours; it closes by itself once a check finds it mended.
      [console] Resolved #1: pay.example.com:443: another certificate is served
        Resolved 2026-11-25 02:00 UTC after 1 hour: it was accepted as known and wanted
        Acknowledged by ann at 2026-11-25 02:00 UTC
      [console] #1: pay.example.com:443: another certificate is served
        ann acknowledged this at 2026-11-25 02:00 UTC.
      [console] #1: pay.example.com:443: another certificate is served
        The new certificate counts as the usual one from now on.
      [console] #1: pay.example.com:443: another certificate is served
        Resolved at 2026-11-25 02:00 UTC: it was accepted as known and wanted."
    `);
  });
});

describe('a night', () => {
  it('waits for the opening, unless it is critical; then it is escalated and reminded of until somebody has it', async () => {
    story.serve('www.example.com', serving(leafOf('www.example.com', '01', 20)));
    story.serve('api.example.com', serving(leafOf('api.example.com', '02', -1)));
    await story.type('group add leads');
    await story.type('group map leads #leads');
    await story.type(
      'group add ops --hours "mon-fri 08:00-11:00" --critical-through --mention @oncall --escalate leads --after 30m',
    );
    await story.type('group map ops #ops');
    story.told();
    await story.type('add www.example.com https --group ops');
    await story.type('add api.example.com https --group ops');
    await story.pass('21h');
    await story.pass('6h');
    const told = short(story.told());
    expect(told.match(/\[#leads\] .*/g)?.[0]).toBe(
      '[#leads] Critical #2: api.example.com: certificate expired 1 day ago',
    );
    expect(without('#leads', told)).toMatchInlineSnapshot(`
      "> add www.example.com https --group ops
      Added www.example.com:443 https: expiring, 20 days left
        Status:    expiring
        Days left: 20
        Expires:   2026-12-14 12:00 UTC (in 20 days)
        Issuer:    CN=Example Issuing CA, O=Example
        Address:   192.0.2.10
        Profile:   Standard
        Alerts go: to ops
        - warning expiring: Leaf certificate 'www.example.com' on www.example.com:443 expires on 2026-12-14 12:00 UTC: 20 days left (threshold 60 d, scaled to 27.0 d). Next step: Renew the certificate, install it with its full chain on www.example.com:443, and reload the https service; where renewal is automatic, find out why it has not run.
        Monitor CM…, checked 2026-11-24 12:00 UTC
      > add api.example.com https --group ops
      Added api.example.com:443 https: expired
        Status:    expired
        Expired:   2026-11-23 12:00 UTC (1 day ago)
        Issuer:    CN=Example Issuing CA, O=Example
        Address:   192.0.2.10
        Profile:   Standard
        Alerts go: to ops
        - critical expired: Leaf certificate 'api.example.com' on api.example.com:443 expired on 2026-11-23 12:00 UTC, 1 day ago. Next step: Renew the certificate now, install it with its full chain on api.example.com:443, and reload the https service.
        Monitor CM…, checked 2026-11-24 12:00 UTC
      [#ops] Critical #2: api.example.com: certificate expired 1 day ago
        @oncall
        Leaf certificate 'api.example.com' on api.example.com:443 expired on 2026-11-23 12:00 UTC, 1 day ago.
        Next step: Renew the certificate now, install it with its full chain on api.example.com:443, and reload the https service.
        Certificate: CN=api.example.com
        Issuer:      CN=Example Issuing CA, O=Example
        Expired:     2026-11-23 12:00 UTC (1 day ago)
        Fingerprint: 4b85162f535148fedc5774abe3613bdcc7e31d013334d3bc1f61213fa7b4e8dd
        Since:       2026-11-24 12:00 UTC
        1 host
        - api.example.com:443 https (192.0.2.10)
        You can say: ack #2 · snooze #2 4h|1d|7d|until-renewed|until-next-threshold · check CM… · incidents #2
      [#ops] #2: api.example.com: certificate expired 1 day ago
        Opened at 2026-11-24 12:00 UTC.
      -- 2026-11-24 12:30
      [#ops] #2: api.example.com: certificate expired 1 day ago
        Nobody has acknowledged this for 30 minutes: leads is told too.
      -- 2026-11-25 08:00
      [#ops] Warning #1: www.example.com: certificate expires in 19 days
        Leaf certificate 'www.example.com' on www.example.com:443 expires on 2026-12-14 12:00 UTC: 19 days left (threshold 60 d, scaled to 27.0 d).
        Next step: Renew the certificate, install it with its full chain on www.example.com:443, and reload the https service; where renewal is automatic, find out why it has not run.
        Certificate: CN=www.example.com
        Issuer:      CN=Example Issuing CA, O=Example
        Expires:     2026-12-14 12:00 UTC (in 19 days)
        Fingerprint: bd68518a248d23fde3db743790cc02ca62b1a99426286188588841b71ff130a7
        Since:       2026-11-24 12:00 UTC
        1 host
        - www.example.com:443 https (192.0.2.10)
        You can say: ack #1 · snooze #1 4h|1d|7d|until-renewed|until-next-threshold · check CM… · incidents #1
      [#ops] #1: www.example.com: certificate expires in 20 days
        Opened at 2026-11-24 12:00 UTC.
      -- 2026-11-25 12:00
      [#ops] #2: api.example.com: certificate expired 2 days ago
        Reminder: nobody has acknowledged this since 2026-11-24 12:00 UTC, 1 day ago.
        Leaf certificate 'api.example.com' on api.example.com:443 expired on 2026-11-23 12:00 UTC, 1 day ago.
        Next step: Renew the certificate now, install it with its full chain on api.example.com:443, and reload the https service."
    `);
    await story.type('ack #2');
    await story.pass('2d');
    expect(story.told()).not.toContain('Reminder');
  });
});

/** Without the chain details, which other stories show. */
function short(told: string): string {
  return told.replaceAll(/\n\n {2}192\.0\.2\.10\n(?:.+\n|\n(?= {2}))*?(?=--|\[#|>|$)/g, '\n');
}

/** What was said everywhere else: two channels are spoken to at once, in either order. */
function without(channel: string, told: string): string {
  let isIn = false;
  return told
    .split('\n')
    .filter((line) => {
      if (/^(?:\[|--|>)/.test(line)) isIn = line.startsWith(`[${channel}]`);
      return !isIn;
    })
    .join('\n');
}
