import { describe, expect, it } from 'vitest';
import { renderMessage } from '../../src/chat/slack/render.ts';
import { viewBreaches } from '../helpers/block-kit-limits.ts';
import { drawMessage, drawView } from './draw.ts';

const plain = (text: string) => ({ type: 'plain_text', text, emoji: false });
const option = (text: string) => ({ text: plain(text), value: text });
const BLOCKS = [
  { type: 'header', text: plain('Three monitors') },
  {
    type: 'section',
    text: plain('mail.example.com'),
    accessory: { type: 'button', text: plain('Show'), value: 'show' },
  },
  { type: 'section', fields: [plain('valid'), plain('63 days left')] },
  { type: 'divider' },
  { type: 'context', elements: [plain('checked at 12:00')] },
  { type: 'card', title: plain('Incidents'), body: plain('none') },
];
const MODAL = {
  type: 'modal',
  title: plain('Add a monitor'),
  submit: plain('Add'),
  close: plain('Cancel'),
  blocks: [
    { type: 'alert', level: 'error', text: plain('The name does not exist') },
    {
      type: 'input',
      label: plain('Host'),
      hint: plain('A name or an address'),
      element: { type: 'plain_text_input', placeholder: plain('mail.example.com') },
    },
    {
      type: 'input',
      label: plain('Protocol'),
      element: { type: 'static_select', options: [option('smtp')], initial_option: option('smtp') },
    },
    {
      type: 'input',
      optional: true,
      label: plain('Groups'),
      element: { type: 'checkboxes', options: [option('ops')] },
    },
    ...BLOCKS,
  ],
};

describe('the preview', () => {
  it.each([
    [
      'a modal',
      MODAL,
      ['Add a monitor', 'Cancel', 'The name does not exist', 'smtp', 'mail.example.com', '(optional)'],
    ],
    ['a Home tab', { type: 'home', blocks: BLOCKS }, ['Three monitors', '63 days left', 'checked at 12:00']],
  ])('draws %s that Slack would take', (_, view, says) => {
    expect(viewBreaches(view)).toEqual([]);
    const drawn = drawView(view);
    for (const words of says) expect(drawn).toContain(words);
    expect(drawn).not.toContain('the preview does not know');
  });

  it('says what it does not know', () => {
    expect(drawView({ type: 'home', blocks: [{ type: 'video' }] })).toContain('the preview does not know video');
  });

  it('runs nothing that a message says', () => {
    const { blocks } = renderMessage({ tone: 'critical', title: '<script>alert(1)</script>', blocks: [], actions: [] });
    const drawn = drawMessage({ from: '<b>', at: '12:00', blocks });
    expect(drawn).toContain('&lt;script&gt;');
    expect(drawn).not.toMatch(/<script|<b>&lt;b&gt;<\/b><b>/);
  });
});
