/**
 * The limits of what stands in blocks: texts, buttons, menus, inputs (@slack/types 3.2, and "Block elements" on
 * docs.slack.dev). Written from those tables alone: what is not known here is a breach too.
 */
export interface Item {
  readonly type?: unknown;
  readonly [field: string]: unknown;
}

/** Collects what Slack would refuse, each with the JSON pointer (RFC 6901) to where it stands. */
export class Breaches {
  readonly found: string[] = [];
  readonly #actionIds = new Set<unknown>();
  #focused = 0;

  say(at: string, breach: string): void {
    this.found.push(`${at === '' ? '/' : at}: ${breach}`);
  }

  text(at: string, value: unknown, least: number, most: number): void {
    if (typeof value !== 'string') this.say(at, 'is no text');
    else if (value.length < least || value.length > most)
      this.say(at, `has ${String(value.length)} characters, ${String(least)} to ${String(most)} are taken`);
  }

  /** The same, where it may be left out. */
  maybeText(at: string, value: unknown, least: number, most: number): void {
    if (value !== undefined) this.text(at, value, least, most);
  }

  list(at: string, value: unknown, least: number, most: number): readonly Item[] {
    if (!Array.isArray(value)) {
      this.say(at, 'is no list');
      return [];
    }
    if (value.length < least || value.length > most)
      this.say(at, `has ${String(value.length)} items, ${String(least)} to ${String(most)} are taken`);
    return value as Item[];
  }

  oneOf(at: string, value: unknown, known: readonly unknown[]): void {
    if (!known.includes(value)) this.say(at, `is ${String(value)}, which is none of ${known.join(', ')}`);
  }

  /** A text object; `plain_text` where markup is not taken. */
  words(at: string, value: unknown, most: number, mayBeMarkup = false): void {
    if (value === undefined) {
      this.say(at, 'is missing');
      return;
    }
    const { type, text } = (value ?? {}) as Item;
    if (type !== 'plain_text' && !(mayBeMarkup && type === 'mrkdwn')) this.say(`${at}/type`, 'must be plain_text');
    this.text(`${at}/text`, text, 1, most);
  }

  maybeWords(at: string, value: unknown, most: number, mayBeMarkup = false): void {
    if (value !== undefined) this.words(at, value, most, mayBeMarkup);
  }

  image(at: string, element: Item): void {
    if (element.image_url === undefined && element.slack_file === undefined) this.say(at, 'shows no image');
    this.maybeText(`${at}/image_url`, element.image_url, 1, 3_000);
    this.text(`${at}/alt_text`, element.alt_text, 1, 2_000);
  }

  element(at: string, element: Item, taken: readonly string[]): void {
    const type = String(element.type);
    const check = ELEMENTS[type];
    if (check === undefined) this.say(at, `unknown element ${type}`);
    else if (!taken.includes(type)) this.say(at, `${type} does not stand here`);
    else {
      check(this, at, element);
      if (type !== 'image') this.#interactive(at, element);
    }
  }

  #interactive(at: string, element: Item): void {
    this.maybeText(`${at}/action_id`, element.action_id, 1, 255);
    // Slack wants them unique in a block; in a whole payload, a click is told from any other.
    if (element.action_id !== undefined && this.#actionIds.has(element.action_id))
      this.say(`${at}/action_id`, 'stands here twice');
    this.#actionIds.add(element.action_id);
    this.maybeWords(`${at}/placeholder`, element.placeholder, 150);
    if (element.focus_on_load === true) this.#focused += 1;
    if (this.#focused > 1) this.say(`${at}/focus_on_load`, 'only one element has the focus');
    if (element.confirm === undefined) return;
    const confirm = element.confirm as Item;
    this.maybeWords(`${at}/confirm/title`, confirm.title, 100);
    this.words(`${at}/confirm/text`, confirm.text, 300, true);
    this.maybeWords(`${at}/confirm/confirm`, confirm.confirm, 30);
    this.maybeWords(`${at}/confirm/deny`, confirm.deny, 30);
    if (confirm.style !== undefined) this.oneOf(`${at}/confirm/style`, confirm.style, ['primary', 'danger']);
  }
}

type Check = (breaches: Breaches, at: string, element: Item) => void;

const plainOf =
  (most: number): Check =>
  (breaches, at, { options, option_groups: groups }) => {
    if ((options === undefined) === (groups === undefined)) breaches.say(at, 'needs either options or option_groups');
    if (options !== undefined) optionsOf(breaches, `${at}/options`, options, most, false);
    if (groups === undefined) return;
    for (const [index, group] of breaches.list(`${at}/option_groups`, groups, 1, 100).entries()) {
      const place = `${at}/option_groups/${String(index)}`;
      breaches.words(`${place}/label`, group.label, 75);
      optionsOf(breaches, `${place}/options`, group.options, most, false);
    }
  };

function optionsOf(breaches: Breaches, at: string, options: unknown, most: number, mayBeMarkup: boolean): void {
  const values = new Set<unknown>();
  for (const [index, option] of breaches.list(at, options, 1, most).entries()) {
    const place = `${at}/${String(index)}`;
    breaches.words(`${place}/text`, option.text, 75, mayBeMarkup);
    breaches.text(`${place}/value`, option.value, 1, 75);
    breaches.maybeWords(`${place}/description`, option.description, 75, mayBeMarkup);
    breaches.maybeText(`${place}/url`, option.url, 1, 3_000);
    if (values.has(option.value)) breaches.say(`${place}/value`, 'stands here twice');
    values.add(option.value);
  }
}

/** An initial option has to be one of the options, word for word (docs.slack.dev, "Select menu element"). */
function initialOf(breaches: Breaches, at: string, initial: unknown, { options, option_groups: groups }: Item): void {
  if (initial === undefined) return;
  const all = [options, ...(Array.isArray(groups) ? (groups as Item[]).map((group) => group.options) : [])].flat();
  const chosen = (Array.isArray(initial) ? initial : [initial]) as unknown[];
  if (chosen.some((one) => !all.some((option) => JSON.stringify(option) === JSON.stringify(one))))
    breaches.say(at, 'is none of the options');
}

const fixedMenu: Check = (breaches, at, element) => {
  plainOf(100)(breaches, at, element);
  initialOf(breaches, `${at}/initial_option`, element.initial_option, element);
  initialOf(breaches, `${at}/initial_options`, element.initial_options, element);
};

const choices: Check = (breaches, at, element) => {
  optionsOf(breaches, `${at}/options`, element.options, 10, true);
  initialOf(breaches, `${at}/initial_option`, element.initial_option, element);
  initialOf(breaches, `${at}/initial_options`, element.initial_options, element);
};

const atLeastOne: Check = (breaches, at, { max_selected_items: most }) => {
  if (most !== undefined && !(Number(most) >= 1)) breaches.say(`${at}/max_selected_items`, 'is below 1');
};

const input: Check = (breaches, at, element) => {
  const { min_length: least = 0, max_length: most = 3_000, initial_value: initial } = element;
  if (Number(least) < 0 || Number(least) > 3_000) breaches.say(`${at}/min_length`, '0 to 3000 are taken');
  if (Number(most) < 1 || Number(most) > 3_000) breaches.say(`${at}/max_length`, '1 to 3000 are taken');
  breaches.maybeText(`${at}/initial_value`, initial, 0, Number(most));
};

const matching =
  (field: string, form: RegExp): Check =>
  (breaches, at, element) => {
    const value = element[field];
    if (value !== undefined && !form.test(JSON.stringify(value).replaceAll('"', '')))
      breaches.say(`${at}/${field}`, 'has another form');
  };

const button: Check = (breaches, at, element) => {
  breaches.words(`${at}/text`, element.text, 75);
  breaches.maybeText(`${at}/value`, element.value, 1, 2_000);
  breaches.maybeText(`${at}/url`, element.url, 1, 3_000);
  breaches.maybeText(`${at}/accessibility_label`, element.accessibility_label, 1, 75);
  if (element.style !== undefined) breaches.oneOf(`${at}/style`, element.style, ['primary', 'danger']);
};

const nothingMore: Check = () => undefined;

const ELEMENTS: Readonly<Record<string, Check | undefined>> = {
  button,
  checkboxes: choices,
  radio_buttons: choices,
  overflow: (breaches, at, { options }) => {
    optionsOf(breaches, `${at}/options`, options, 5, false);
  },
  static_select: fixedMenu,
  multi_static_select: (breaches, at, element) => {
    fixedMenu(breaches, at, element);
    atLeastOne(breaches, at, element);
  },
  external_select: nothingMore,
  multi_external_select: atLeastOne,
  users_select: nothingMore,
  multi_users_select: atLeastOne,
  conversations_select: nothingMore,
  multi_conversations_select: atLeastOne,
  channels_select: nothingMore,
  multi_channels_select: atLeastOne,
  datepicker: matching('initial_date', /^\d{4}-\d{2}-\d{2}$/),
  timepicker: matching('initial_time', /^([01]\d|2[0-3]):[0-5]\d$/),
  datetimepicker: matching('initial_date_time', /^\d{10}$/),
  plain_text_input: input,
  email_text_input: input,
  url_text_input: input,
  number_input: (breaches, at, { is_decimal_allowed: isDecimal }) => {
    if (typeof isDecimal !== 'boolean') breaches.say(`${at}/is_decimal_allowed`, 'must be given');
  },
  image: (breaches, at, element) => {
    breaches.image(at, element);
  },
};

export const MENUS = [
  'static_select',
  'external_select',
  'users_select',
  'conversations_select',
  'channels_select',
].flatMap((type) => [type, `multi_${type}`]);
export const PICKERS = ['checkboxes', 'radio_buttons', 'datepicker', 'timepicker', 'datetimepicker'];
export const TEXT_INPUTS = ['plain_text_input', 'email_text_input', 'url_text_input', 'number_input'];
