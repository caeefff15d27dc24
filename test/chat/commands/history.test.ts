import { describe, expect, it } from 'vitest';
import { certificate, inDays, observation, servingLeaf } from '../../helpers/builders.ts';
import { bench, NO_ADDRESS } from './bench.ts';

const HOUR_MS = 3_600_000;

const serving = (name: string, days: number) =>
  observation({
    addresses: [
      servingLeaf(
        certificate({
          subject: 'CN=mail.example.com',
          fingerprint: name.repeat(64),
          notAfter: inDays(days),
          subjectAltNames: [{ type: 'dns', value: 'mail.example.com' }],
        }),
      ),
    ],
  });

describe('history', () => {
  it("tells newest first, in the workspace's time zone, what changed, what opened and closed, and who did what", async () => {
    const one = await bench();
    await one.send('settings timezone Europe/Berlin');
    one.services.set('mail.example.com', serving('a', -1));
    await one.send('add mail.example.com smtp');
    one.later(HOUR_MS);
    await one.send('ack #1');
    one.later(HOUR_MS);
    one.services.set('mail.example.com', serving('b', 60));
    await one.send('check mail.example.com');
    expect(await one.say('history mail.example.com')).toMatchInlineSnapshot(`
      "History of mail.example.com:25 smtp
        - 2026-11-24 15:00 Europe/Berlin: Incident #1 resolved: the certificate was renewed
        - 2026-11-24 15:00 Europe/Berlin: Certificate seen: 'mail.example.com' (valid until 2027-01-23 12:00 UTC), in place of 'mail.example.com' (valid until 2026-11-23 12:00 UTC)
        - 2026-11-24 15:00 Europe/Berlin: No longer found: expired
        - 2026-11-24 15:00 Europe/Berlin: Found: certificate-changed (info). mail.example.com:25 serves a new certificate, 'mail.example.com', valid until 2027-01-23 12:00 UTC: a plain renewal, with the same names and from the same CA.
        - 2026-11-24 14:00 Europe/Berlin: Ann acknowledged #1, in a private chat
        - 2026-11-24 13:00 Europe/Berlin: Ann added mail.example.com:25, in a private chat
        - 2026-11-24 13:00 Europe/Berlin: Incident #1 opened (critical)
        - 2026-11-24 13:00 Europe/Berlin: Certificate seen: 'mail.example.com' (valid until 2026-11-23 12:00 UTC)
        - 2026-11-24 13:00 Europe/Berlin: Found: expired (critical). Leaf certificate 'mail.example.com' on mail.example.com:25 expired on 2026-11-23 12:00 UTC, 1 day ago.
        Results are kept for 90 days."
    `);
  });

  it('what is the same but for its days left is said once, and what could not be read is no new certificate', async () => {
    const one = await bench();
    one.services.set('mail.example.com', serving('a', 60));
    await one.send('add mail.example.com smtp');
    for (const seen of [NO_ADDRESS, serving('a', 60)]) {
      one.later(24 * HOUR_MS);
      one.services.set('mail.example.com', seen);
      await one.send('check mail.example.com');
    }
    expect((await one.say('history mail.example.com')).match(/Certificate seen/g)).toHaveLength(1);
  });

  it('is paged', async () => {
    const one = await bench();
    await one.send('add mail.example.com smtp');
    for (let times = 0; times < 20; times += 1) {
      one.later(1_000);
      await one.send('pause mail.example.com');
      one.later(1_000);
      await one.send('resume mail.example.com');
    }
    const first = await one.say('history mail.example.com');
    const second = await one.say('history mail.example.com --page 2');
    expect(first.match(/Ann (?:paused|resumed)/g)).toHaveLength(30);
    expect(second.match(/Ann (?:paused|resumed|added)/g)).toHaveLength(11);
    expect(first).toContain('Page 1 of 2. More: history mail.example.com --page 2');
    const buttons = async (line: string) =>
      (await one.send(line)).message.actions.map((action) => action.type === 'button' && action.command);
    expect(await buttons('history mail.example.com')).toEqual(['history mail.example.com --page 2']);
    expect(await buttons('history mail.example.com --page 2')).toEqual(['history mail.example.com --page 1']);
    expect(await one.say('history mail.example.com --page 3')).toContain('There is no page 3');
    expect(await one.say('history mail.example.com --page x')).toContain(
      'Did you mean history mail.example.com --page 1',
    );
  });
});
