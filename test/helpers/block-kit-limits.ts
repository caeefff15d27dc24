/**
 * The limits of Block Kit (@slack/types 3.2; "Blocks", "Modals" and "App Home" on docs.slack.dev), checked on a whole
 * message or view. It knows nothing of the renderers. Each breach begins with the JSON pointer to where it stands.
 *
 * A block that certmon has no use for is not known here, and so is a breach: teach it before you use one.
 */
import { Breaches, MENUS, PICKERS, TEXT_INPUTS } from './block-kit-elements.ts';
import type { Item } from './block-kit-elements.ts';

export interface CheckedMessage {
  /** For the notification. */
  readonly text: string;
  readonly blocks: readonly unknown[];
}

export interface CheckedView {
  readonly type: string;
  readonly blocks: readonly unknown[];
  readonly [field: string]: unknown;
}

type Surface = 'message' | 'modal' | 'home';

/**
 * Slack documents none for a message as a whole, and refuses one of some 13,000 characters (bolt-js, issue 2509).
 */
const MAX_MESSAGE_CHARS = 10_000;

/** What Slack would refuse of a message; empty where all is well. */
export function messageBreaches(message: CheckedMessage): string[] {
  const breaches = new Breaches();
  // It may hold 40,000 and is best below 4,000 (docs.slack.dev, chat.postMessage).
  breaches.text('/text', message.text, 1, 4_000);
  checkBlocks(breaches, message.blocks, 'message', 50);
  const chars = charsIn(message.blocks);
  if (chars > MAX_MESSAGE_CHARS)
    breaches.say('/blocks', `hold ${String(chars)} characters, ${String(MAX_MESSAGE_CHARS)} are wise`);
  return breaches.found;
}

/** What Slack would refuse of a modal or a Home tab; empty where all is well. */
export function viewBreaches(view: CheckedView): string[] {
  const breaches = new Breaches();
  breaches.maybeText('/private_metadata', view.private_metadata, 0, 3_000);
  breaches.maybeText('/callback_id', view.callback_id, 1, 255);
  breaches.maybeText('/external_id', view.external_id, 1, 255);
  if (view.type === 'modal') {
    breaches.words('/title', view.title, 24);
    breaches.maybeWords('/close', view.close, 24);
    breaches.maybeWords('/submit', view.submit, 24);
    const asks = (view.blocks as readonly Item[]).some(({ type }) => type === 'input');
    if (asks && view.submit === undefined) breaches.say('/submit', 'is missing, and there is an input');
    checkBlocks(breaches, view.blocks, 'modal', 100);
  } else if (view.type === 'home') {
    for (const field of ['title', 'close', 'submit'])
      if (view[field] !== undefined) breaches.say(`/${field}`, 'a Home tab has none');
    checkBlocks(breaches, view.blocks, 'home', 100);
  } else {
    breaches.say('/type', `unknown view ${view.type}`);
  }
  return breaches.found;
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

function checkBlocks(breaches: Breaches, blocks: unknown, surface: Surface, most: number): void {
  const ids = new Set<unknown>();
  let tables = 0;
  for (const [index, block] of breaches.list('/blocks', blocks, 1, most).entries()) {
    const at = `/blocks/${String(index)}`;
    checkBlock(breaches, at, block, surface);
    if (block.block_id !== undefined && ids.has(block.block_id)) breaches.say(`${at}/block_id`, 'stands here twice');
    ids.add(block.block_id);
    if (block.type === 'table') tables += 1;
  }
  if (tables > 1) breaches.say('/blocks', 'hold more than one table');
}

function checkBlock(breaches: Breaches, at: string, block: Item, surface: Surface): void {
  const type = String(block.type);
  const known = BLOCKS[type];
  if (known === undefined) {
    breaches.say(`${at}/type`, `unknown block ${type}`);
    return;
  }
  if (!known.surfaces.includes(surface)) breaches.say(`${at}/type`, `${type} is not for a ${surface}`);
  breaches.maybeText(`${at}/block_id`, block.block_id, 1, 255);
  known.check(breaches, at, block, surface);
}

interface KnownBlock {
  readonly surfaces: readonly Surface[];
  readonly check: (breaches: Breaches, at: string, block: Item, surface: Surface) => void;
}

const EVERYWHERE: readonly Surface[] = ['message', 'modal', 'home'];

const BLOCKS: Readonly<Record<string, KnownBlock | undefined>> = {
  actions: {
    surfaces: EVERYWHERE,
    check(breaches, at, { elements }) {
      each(breaches, `${at}/elements`, elements, 1, 25, (place, element) => {
        breaches.element(place, element, ['button', 'overflow', ...MENUS, ...PICKERS]);
      });
    },
  },
  alert: {
    surfaces: ['modal'],
    check(breaches, at, { text, level = 'default' }) {
      breaches.words(`${at}/text`, text, 3_000, true);
      breaches.oneOf(`${at}/level`, level, ['default', 'info', 'warning', 'error', 'success']);
    },
  },
  card: { surfaces: EVERYWHERE, check: checkCard },
  carousel: {
    surfaces: ['message', 'home'],
    check(breaches, at, { elements }) {
      each(breaches, `${at}/elements`, elements, 1, 10, (place, card) => {
        if (card.type !== 'card') breaches.say(`${place}/type`, 'must be card');
        checkCard(breaches, place, card);
      });
    },
  },
  container: {
    surfaces: ['message'],
    check(breaches, at, block, surface) {
      if (block.title === undefined && block.rich_text_title === undefined) breaches.say(`${at}/title`, 'is missing');
      breaches.maybeWords(`${at}/title`, block.title, 150);
      breaches.maybeWords(`${at}/subtitle`, block.subtitle, 150, true);
      each(breaches, `${at}/child_blocks`, block.child_blocks, 1, 10, (place, child) => {
        checkBlock(breaches, place, child, surface);
      });
    },
  },
  context: {
    surfaces: EVERYWHERE,
    check(breaches, at, { elements }) {
      each(breaches, `${at}/elements`, elements, 1, 10, (place, element) => {
        if (element.type === 'image') breaches.image(place, element);
        else breaches.words(place, element, 3_000, true);
      });
    },
  },
  divider: { surfaces: EVERYWHERE, check: () => undefined },
  header: {
    surfaces: EVERYWHERE,
    check(breaches, at, { text }) {
      breaches.words(`${at}/text`, text, 150);
    },
  },
  image: {
    surfaces: EVERYWHERE,
    check(breaches, at, block) {
      breaches.image(at, block);
      breaches.maybeWords(`${at}/title`, block.title, 2_000);
    },
  },
  input: {
    surfaces: EVERYWHERE,
    check(breaches, at, { label, hint, element }) {
      breaches.words(`${at}/label`, label, 2_000);
      breaches.maybeWords(`${at}/hint`, hint, 2_000);
      breaches.element(`${at}/element`, (element ?? {}) as Item, [...MENUS, ...PICKERS, ...TEXT_INPUTS]);
    },
  },
  markdown: {
    surfaces: ['message'],
    check(breaches, at, { text }) {
      breaches.text(`${at}/text`, text, 1, 12_000);
    },
  },
  rich_text: { surfaces: EVERYWHERE, check: checkRichText },
  section: {
    surfaces: EVERYWHERE,
    check(breaches, at, { text, fields, accessory }) {
      if (text === undefined && fields === undefined) breaches.say(at, 'needs text or fields');
      breaches.maybeWords(`${at}/text`, text, 3_000, true);
      if (fields !== undefined)
        each(breaches, `${at}/fields`, fields, 1, 10, (place, field) => {
          breaches.words(place, field, 2_000, true);
        });
      if (accessory !== undefined)
        breaches.element(`${at}/accessory`, accessory as Item, ['button', 'overflow', 'image', ...MENUS, ...PICKERS]);
    },
  },
  table: { surfaces: ['message'], check: checkTable },
};

function each(
  breaches: Breaches,
  at: string,
  list: unknown,
  least: number,
  most: number,
  check: (place: string, item: Item) => void,
): void {
  for (const [index, item] of breaches.list(at, list, least, most).entries()) check(`${at}/${String(index)}`, item);
}

function checkCard(breaches: Breaches, at: string, card: Item): void {
  if ([card.hero_image, card.title, card.actions, card.body].every((part) => part === undefined))
    breaches.say(at, 'needs hero_image, title, actions or body');
  for (const [field, most] of [
    ['title', 150],
    ['subtitle', 150],
    ['body', 200],
  ] as const)
    breaches.maybeWords(`${at}/${field}`, card[field], most, true);
  if (card.actions !== undefined)
    each(breaches, `${at}/actions`, card.actions, 1, 25, (place, element) => {
      breaches.element(place, element, ['button']);
    });
}

/** Of `docs.slack.dev`, "Rich text block"; Slack refuses an empty leaf. */
const LEAVES: Readonly<Record<string, string | undefined>> = {
  text: 'text',
  link: 'url',
  emoji: 'name',
  user: 'user_id',
  usergroup: 'usergroup_id',
  channel: 'channel_id',
  broadcast: 'range',
  date: 'format',
};

function checkRichText(breaches: Breaches, at: string, { elements }: Item): void {
  each(breaches, `${at}/elements`, elements, 1, Infinity, (place, element) => {
    checkRichElement(breaches, place, element);
  });
}

function checkRichElement(breaches: Breaches, at: string, { type, elements, style }: Item): void {
  switch (type) {
    case 'rich_text_section':
    case 'rich_text_quote':
    case 'rich_text_preformatted':
      each(breaches, `${at}/elements`, elements, 1, Infinity, (place, leaf) => {
        const field = LEAVES[String(leaf.type)];
        if (field === undefined) breaches.say(`${place}/type`, `unknown leaf ${String(leaf.type)}`);
        else breaches.text(`${place}/${field}`, leaf[field], 1, Infinity);
        if (type === 'rich_text_preformatted' && !['text', 'link'].includes(String(leaf.type)))
          breaches.say(`${place}/type`, `${String(leaf.type)} does not stand in preformatted text`);
      });
      return;
    case 'rich_text_list':
      breaches.oneOf(`${at}/style`, style, ['bullet', 'ordered']);
      each(breaches, `${at}/elements`, elements, 1, Infinity, (place, item) => {
        if (item.type !== 'rich_text_section') breaches.say(`${place}/type`, 'must be rich_text_section');
        checkRichElement(breaches, place, item);
      });
      return;
    default:
      breaches.say(`${at}/type`, `unknown rich text ${String(type)}`);
  }
}

function checkTable(breaches: Breaches, at: string, { rows, column_settings: columns }: Item): void {
  const all = breaches.list(`${at}/rows`, rows, 1, 100) as unknown as readonly (readonly Item[])[];
  for (const [index, row] of all.entries()) {
    const place = `${at}/rows/${String(index)}`;
    if (row.length !== all[0]?.length) breaches.say(place, 'has another length than the first row');
    each(breaches, place, row, 1, 20, (cellAt, cell) => {
      if (cell.type === 'raw_text') breaches.text(`${cellAt}/text`, cell.text, 1, Infinity);
      else if (cell.type === 'rich_text') checkRichText(breaches, cellAt, cell);
      else breaches.say(`${cellAt}/type`, `unknown cell ${String(cell.type)}`);
    });
  }
  if (columns !== undefined) breaches.list(`${at}/column_settings`, columns, 0, 20);
}
