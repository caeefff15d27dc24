/** `help`, made from the one table of commands. */
import { COMMAND_NAMES, FAMILIES, isFamily, namesIn, specOf } from '../grammar/table.ts';
import type { CommandName } from '../grammar/table.ts';
import type { Block } from '../message.ts';
import { button, command, done, marked, message, note, text } from '../reply.ts';
import { FOR_WHOM } from '../roles.ts';
import type { Handler } from './context.ts';

export const help: Handler<'help'> = (_context, { topic }) => {
  const said =
    topic === undefined
      ? overview('What certmon can be told', COMMAND_NAMES)
      : isFamily(topic)
        ? overview(FAMILIES[topic], namesIn(topic))
        : one(topic);
  return Promise.resolve(done({ message: said }));
};

function overview(title: string, names: readonly CommandName[]) {
  return message(
    'neutral',
    title,
    [
      { type: 'list', items: names.map((name) => [command(specOf(name).usage), `: ${specOf(name).summary}`]) },
      note([command('help COMMAND'), ' tells more of one, such as ', command('help add')]),
    ],
    names.length === COMMAND_NAMES.length ? [button('Monitors', 'list'), button('Incidents', 'incidents')] : [],
  );
}

function one(name: CommandName) {
  const spec = specOf(name);
  const details: Block[] = spec.details.length === 0 ? [] : [{ type: 'list', items: spec.details.map(marked) }];
  return message('neutral', `${name}: ${spec.summary}`, [
    text(['Usage: ', command(spec.usage)]),
    ...details,
    text(['For example: ', command(spec.example)]),
    note(FOR_WHOM[spec.role]),
  ]);
}
