/** `help`, made from the one table of commands. */
import { COMMAND_NAMES, FAMILIES, isFamily, namesIn, specOf } from '../grammar/table.ts';
import type { CommandName, Family } from '../grammar/table.ts';
import type { Block, Message, Text } from '../message.ts';
import { button, command, done, marked, message, note, text } from '../reply.ts';
import { FOR_WHOM } from '../roles.ts';
import type { Handler } from './context.ts';

const FAMILY_NAMES = Object.keys(FAMILIES) as Family[];

const MORE = note([command('help COMMAND'), ' tells more of one, such as ', command('help add')]);

export const help: Handler<'help'> = (_context, { topic }) => {
  const said = topic === undefined ? overview() : isFamily(topic) ? family(topic) : one(topic);
  return Promise.resolve(done({ message: said }));
};

/** Every command in a line, its flags left for `help COMMAND`: who looks for one reads on a phone, too. */
function overview(): Message {
  const alone = COMMAND_NAMES.filter((name) => !FAMILY_NAMES.some((one) => namesIn(one).includes(name)));
  return message(
    'neutral',
    'What certmon can be told',
    [
      { type: 'list', items: alone.map(briefly) },
      ...FAMILY_NAMES.flatMap((one): Block[] => [
        text({ bold: FAMILIES[one] }),
        { type: 'list', items: namesIn(one).map(briefly) },
      ]),
      MORE,
    ],
    [button('Monitors', 'list'), button('Incidents', 'incidents')],
  );
}

function briefly(name: CommandName): Text {
  const { usage, summary } = specOf(name);
  return [command(usage.replace(/ \[--.*$/, ' …')), `: ${summary}`];
}

function family(name: Family): Message {
  const items = namesIn(name).map((one) => [command(specOf(one).usage), `: ${specOf(one).summary}`]);
  return message('neutral', FAMILIES[name], [{ type: 'list', items }, MORE]);
}

function one(name: CommandName): Message {
  const spec = specOf(name);
  const details: Block[] = spec.details.length === 0 ? [] : [{ type: 'list', items: spec.details.map(marked) }];
  return message('neutral', `${name}: ${spec.summary}`, [
    text(['Usage: ', command(spec.usage)]),
    ...details,
    text(['For example: ', command(spec.example)]),
    note(FOR_WHOM[spec.role]),
  ]);
}
