import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unescapeSlack } from '../../../src/chat/slack/unescape.ts';

describe('what Slack makes of a command is undone', () => {
  it.each([
    ['add mail.example.com smtp', 'add mail.example.com smtp'],
    ['add <http://mail.example.com|mail.example.com> smtp', 'add mail.example.com smtp'],
    ['add <http://mail.example.com:2500|mail.example.com:2500> smtp', 'add mail.example.com:2500 smtp'],
    ['add <https://www.example.com/a?b=1&amp;c=2> https', 'add https://www.example.com/a?b=1&c=2 https'],
    ['add x https --name <mailto:ann@example.com|ann@example.com>', 'add x https --name ann@example.com'],
    ['<mailto:ann@example.com>', 'ann@example.com'],
    ['<tel:+49301234|+49 30 1234>', '+49 30 1234'],
    ['accept #1 expired --reason "a &amp; b &lt; c &gt; d"', 'accept #1 expired --reason "a & b < c > d"'],
    ['&amp;lt;', '&lt;'],
    ['&copy; &amp', '&copy; &amp'],
    ['--mention <!here> <!channel|@channel>', '--mention @here @channel'],
    ['days<14', 'days<14'],
    ['<not a form>', '<not a form>'],
    ['<>', '<>'],
    ['“Bob’s”', '“Bob’s”'],
  ])('%s', (escaped, text) => {
    expect(unescapeSlack(escaped)).toEqual({ text, mentions: [] });
  });

  it('a team of people is known by its id', () => {
    expect(unescapeSlack('--mention <!subteam^S12|@oncall>')).toEqual({
      text: '--mention @oncall',
      mentions: [{ token: '@oncall', kind: 'person', externalId: 'S12', name: 'oncall' }],
    });
  });
});

describe('channels and people become words that a mention explains', () => {
  const ops = { token: '#ops', kind: 'channel', externalId: 'C123', name: 'ops' };
  it.each([
    ['group map ops <#C123|ops>', 'group map ops #ops', [ops]],
    ['group map ops <#C123>', 'group map ops #C123', [{ ...ops, token: '#C123', name: 'C123' }]],
    ['group map ops <#C123|>', 'group map ops #C123', [{ ...ops, token: '#C123', name: 'C123' }]],
    ['<@U123|ann>', '@ann', [{ token: '@ann', kind: 'person', externalId: 'U123', name: 'ann' }]],
    ['<@W123>', '@W123', [{ token: '@W123', kind: 'person', externalId: 'W123', name: 'W123' }]],
    ['<@U1|Ann Lee>', '@U1', [{ token: '@U1', kind: 'person', externalId: 'U1', name: 'Ann Lee' }]],
    [
      '<#C9|größe-日本>',
      '#größe-日本',
      [{ token: '#größe-日本', kind: 'channel', externalId: 'C9', name: 'größe-日本' }],
    ],
    ['<#C123|ops> <#C123|ops>', '#ops #ops', [ops]],
    ['<#C123|ops> <#C4|ops>', '#ops #C4', [ops, { token: '#C4', kind: 'channel', externalId: 'C4', name: 'ops' }]],
  ])('%s', (escaped, text, mentions) => {
    expect(unescapeSlack(escaped)).toEqual({ text, mentions });
  });

  it('brackets that a person typed are no mention', () => {
    expect(unescapeSlack('&lt;#C123|ops&gt; &lt;!channel&gt;')).toEqual({
      text: '<#C123|ops> <!channel>',
      mentions: [],
    });
  });
});

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom('<', '>', '&', '|', '#C1', '@U1', '!', 'amp;', 'lt;', 'ops', ' ', 'http://x'))
    .map((parts) => parts.join('')),
);

describe('whatever is typed', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(anyText, (typed) => {
        expect(unescapeSlack(escape(typed))).toEqual({ text: typed, mentions: [] });
      }),
    );
  });

  it('ends in a text that holds every mention’s token, each one word', () => {
    fc.assert(
      fc.property(anyText, (raw) => {
        const { text, mentions } = unescapeSlack(raw);
        for (const mention of mentions) {
          expect(text).toContain(mention.token);
          expect(mention.token).toMatch(/^[#@]\S+$/);
        }
        expect(new Set(mentions.map((mention) => mention.token)).size).toBe(mentions.length);
      }),
    );
  });
});
