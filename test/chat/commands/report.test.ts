import { describe, expect, it } from 'vitest';
import { bench, wellObservation } from './bench.ts';
import type { Bench } from './bench.ts';

async function company(): Promise<Bench> {
  const one = await bench();
  const days = { a: -2, b: 3, c: 10, d: 20, e: 45, f: 61, g: 400 };
  for (const [name, left] of Object.entries(days)) {
    const host = `${name}.example.com`;
    one.services.set(host, wellObservation(host, left));
    const reply = await one.send(`add ${host} https --tag t:${name} --name "=cmd|'${name}"`);
    if (!reply.ok) throw new Error(reply.message.title);
  }
  return one;
}

describe('report', () => {
  it('counts by status, end and issuer, and tells what ends next', async () => {
    expect(await (await company()).say('report')).toMatchInlineSnapshot(`
      "Report: 7 monitors: 1 expired, 2 expiring, 4 valid
        Ends                 Monitors
        expired              1
        in less than 7 days  1
        in 7 to 13 days      1
        in 14 to 29 days     1
        in 30 to 59 days     1
        in 60 to 89 days     1
        in 90 days or later  1
        Issuer                            Monitors
        CN=Example Issuing CA, O=Example  7
        Next to end
        - =cmd|'a (a.example.com:443 https): expired
        - =cmd|'b (b.example.com:443 https): expiring, 3 days left
        - =cmd|'c (c.example.com:443 https): expiring, 10 days left
        - =cmd|'d (d.example.com:443 https): valid, 20 days left
        - =cmd|'e (e.example.com:443 https): valid, 45 days left
        - =cmd|'f (f.example.com:443 https): valid, 61 days left
        - =cmd|'g (g.example.com:443 https): valid, 400 days left
        report --csv gives every monitor as a line for a spreadsheet."
    `);
  });

  it('is of those that a filter fits', async () => {
    const one = await company();
    expect((await one.send('report t:f or t:g')).message.title).toBe('Report of t:f or t:g: 2 monitors: 2 valid');
    expect((await one.send('report t:z')).message.title).toBe("No monitor fits 't:z'.");
    expect(await one.say('report t:a or')).toMatch(/or needs a tag or a field after it/);
  });

  it('gives every monitor as a line, which no spreadsheet runs', async () => {
    const one = await company();
    const reply = await one.send('report not t:a and days<20 --csv');
    const [block] = reply.message.blocks;
    expect(block).toMatchObject({ type: 'code' });
    const lines = block?.type === 'code' ? block.code.split('\n') : [];
    expect(lines).toHaveLength(3);
    expect(lines[1]).toMatch(
      /^expiring,3,2026-11-27T12:00:00.000Z,b.example.com,443,https,b.example.com,'=cmd\|'b,Standard,,t:b,"CN=Example Issuing CA, O=Example",CM[0-9a-f]{32}$/,
    );
  });

  it('of nothing tells how to begin', async () => {
    expect((await (await bench()).send('report')).message.title).toBe('There are no monitors yet');
  });
});
