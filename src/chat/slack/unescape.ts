/**
 * Undoes what Slack makes of a person's words before the grammar sees them.
 *
 * In a slash command with `should_escape` Slack writes `&`, `<` and `>` as entities, and everything it understood in
 * angle brackets: `<#C1|ops>`, `<@U1|ann>`, `<http://host|host>`, `<mailto:a@b|a@b>`, `<!here>`, `<!subteam^S1|@oncall>`
 * (docs.slack.dev, "Formatting message text" and "Implementing slash commands"). What stands in brackets is Slack's, for a
 * person's own brackets arrive as entities; so all is undone in one pass, and nothing is undone twice.
 */
import type { Mention } from '../../core/inbox.ts';

export interface Unescaped {
  readonly text: string;
  readonly mentions: readonly Mention[];
}

const FORM = /<([^<>]*)>|&(amp|lt|gt);/g;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>' };

/** The text as it was typed. A channel or person becomes one word, `#ops` or `@ann`, that a mention explains. */
export function unescapeSlack(escaped: string): Unescaped {
  const mentions: Mention[] = [];
  const text = escaped.replace(FORM, (form, inner: string | undefined, entity: string | undefined) => {
    if (inner === undefined) return ENTITIES[entity ?? ''] ?? form;
    return undoBrackets(form, inner, mentions);
  });
  return { text, mentions };
}

function undoBrackets(form: string, inner: string, mentions: Mention[]): string {
  const bar = inner.indexOf('|');
  const target = bar < 0 ? inner : inner.slice(0, bar);
  const label = bar < 0 ? '' : undoEntities(inner.slice(bar + 1));
  const id = /^[#@]([A-Z0-9]+)$/.exec(target)?.[1];
  if (id !== undefined) return undoMention(target.startsWith('#') ? 'channel' : 'person', id, label, mentions);
  const team = /^!subteam\^(S[A-Z0-9]+)$/.exec(target)?.[1];
  if (team !== undefined) return undoMention('person', team, label.replace(/^@/, ''), mentions);
  if (target.startsWith('!')) return label === '' ? `@${target.slice(1)}` : label;
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) {
    return label === '' ? undoEntities(target.replace(/^(?:mailto|tel):/i, '')) : label;
  }
  return undoEntities(form);
}

/** The token is the name where that is one word of the grammar and nobody else's in this text, else the id. */
function undoMention(kind: Mention['kind'], externalId: string, label: string, mentions: Mention[]): string {
  const sigil = kind === 'channel' ? '#' : '@';
  const name = label === '' ? externalId : label;
  const known = mentions.find((mention) => mention.kind === kind && mention.externalId === externalId);
  if (known !== undefined) return known.token;
  const isTaken = mentions.some((mention) => mention.token === sigil + name);
  const token = sigil + (/^[\p{L}\p{N}\p{M}_.-]+$/u.test(name) && !isTaken ? name : externalId);
  mentions.push({ token, kind, externalId, name });
  return token;
}

function undoEntities(text: string): string {
  return text.replace(/&(amp|lt|gt);/g, (form, entity: string) => ENTITIES[entity] ?? form);
}
