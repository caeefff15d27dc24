/**
 * Blocks and views of Slack's as HTML, close enough to how Slack shows them to judge order, weight and length by eye. It
 * knows what certmon sends, and says so where it meets something else; it is no authority on anything.
 */
interface Item {
  readonly type?: string;
  readonly [field: string]: unknown;
}

/** The few that certmon uses; another one is shown by its name. */
const EMOJI: Readonly<Record<string, string | undefined>> = {
  rotating_light: '🚨',
  warning: '⚠️',
  information_source: 'ℹ️',
  white_check_mark: '✅',
  large_green_circle: '🟢',
  zzz: '💤',
  eyes: '👀',
  bell: '🔔',
  no_bell: '🔕',
};

export interface DrawnMessage {
  readonly from: string;
  readonly at: string;
  readonly blocks: readonly unknown[];
  /** Only who asked sees it. */
  readonly isPrivate?: boolean;
  readonly isEdited?: boolean;
  readonly replies?: number;
}

export function drawMessage({ from, at, blocks, isPrivate, isEdited, replies }: DrawnMessage): string {
  const isApp = from === 'certmon';
  return `<article class="message${isPrivate === true ? ' private' : ''}">
    <div class="avatar ${isApp ? 'app' : 'person'}">${isApp ? 'C' : html(from.slice(0, 1))}</div>
    <div class="body">
      ${isPrivate === true ? '<div class="only-you">👁 Only visible to you</div>' : ''}
      <div class="who"><b>${html(from)}</b>${isApp ? '<span class="badge">APP</span>' : ''}<time>${html(at)}</time></div>
      ${blocks.map((block) => drawBlock(block as Item)).join('\n')}
      ${isEdited === true ? '<span class="edited">(edited)</span>' : ''}
      ${replies === undefined ? '' : `<div class="replies">${String(replies)} ${replies === 1 ? 'reply' : 'replies'}</div>`}
    </div>
  </article>`;
}

/** A modal with its frame, or a Home tab. */
export function drawView(view: Item): string {
  const blocks = (view.blocks as readonly Item[]).map(drawBlock).join('\n');
  if (view.type === 'home') return `<section class="home">${blocks}</section>`;
  return `<section class="modal">
    <header><b>${words(view.title)}</b><span class="x">✕</span></header>
    <div class="inside">${blocks}</div>
    <footer>${view.close === undefined ? '' : `<span class="button">${words(view.close)}</span>`}
    ${view.submit === undefined ? '' : `<span class="button primary-filled">${words(view.submit)}</span>`}</footer>
  </section>`;
}

function drawBlock(block: Item): string {
  switch (block.type) {
    case 'rich_text':
      return `<div class="rich">${list(block.elements).map(drawRich).join('')}</div>`;
    case 'section':
      return drawSection(block);
    case 'header':
      return `<h1>${words(block.text)}</h1>`;
    case 'context':
      return `<div class="context">${list(block.elements).map(words).join(' ')}</div>`;
    case 'actions':
      return `<div class="actions">${list(block.elements).map(drawElement).join(' ')}</div>`;
    case 'divider':
      return '<hr>';
    case 'table':
      return drawTable(block);
    case 'input':
      return `<div class="input"><label>${words(block.label)}${block.optional === true ? ' <i>(optional)</i>' : ''}</label>
        ${drawElement(block.element as Item)}
        ${block.hint === undefined ? '' : `<div class="hint">${words(block.hint)}</div>`}</div>`;
    case 'alert':
      return `<div class="alert ${html(String(block.level))}">${words(block.text)}</div>`;
    case 'card':
      return `<div class="card"><b>${words(block.title)}</b><div class="hint">${words(block.subtitle)}</div>${words(block.body)}
        <div class="actions">${list(block.actions).map(drawElement).join(' ')}</div></div>`;
    default:
      return unknown(block);
  }
}

function drawSection({ text, fields, accessory }: Item): string {
  return `<div class="section"><div>${text === undefined ? '' : `<p>${words(text)}</p>`}
    ${
      fields === undefined
        ? ''
        : `<div class="fields">${list(fields)
            .map((field) => `<p>${words(field)}</p>`)
            .join('')}</div>`
    }
    </div>${accessory === undefined ? '' : drawElement(accessory as Item)}</div>`;
}

function drawTable({ rows }: Item): string {
  const drawn = (rows as readonly (readonly Item[])[]).map(
    (row) =>
      `<tr>${row.map((cell) => `<td>${cell.type === 'rich_text' ? drawBlock(cell) : words(cell)}</td>`).join('')}</tr>`,
  );
  return `<table>${drawn.join('\n')}</table>`;
}

function drawRich(element: Item): string {
  const inside = (): string => list(element.elements).map(drawLeaf).join('');
  switch (element.type) {
    case 'rich_text_section':
      return `<p>${inside()}</p>`;
    case 'rich_text_preformatted':
      return `<pre>${inside()}</pre>`;
    case 'rich_text_quote':
      return `<blockquote>${inside()}</blockquote>`;
    case 'rich_text_list':
      return `<ul>${list(element.elements)
        .map((item) => `<li>${list(item.elements).map(drawLeaf).join('')}</li>`)
        .join('')}</ul>`;
    default:
      return unknown(element);
  }
}

function drawLeaf(leaf: Item): string {
  const { bold, code, italic, strike } = (leaf.style ?? {}) as Readonly<Record<string, boolean | undefined>>;
  switch (leaf.type) {
    case 'text': {
      let shown = html(String(leaf.text)).replaceAll('\n', '<br>');
      if (code === true) shown = `<code>${shown}</code>`;
      if (bold === true) shown = `<b>${shown}</b>`;
      if (italic === true) shown = `<i>${shown}</i>`;
      return strike === true ? `<s>${shown}</s>` : shown;
    }
    case 'emoji':
      return `<span class="emoji">${EMOJI[String(leaf.name)] ?? `:${html(String(leaf.name))}:`}</span>`;
    case 'user':
    case 'usergroup':
      return `<span class="mention">@${html(String(leaf.user_id ?? leaf.usergroup_id))}</span>`;
    default:
      return unknown(leaf);
  }
}

function drawElement(element: Item): string {
  const { type = '' } = element;
  if (type === 'button') return `<span class="button ${html(textOf(element.style))}">${words(element.text)}</span>`;
  if (type === 'overflow') return '<span class="button">⋯</span>';
  if (type === 'plain_text_input') {
    const shown =
      element.initial_value === undefined
        ? `<i>${words(element.placeholder)}</i>`
        : html(textOf(element.initial_value));
    return `<div class="field${element.multiline === true ? ' tall' : ''}">${shown}</div>`;
  }
  if (type.endsWith('_select') || type.endsWith('picker')) {
    const chosen = (element.initial_option as Item | undefined)?.text;
    return `<span class="button select">${chosen === undefined ? words(element.placeholder) || html(type) : words(chosen)} <small>▾</small></span>`;
  }
  if (type === 'checkboxes' || type === 'radio_buttons') {
    const mark = type === 'checkboxes' ? '☐' : '◯';
    return list(element.options)
      .map(
        (option) =>
          `<div class="option">${mark} ${words(option.text)}<div class="hint">${words(option.description)}</div></div>`,
      )
      .join('');
  }
  return type.endsWith('_input') ? '<div class="field"></div>' : unknown(element);
}

function list(value: unknown): readonly Item[] {
  return Array.isArray(value) ? (value as Item[]) : [];
}

/** Of a text object; markup stays as it is typed, since certmon sends none. */
function words(value: unknown): string {
  return html(textOf((value as Item | undefined)?.text)).replaceAll('\n', '<br>');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function unknown({ type }: Item): string {
  return `<div class="unknown">the preview does not know ${html(String(type))}</div>`;
}

export function html(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
