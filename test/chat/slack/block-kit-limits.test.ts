/** The checker itself: each limit is broken by one, alone, and kept exactly. */
import { describe, expect, it } from 'vitest';
import { blockKitProblems, viewProblems } from '../../helpers/block-kit.ts';
import { messageBreaches, viewBreaches } from '../../helpers/block-kit-limits.ts';
import type { CheckedView } from '../../helpers/block-kit-limits.ts';

type Made = Readonly<Record<string, unknown>>;

const x = (count: number): string => 'x'.repeat(count);
const some = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const plain = (text: string): Made => ({ type: 'plain_text', text, emoji: false });
const mrkdwn = (text: string): Made => ({ type: 'mrkdwn', text });
const option = (index = 0, more: Made = {}): Made => ({ text: plain('one'), value: `v${String(index)}`, ...more });
const options = (count: number): Made[] => some(count, (index) => option(index));
const button = (more: Made = {}): Made => ({ type: 'button', text: plain('Go'), value: 'go', ...more });
const select = (more: Made = {}): Made => ({ type: 'static_select', options: options(2), ...more });
const actions = (...elements: Made[]): Made => ({ type: 'actions', elements });
const section = (more: Made = { text: plain('a') }): Made => ({ type: 'section', ...more });
const input = (element: Made, more: Made = {}): Made => ({ type: 'input', label: plain('Host'), element, ...more });
const field = (more: Made = {}): Made => ({ type: 'plain_text_input', action_id: 'host', ...more });
const leaf = (text: string): Made => ({ type: 'text', text });
const rich = (...elements: Made[]): Made => ({ type: 'rich_text', elements });
const line = (...elements: Made[]): Made => ({ type: 'rich_text_section', elements });
const cell = (text = 'a'): Made => ({ type: 'raw_text', text });
const table = (rows: unknown, more: Made = {}): Made => ({ type: 'table', rows, ...more });
const card = (more: Made = { title: mrkdwn('a') }): Made => ({ type: 'card', ...more });
const image = (more: Made = {}): Made => ({
  type: 'image',
  image_url: 'https://a.example/a.png',
  alt_text: 'a',
  ...more,
});
const header = (text: Made = plain('a')): Made => ({ type: 'header', text });
const confirm = (more: Made = {}): Made => ({
  title: plain('a'),
  text: plain('a'),
  confirm: plain('a'),
  deny: plain('a'),
  ...more,
});
const modal = (blocks: unknown[], more: Made = {}): CheckedView => ({
  type: 'modal',
  title: plain('Add'),
  submit: plain('Go'),
  blocks,
  ...more,
});
const home = (blocks: unknown[], more: Made = {}): CheckedView => ({ type: 'home', blocks, ...more });
const said = (...blocks: unknown[]) => messageBreaches({ text: 'a', blocks });

/** At the limit, one beyond it, and where the breach is. */
const LIMITS: readonly (readonly [string, unknown, unknown, string])[] = [
  ['blocks', some(50, () => section()), some(51, () => section()), '/blocks'],
  ['no block', [section()], [], '/blocks'],
  ['a section', [section({ text: mrkdwn(x(3_000)) })], [section({ text: mrkdwn(x(3_001)) })], '/blocks/0/text/text'],
  ['an empty section', [section()], [section({ text: plain('') })], '/blocks/0/text/text'],
  ['a section of nothing', [section()], [section({})], '/blocks/0'],
  [
    'fields',
    [section({ fields: some(10, () => plain('a')) })],
    [section({ fields: some(11, () => plain('a')) })],
    '/blocks/0/fields',
  ],
  [
    'a field',
    [section({ fields: [plain(x(2_000))] })],
    [section({ fields: [plain(x(2_001))] })],
    '/blocks/0/fields/0/text',
  ],
  ['a header', [header(plain(x(150)))], [header(plain(x(151)))], '/blocks/0/text/text'],
  ['markup in a header', [header()], [header(mrkdwn('a'))], '/blocks/0/text/type'],
  [
    'a block_id',
    [section({ text: plain('a'), block_id: x(255) })],
    [section({ text: plain('a'), block_id: x(256) })],
    '/blocks/0/block_id',
  ],
  [
    'block_ids',
    [section({ text: plain('a'), block_id: 'a' }), section({ text: plain('a'), block_id: 'b' })],
    [section({ text: plain('a'), block_id: 'a' }), section({ text: plain('a'), block_id: 'a' })],
    '/blocks/1/block_id',
  ],
  [
    'context',
    [{ type: 'context', elements: some(10, () => plain('a')) }],
    [{ type: 'context', elements: some(11, () => plain('a')) }],
    '/blocks/0/elements',
  ],
  ['an image', [image({ alt_text: x(2_000) })], [image({ alt_text: x(2_001) })], '/blocks/0/alt_text'],
  ['an image of nothing', [image()], [image({ image_url: undefined })], '/blocks/0'],
  ['an image title', [image({ title: plain(x(2_000)) })], [image({ title: plain(x(2_001)) })], '/blocks/0/title/text'],
  ['actions', [actions(...some(25, () => button()))], [actions(...some(26, () => button()))], '/blocks/0/elements'],
  [
    'a button',
    [actions(button({ text: plain(x(75)) }))],
    [actions(button({ text: plain(x(76)) }))],
    '/blocks/0/elements/0/text/text',
  ],
  [
    'a value',
    [actions(button({ value: x(2_000) }))],
    [actions(button({ value: x(2_001) }))],
    '/blocks/0/elements/0/value',
  ],
  ['a URL', [actions(button({ url: x(3_000) }))], [actions(button({ url: x(3_001) }))], '/blocks/0/elements/0/url'],
  [
    'a label',
    [actions(button({ accessibility_label: x(75) }))],
    [actions(button({ accessibility_label: x(76) }))],
    '/blocks/0/elements/0/accessibility_label',
  ],
  [
    'a style',
    [actions(button({ style: 'danger' }))],
    [actions(button({ style: 'red' }))],
    '/blocks/0/elements/0/style',
  ],
  [
    'an action_id',
    [actions(button({ action_id: x(255) }))],
    [actions(button({ action_id: x(256) }))],
    '/blocks/0/elements/0/action_id',
  ],
  [
    'action_ids',
    [actions(button({ action_id: 'a' }), button({ action_id: 'b' }))],
    [actions(button({ action_id: 'a' }), button({ action_id: 'a' }))],
    '/blocks/0/elements/1/action_id',
  ],
  [
    'a confirm title',
    [actions(button({ confirm: confirm({ title: plain(x(100)) }) }))],
    [actions(button({ confirm: confirm({ title: plain(x(101)) }) }))],
    '/blocks/0/elements/0/confirm/title/text',
  ],
  [
    'a confirm text',
    [actions(button({ confirm: confirm({ text: plain(x(300)) }) }))],
    [actions(button({ confirm: confirm({ text: plain(x(301)) }) }))],
    '/blocks/0/elements/0/confirm/text/text',
  ],
  [
    'a confirm',
    [actions(button({ confirm: confirm({ confirm: plain(x(30)) }) }))],
    [actions(button({ confirm: confirm({ confirm: plain(x(31)) }) }))],
    '/blocks/0/elements/0/confirm/confirm/text',
  ],
  [
    'a deny',
    [actions(button({ confirm: confirm({ deny: plain(x(30)) }) }))],
    [actions(button({ confirm: confirm({ deny: plain(x(31)) }) }))],
    '/blocks/0/elements/0/confirm/deny/text',
  ],
  [
    'options',
    [actions(select({ options: options(100) }))],
    [actions(select({ options: options(101) }))],
    '/blocks/0/elements/0/options',
  ],
  ['no option', [actions(select())], [actions(select({ options: [] }))], '/blocks/0/elements/0/options'],
  ['no options at all', [actions(select())], [actions(select({ options: undefined }))], '/blocks/0/elements/0'],
  [
    'an option',
    [actions(select({ options: [option(0, { text: plain(x(75)) })] }))],
    [actions(select({ options: [option(0, { text: plain(x(76)) })] }))],
    '/blocks/0/elements/0/options/0/text/text',
  ],
  [
    'an option’s value',
    [actions(select({ options: [option(0, { value: x(75) })] }))],
    [actions(select({ options: [option(0, { value: x(76) })] }))],
    '/blocks/0/elements/0/options/0/value',
  ],
  [
    'values',
    [actions(select())],
    [actions(select({ options: [option(), option()] }))],
    '/blocks/0/elements/0/options/1/value',
  ],
  [
    'a description',
    [actions(select({ options: [option(0, { description: plain(x(75)) })] }))],
    [actions(select({ options: [option(0, { description: plain(x(76)) })] }))],
    '/blocks/0/elements/0/options/0/description/text',
  ],
  [
    'an initial option',
    [actions(select({ initial_option: option(1) }))],
    [actions(select({ initial_option: option(2) }))],
    '/blocks/0/elements/0/initial_option',
  ],
  [
    'groups',
    [
      actions(
        select({ options: undefined, option_groups: some(10, () => ({ label: plain('a'), options: options(1) })) }),
      ),
    ],
    [
      actions(
        select({ options: undefined, option_groups: some(101, () => ({ label: plain('a'), options: options(1) })) }),
      ),
    ],
    '/blocks/0/elements/0/option_groups',
  ],
  [
    'a group',
    [actions(select({ options: undefined, option_groups: [{ label: plain(x(75)), options: options(1) }] }))],
    [actions(select({ options: undefined, option_groups: [{ label: plain(x(76)), options: options(1) }] }))],
    '/blocks/0/elements/0/option_groups/0/label/text',
  ],
  [
    'a placeholder',
    [actions(select({ placeholder: plain(x(150)) }))],
    [actions(select({ placeholder: plain(x(151)) }))],
    '/blocks/0/elements/0/placeholder/text',
  ],
  [
    'checkboxes',
    [actions({ type: 'checkboxes', options: options(10) })],
    [actions({ type: 'checkboxes', options: options(11) })],
    '/blocks/0/elements/0/options',
  ],
  [
    'radio buttons',
    [actions({ type: 'radio_buttons', options: options(10) })],
    [actions({ type: 'radio_buttons', options: options(11) })],
    '/blocks/0/elements/0/options',
  ],
  [
    'overflow',
    [actions({ type: 'overflow', options: options(5) })],
    [actions({ type: 'overflow', options: options(6) })],
    '/blocks/0/elements/0/options',
  ],
  [
    'a day',
    [actions({ type: 'datepicker', initial_date: '2026-11-25' })],
    [actions({ type: 'datepicker', initial_date: '25.11.2026' })],
    '/blocks/0/elements/0/initial_date',
  ],
  [
    'a time',
    [actions({ type: 'timepicker', initial_time: '09:00' })],
    [actions({ type: 'timepicker', initial_time: '9:00' })],
    '/blocks/0/elements/0/initial_time',
  ],
  ['an input among actions', [actions(button())], [actions(field())], '/blocks/0/elements/0'],
  ['an unknown element', [actions(button())], [actions({ type: 'slider' })], '/blocks/0/elements/0'],
  ['an unknown block', [section()], [{ type: 'data_visualization' }], '/blocks/0/type'],
  ['an alert in a message', [section()], [{ type: 'alert', text: plain('a') }], '/blocks/0/type'],
  ['markdown', [{ type: 'markdown', text: x(9_000) }], [{ type: 'markdown', text: '' }], '/blocks/0/text'],
  [
    'all of it',
    [section({ text: plain(x(3_000)) }), section({ text: plain(x(3_000)) }), section({ text: plain(x(3_000)) })],
    some(4, () => section({ text: plain(x(3_000)) })),
    '/blocks',
  ],
  ['an empty leaf', [rich(line(leaf('a')))], [rich(line(leaf('')))], '/blocks/0/elements/0/elements/0/text'],
  ['an empty line', [rich(line(leaf('a')))], [rich(line())], '/blocks/0/elements/0/elements'],
  [
    'an unknown leaf',
    [rich(line({ type: 'emoji', name: 'a' }))],
    [rich(line({ type: 'smiley', name: 'a' }))],
    '/blocks/0/elements/0/elements/0/type',
  ],
  [
    'an emoji in code',
    [rich({ type: 'rich_text_preformatted', elements: [leaf('a')] })],
    [rich({ type: 'rich_text_preformatted', elements: [{ type: 'emoji', name: 'a' }] })],
    '/blocks/0/elements/0/elements/0/type',
  ],
  [
    'a list',
    [rich({ type: 'rich_text_list', style: 'bullet', elements: [line(leaf('a'))] })],
    [rich({ type: 'rich_text_list', style: 'dashes', elements: [line(leaf('a'))] })],
    '/blocks/0/elements/0/style',
  ],
  [
    'what is in a list',
    [rich({ type: 'rich_text_list', style: 'bullet', elements: [line(leaf('a'))] })],
    [rich({ type: 'rich_text_list', style: 'bullet', elements: [{ type: 'rich_text_quote', elements: [leaf('a')] }] })],
    '/blocks/0/elements/0/elements/0/type',
  ],
  ['rows', [table(some(100, () => [cell()]))], [table(some(101, () => [cell()]))], '/blocks/0/rows'],
  ['columns', [table([some(20, () => cell())])], [table([some(21, () => cell())])], '/blocks/0/rows/0'],
  [
    'column settings',
    [table([[cell()]], { column_settings: some(20, () => ({})) })],
    [table([[cell()]], { column_settings: some(21, () => ({})) })],
    '/blocks/0/column_settings',
  ],
  ['an empty cell', [table([[cell()]])], [table([[cell('')]])], '/blocks/0/rows/0/0/text'],
  ['rows of one length', [table([[cell()], [cell()]])], [table([[cell()], [cell(), cell()]])], '/blocks/0/rows/1'],
  ['tables', [table([[cell()]])], [table([[cell()]]), table([[cell()]])], '/blocks'],
  ['a card', [card({ title: mrkdwn(x(150)) })], [card({ title: mrkdwn(x(151)) })], '/blocks/0/title/text'],
  [
    'a card’s subtitle',
    [card({ title: mrkdwn('a'), subtitle: mrkdwn(x(150)) })],
    [card({ title: mrkdwn('a'), subtitle: mrkdwn(x(151)) })],
    '/blocks/0/subtitle/text',
  ],
  ['a card’s body', [card({ body: mrkdwn(x(200)) })], [card({ body: mrkdwn(x(201)) })], '/blocks/0/body/text'],
  ['a card of nothing', [card()], [card({ subtitle: mrkdwn('a') })], '/blocks/0'],
  [
    'a carousel',
    [{ type: 'carousel', elements: some(10, () => card()) }],
    [{ type: 'carousel', elements: some(11, () => card()) }],
    '/blocks/0/elements',
  ],
  [
    'a container',
    [{ type: 'container', title: plain(x(150)), child_blocks: [section()] }],
    [{ type: 'container', title: plain(x(151)), child_blocks: [section()] }],
    '/blocks/0/title/text',
  ],
  [
    'what is in a container',
    [{ type: 'container', title: plain('a'), child_blocks: some(10, () => section()) }],
    [{ type: 'container', title: plain('a'), child_blocks: some(11, () => section()) }],
    '/blocks/0/child_blocks',
  ],
  [
    'a text of context',
    [{ type: 'context', elements: [plain(x(3_000))] }],
    [{ type: 'context', elements: [plain(x(3_001))] }],
    '/blocks/0/elements/0/text',
  ],
  [
    'no context',
    [{ type: 'context', elements: [plain('a')] }],
    [{ type: 'context', elements: [] }],
    '/blocks/0/elements',
  ],
  ['the URL of an image', [image({ image_url: x(3_000) })], [image({ image_url: x(3_001) })], '/blocks/0/image_url'],
  ['an empty URL of an image', [image()], [image({ image_url: '' })], '/blocks/0/image_url'],
  ['no action', [actions(button())], [actions()], '/blocks/0/elements'],
  ['an empty value', [actions(button())], [actions(button({ value: '' }))], '/blocks/0/elements/0/value'],
  ['an empty URL', [actions(button({ url: 'a' }))], [actions(button({ url: '' }))], '/blocks/0/elements/0/url'],
  [
    'an empty label',
    [actions(button({ accessibility_label: 'a' }))],
    [actions(button({ accessibility_label: '' }))],
    '/blocks/0/elements/0/accessibility_label',
  ],
  [
    'an option’s URL',
    [actions({ type: 'overflow', options: [option(0, { url: x(3_000) })] })],
    [actions({ type: 'overflow', options: [option(0, { url: x(3_001) })] })],
    '/blocks/0/elements/0/options/0/url',
  ],
  [
    'an option’s empty URL',
    [actions({ type: 'overflow', options: [option(0, { url: 'a' })] })],
    [actions({ type: 'overflow', options: [option(0, { url: '' })] })],
    '/blocks/0/elements/0/options/0/url',
  ],
  [
    'an option’s empty value',
    [actions(select())],
    [actions(select({ options: [option(0, { value: '' })] }))],
    '/blocks/0/elements/0/options/0/value',
  ],
  [
    'an instant',
    [actions({ type: 'datetimepicker', initial_date_time: 1_764_000_000 })],
    [actions({ type: 'datetimepicker', initial_date_time: 1_764_000_000_000 })],
    '/blocks/0/elements/0/initial_date_time',
  ],
  [
    'a late time',
    [actions({ type: 'timepicker', initial_time: '23:59' })],
    [actions({ type: 'timepicker', initial_time: '24:00' })],
    '/blocks/0/elements/0/initial_time',
  ],
  [
    'a minute',
    [actions({ type: 'timepicker', initial_time: '19:00' })],
    [actions({ type: 'timepicker', initial_time: '19:60' })],
    '/blocks/0/elements/0/initial_time',
  ],
  ['a message', [{ type: 'markdown', text: x(10_000) }], [{ type: 'markdown', text: x(10_001) }], '/blocks'],
  [
    'a card’s buttons',
    [card({ actions: some(25, () => button()) })],
    [card({ actions: some(26, () => button()) })],
    '/blocks/0/actions',
  ],
  ['a card’s no buttons', [card({ actions: [button()] })], [card({ actions: [] })], '/blocks/0/actions'],
  ['no card', [{ type: 'carousel', elements: [card()] }], [{ type: 'carousel', elements: [] }], '/blocks/0/elements'],
  [
    'a container’s subtitle',
    [{ type: 'container', title: plain('a'), subtitle: plain(x(150)), child_blocks: [section()] }],
    [{ type: 'container', title: plain('a'), subtitle: plain(x(151)), child_blocks: [section()] }],
    '/blocks/0/subtitle/text',
  ],
];

const VIEW_LIMITS: readonly (readonly [string, CheckedView, CheckedView, string])[] = [
  ['blocks', modal(some(100, () => section())), modal(some(101, () => section())), '/blocks'],
  ['a title', modal([section()], { title: plain(x(24)) }), modal([section()], { title: plain(x(25)) }), '/title/text'],
  ['no title', modal([section()]), modal([section()], { title: undefined }), '/title'],
  [
    'a submit',
    modal([section()], { submit: plain(x(24)) }),
    modal([section()], { submit: plain(x(25)) }),
    '/submit/text',
  ],
  ['a close', modal([section()], { close: plain(x(24)) }), modal([section()], { close: plain(x(25)) }), '/close/text'],
  ['no submit', modal([input(field())]), modal([input(field())], { submit: undefined }), '/submit'],
  [
    'metadata',
    modal([section()], { private_metadata: x(3_000) }),
    modal([section()], { private_metadata: x(3_001) }),
    '/private_metadata',
  ],
  [
    'a callback_id',
    modal([section()], { callback_id: x(255) }),
    modal([section()], { callback_id: x(256) }),
    '/callback_id',
  ],
  [
    'a label',
    modal([input(field(), { label: plain(x(2_000)) })]),
    modal([input(field(), { label: plain(x(2_001)) })]),
    '/blocks/0/label/text',
  ],
  [
    'a hint',
    modal([input(field(), { hint: plain(x(2_000)) })]),
    modal([input(field(), { hint: plain(x(2_001)) })]),
    '/blocks/0/hint/text',
  ],
  [
    'an input',
    modal([input(field({ max_length: 3_000 }))]),
    modal([input(field({ max_length: 3_001 }))]),
    '/blocks/0/element/max_length',
  ],
  [
    'what an input begins with',
    modal([input(field({ max_length: 5, initial_value: x(5) }))]),
    modal([input(field({ max_length: 5, initial_value: x(6) }))]),
    '/blocks/0/element/initial_value',
  ],
  [
    'a number',
    modal([input({ type: 'number_input', is_decimal_allowed: false })]),
    modal([input({ type: 'number_input' })]),
    '/blocks/0/element/is_decimal_allowed',
  ],
  ['a button as an input', modal([input(field())]), modal([input(button())]), '/blocks/0/element'],
  [
    'the focus',
    modal([input(field({ focus_on_load: true })), input(field({ action_id: 'b' }))]),
    modal([input(field({ focus_on_load: true })), input(field({ action_id: 'b', focus_on_load: true }))]),
    '/blocks/1/element/focus_on_load',
  ],
  [
    'several chosen',
    modal([input(select({ type: 'multi_static_select', max_selected_items: 1 }))]),
    modal([input(select({ type: 'multi_static_select', max_selected_items: 0 }))]),
    '/blocks/0/element/max_selected_items',
  ],
  ['a table in a modal', modal([section()]), modal([table([[cell()]])]), '/blocks/0/type'],
  [
    'a carousel in a modal',
    home([{ type: 'carousel', elements: [card()] }]),
    modal([{ type: 'carousel', elements: [card()] }]),
    '/blocks/0/type',
  ],
  [
    'an alert at home',
    modal([{ type: 'alert', text: plain('a') }]),
    home([{ type: 'alert', text: plain('a') }]),
    '/blocks/0/type',
  ],
  [
    'an alert’s level',
    modal([{ type: 'alert', text: plain('a'), level: 'error' }]),
    modal([{ type: 'alert', text: plain('a'), level: 'bad' }]),
    '/blocks/0/level',
  ],
  ['a Home tab', home(some(100, () => section())), home(some(101, () => section())), '/blocks'],
  ['a Home tab’s title', home([section()]), home([section()], { title: plain('a') }), '/title'],
  ['another view', home([section()]), { ...home([section()]), type: 'workflow_step' }, '/type'],
  [
    'an external_id',
    modal([section()], { external_id: x(255) }),
    modal([section()], { external_id: x(256) }),
    '/external_id',
  ],
  [
    'an empty external_id',
    modal([section()], { external_id: 'a' }),
    modal([section()], { external_id: '' }),
    '/external_id',
  ],
  [
    'an empty callback_id',
    modal([section()], { private_metadata: '', callback_id: 'a' }),
    modal([section()], { callback_id: '' }),
    '/callback_id',
  ],
  [
    'the text of an alert',
    modal([{ type: 'alert', text: plain(x(3_000)) }]),
    modal([{ type: 'alert', text: plain(x(3_001)) }]),
    '/blocks/0/text/text',
  ],
  [
    'the least of an input',
    modal([input(field({ min_length: 3_000 }))]),
    modal([input(field({ min_length: 3_001 }))]),
    '/blocks/0/element/min_length',
  ],
  [
    'less than nothing',
    modal([input(field({ min_length: 0, initial_value: '' }))]),
    modal([input(field({ min_length: -1 }))]),
    '/blocks/0/element/min_length',
  ],
  [
    'an input of nothing',
    modal([input(field({ max_length: 1 }))]),
    modal([input(field({ max_length: 0 }))]),
    '/blocks/0/element/max_length',
  ],
];

describe('of a message', () => {
  it.each(LIMITS)('%s within the limit is taken, and beyond it told', (_, good, bad, at) => {
    expect(said(...(good as unknown[]))).toEqual([]);
    expect(said(...(bad as unknown[])).map((breach) => breach.split(': ')[0])).toEqual([at]);
  });

  it.each([
    ['', '/text'],
    [x(4_001), '/text'],
  ])('a text of %s is told', (text, at) => {
    expect(messageBreaches({ text: x(4_000), blocks: [section()] })).toEqual([]);
    expect(messageBreaches({ text, blocks: [section()] })[0]).toMatch(`${at}: has ${String(text.length)} characters`);
  });
});

describe('of a view', () => {
  it.each(VIEW_LIMITS)('%s within the limit is taken, and beyond it told', (_, good, bad, at) => {
    expect(viewBreaches(good)).toEqual([]);
    expect(viewBreaches(bad).map((breach) => breach.split(': ')[0])).toEqual([at]);
  });
});

describe('what could act', () => {
  it.each([
    ['markup', section({ text: mrkdwn('a') }), '/blocks/0/text: is markup'],
    ['an emoji', section({ text: { type: 'plain_text', text: ':bomb:' } }), '/blocks/0/text: turns :names: into emoji'],
    [
      'a link',
      rich(line({ type: 'link', url: 'https://a.example' })),
      '/blocks/0/elements/0/elements/0: is a link, which acts',
    ],
    [
      'a mention',
      rich(line({ type: 'user', user_id: 'U1' })),
      '/blocks/0/elements/0/elements/0: is a user, which acts',
    ],
    [
      'everybody',
      rich(line({ type: 'broadcast', range: 'channel' })),
      '/blocks/0/elements/0/elements/0: is a broadcast, which acts',
    ],
  ])('%s is told', (_, block, problem) => {
    expect(blockKitProblems({ text: 'a', blocks: [block] })).toEqual([problem]);
    expect(viewProblems(modal([block]))).toEqual([problem]);
  });

  it('a mention of somebody who is meant is not', () => {
    const message = { text: 'a', blocks: [rich(line({ type: 'user', user_id: 'U1' }))] };
    expect(blockKitProblems(message, ['U1'])).toEqual([]);
    expect(blockKitProblems(message, ['U2'])).toHaveLength(1);
  });
});
