/**
 * The limits of Block Kit, checked on a whole message (@slack/types 3.2, and "Blocks" on docs.slack.dev). Written from
 * that table and knowing nothing of the renderer: what it does not know is a problem too.
 */
export interface CheckedMessage {
  readonly text: string;
  readonly blocks: readonly unknown[];
}

interface Item {
  readonly type?: string;
  readonly [field: string]: unknown;
}

const MAX_CHARS = 10_000;

/** What Slack would refuse; empty where all is well. */
export function blockKitProblems(message: CheckedMessage): string[] {
  const problems: string[] = [];
  const say = (at: string, problem: string): void => {
    problems.push(`${at}: ${problem}`);
  };
  const between = (at: string, text: unknown, least: number, most: number): void => {
    if (typeof text !== 'string') say(at, 'is no text');
    else if (text.length < least || text.length > most)
      say(at, `has ${String(text.length)} characters, ${String(least)} to ${String(most)} are taken`);
  };
  const many = (at: string, list: unknown, least: number, most: number): readonly Item[] => {
    if (!Array.isArray(list)) {
      say(at, 'is no list');
      return [];
    }
    if (list.length < least || list.length > most)
      say(at, `has ${String(list.length)} items, ${String(least)} to ${String(most)} are taken`);
    return list as Item[];
  };
  const plain = (at: string, text: unknown, most: number): void => {
    const { type, text: words, emoji } = (text ?? {}) as Item;
    if (type !== 'plain_text') say(at, 'must be plain text');
    if (emoji !== false) say(at, 'turns :names: into emoji');
    between(at, words, 1, most);
  };

  const richText = (at: string, element: Item): void => {
    switch (element.type) {
      case 'rich_text_section':
      case 'rich_text_preformatted':
        for (const leaf of many(at, element.elements, 1, Infinity)) {
          if (leaf.type === 'text') between(`${at} text`, leaf.text, 1, Infinity);
          else if (leaf.type !== 'emoji') say(at, `holds a ${String(leaf.type)}, which may act`);
        }
        return;
      case 'rich_text_list':
        for (const item of many(at, element.elements, 1, Infinity)) richText(`${at} item`, item);
        return;
      default:
        say(at, `unknown rich text ${String(element.type)}`);
    }
  };

  const actionIds = new Set<unknown>();
  const control = (at: string, element: Item): void => {
    between(`${at} action_id`, element.action_id, 1, 255);
    if (actionIds.has(element.action_id)) say(at, 'has an action_id twice');
    actionIds.add(element.action_id);
    if (element.type === 'button') {
      plain(`${at} text`, element.text, 75);
      between(`${at} value`, element.value, 1, 2_000);
      if (![undefined, 'primary', 'danger'].includes(element.style as string | undefined)) say(at, 'unknown style');
      if (element.confirm !== undefined) {
        const confirm = element.confirm as Item;
        plain(`${at} confirm title`, confirm.title, 100);
        plain(`${at} confirm text`, confirm.text, 300);
        plain(`${at} confirm`, confirm.confirm, 30);
        plain(`${at} deny`, confirm.deny, 30);
      }
    } else if (element.type === 'static_select') {
      plain(`${at} placeholder`, element.placeholder, 150);
      for (const option of many(`${at} options`, element.options, 1, 100)) {
        plain(`${at} option`, option.text, 75);
        between(`${at} option value`, option.value, 1, 75);
      }
    } else {
      say(at, `unknown element ${String(element.type)}`);
    }
  };

  let tables = 0;
  const block = (at: string, item: Item): void => {
    switch (item.type) {
      case 'rich_text':
        for (const element of many(at, item.elements, 1, Infinity)) richText(at, element);
        return;
      case 'context':
        for (const element of many(at, item.elements, 1, 10)) plain(at, element, 2_000);
        return;
      case 'actions':
        for (const [index, element] of many(at, item.elements, 1, 25).entries())
          control(`${at}.${String(index)}`, element);
        return;
      case 'table': {
        tables += 1;
        const rows = many(`${at} rows`, item.rows, 1, 100) as unknown as (readonly Item[])[];
        for (const row of rows) {
          if (row.length !== rows[0]?.length) say(at, 'has rows of unequal length');
          for (const cell of many(`${at} cells`, row, 1, 20)) {
            if (cell.type === 'raw_text') between(`${at} cell`, cell.text, 1, Infinity);
            else block(`${at} cell`, cell);
          }
        }
        many(`${at} column_settings`, item.column_settings, 0, 20);
        return;
      }
      default:
        say(at, `unknown block ${String(item.type)}`);
    }
  };

  between('text', message.text, 1, 4_000);
  for (const [index, item] of many('blocks', message.blocks, 1, 50).entries()) block(`block ${String(index)}`, item);
  if (tables > 1) say('blocks', 'hold more than one table');
  const chars = charsIn(message.blocks);
  if (chars > MAX_CHARS) say('blocks', `hold ${String(chars)} characters, ${String(MAX_CHARS)} are wise`);
  return problems;
}

/** All that is said, values of buttons and options included. */
export function charsIn(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce(
    (sum, [key, part]) => sum + (['type', 'action_id', 'style', 'name'].includes(key) ? 0 : charsIn(part)),
    0,
  );
}

/** All words of a message in the order shown, a line for each piece. */
export function wordsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(wordsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) =>
    key === 'text' && typeof part === 'string' ? [part] : wordsIn(part),
  );
}
