/** `incidents`, `ack`, `unack`, `snooze`, `unsnooze`. */
import { counted } from '../../core/counted.ts';
import { CLOSE_TEXT, silenceText } from '../../core/alert-text.ts';
import type { Incident, Refusal } from '../../core/incident.ts';
import { instantText } from '../../core/instant-text.ts';
import { detailsOf, headOf } from '../../monitoring/announce.ts';
import { actOnIncident } from '../../monitoring/incidents.ts';
import type { PersonWish } from '../../monitoring/incidents.ts';
import { alertMessage, sectionBlocks } from '../alert-message.ts';
import { noteOf } from './audit.ts';
import type { CommandOf, CommandContext, Handler } from './context.ts';
import type { Action, Block, Reply } from '../message.ts';
import { button, command, done, incidentFields, message, note, refusal, text } from '../reply.ts';
import { LONGEST_SNOOZE_MS, silenceFrom } from '../grammar/snooze-time.ts';
import { findIncident } from './references.ts';
import { chosenFilter, nothingFits } from './selection.ts';
import type { Written } from '../grammar/selection.ts';

const LISTED = 20;
/** Beyond this many open incidents their number is not told exactly. */
const COUNTED_INCIDENTS = 1_000;

export const incidents: Handler<'incidents'> = async (context, { incident: reference, filter: written }) => {
  if (reference === undefined) return listOpen(context, written);
  const result = await findIncident(context, reference);
  if ('refused' in result) return result.refused;
  const incident = result.found;
  const { store } = context.deps;
  const head = await headOf(store, incident, context.now);
  const sections = await detailsOf(store, incident, context.now);
  const said = alertMessage(head);
  return done({
    message: {
      ...said,
      blocks: [...said.blocks, ...sections.flatMap(sectionBlocks)],
      actions: said.actions.filter((action) => action.type !== 'button' || !action.command.startsWith('incidents ')),
    },
    monitors: head.monitorIds,
    ...incidentFields(incident),
  });
};

async function listOpen(context: CommandContext, written: Written | undefined): Promise<Reply> {
  const { store } = context.deps;
  const chosen = written === undefined ? undefined : await chosenFilter(context, written);
  if (chosen !== undefined && 'refused' in chosen) return chosen.refused;
  const which = { filter: chosen?.found.filter, now: context.now };
  const open = await store.incidents.listOpen(context.workspaceId, COUNTED_INCIDENTS, which);
  if (open.length === 0) {
    if (chosen !== undefined && (await store.monitors.count(context.workspaceId, which)).total === 0) {
      return nothingFits(context, chosen.found);
    }
    const list = chosen === undefined ? 'list' : `list ${chosen.found.line}`;
    return done({
      message: message('good', `No open incidents${chosen === undefined ? '' : ' there'}`, [
        text([command(list), ' shows the monitors and what ends first.']),
      ]),
    });
  }
  const shown = open.slice(0, LISTED);
  const rows: string[][] = [];
  for (const incident of shown) {
    const head = await headOf(store, incident, context.now);
    rows.push([
      `#${String(incident.number)}`,
      incident.severity,
      head.title,
      String(head.hosts.length),
      instantText(incident.openedAt),
      stateText(incident),
    ]);
  }
  const more = open.length - shown.length;
  const isCapped = open.length === COUNTED_INCIDENTS;
  const critical = open.filter((incident) => incident.severity === 'critical').length;
  const [first] = open;
  const blocks: Block[] = [
    { type: 'table', columns: ['Incident', 'Severity', 'What', 'Hosts', 'Since', 'State'], rows },
    ...(more > 0 ? [text(`and ${isCapped ? 'at least ' : ''}${String(more)} more, less urgent ones.`)] : []),
    ...(first === undefined
      ? []
      : [
          note([
            command(`incidents #${String(first.number)}`),
            ' tells all of one; ',
            command(`ack #${String(first.number)}`),
            ' says that you take it.',
          ]),
        ]),
  ];
  return done({
    message: message(
      critical > 0 ? 'critical' : 'warning',
      `${isCapped ? 'At least ' : ''}${counted(open.length, 'open incident')}${critical > 0 ? `, ${String(critical)} critical` : ''}`,
      blocks,
      first === undefined ? [] : [button(`Show #${String(first.number)}`, `incidents #${String(first.number)}`)],
    ),
    monitors: [...new Set(shown.flatMap((incident) => incident.members.map((member) => member.monitorId)))],
  });
}

function stateText({ acknowledged, silence }: Incident): string {
  const parts = [
    ...(acknowledged === undefined ? [] : [`acknowledged by ${acknowledged.by.name}`]),
    ...(silence === undefined ? [] : [`silent ${silenceText(silence.until)}`]),
  ];
  return parts.length === 0 ? 'nobody has it' : parts.join(', ');
}

type ActCommand = CommandOf<'ack' | 'unack' | 'snooze' | 'unsnooze'>;

/** The thread tells the others, in every channel that knows of the incident: the answer is for the asker alone. */
export async function act(context: CommandContext, typed: ActCommand): Promise<Reply> {
  const result = await findIncident(context, typed.incident);
  if ('refused' in result) return result.refused;
  const before = result.found;
  const wish = toWish(typed, context.now);
  if (wish.type === 'snooze' && wish.until.kind === 'until') {
    if (wish.until.instant.getTime() - context.now.getTime() > LONGEST_SNOOZE_MS) {
      return refusal(`${instantText(wish.until.instant)} is too far away: a silence lasts a year at most`, [
        text([command(`snooze #${String(before.number)} until-renewed`), ' lasts until the certificate is replaced.']),
      ]);
    }
  }
  const outcome = await actOnIncident(
    context.deps,
    context.workspaceId,
    before.id,
    wish,
    context.person,
    context.commit,
    noteOf(context),
  );
  if (outcome === undefined) return refusal(`There is no incident #${String(before.number)} any more`);
  if ('refused' in outcome) return refusedReply(context, before, outcome);
  return doneReply(context, wish, outcome.incident);
}

function toWish(typed: ActCommand, now: Date): PersonWish {
  switch (typed.type) {
    case 'ack':
      return { type: 'acknowledge' };
    case 'unack':
      return { type: 'unacknowledge' };
    case 'snooze':
      return { type: 'snooze', until: silenceFrom(typed.until, now) };
    case 'unsnooze':
      return { type: 'unsnooze' };
  }
}

/** What a silence leaves out, and what is told all the same (design, section 5). */
const SILENCE_IS =
  'Its thread still tells of thresholds crossed, of hosts that leave it and of its end; getting worse ends the silence.';

async function doneReply(context: CommandContext, wish: PersonWish, incident: Incident): Promise<Reply> {
  const head = await headOf(context.deps.store, incident, context.now);
  const number = `#${String(incident.number)}`;
  const said: Readonly<Record<PersonWish['type'], { title: string; text: string; actions: readonly Action[] }>> = {
    acknowledge: {
      title: `Acknowledged ${number}`,
      text: 'It is yours; it closes by itself once a check finds it mended.',
      actions: [button('Take it back', `unack ${number}`), button('Details', `incidents ${number}`)],
    },
    unacknowledge: {
      title: `${number} is no longer acknowledged`,
      text: 'Nobody has it now.',
      actions: [button('Acknowledge', `ack ${number}`, 'primary')],
    },
    snooze: {
      title: `${number} is silent ${incident.silence === undefined ? '' : silenceText(incident.silence.until)}`.trim(),
      text: SILENCE_IS,
      actions: [button('End the silence', `unsnooze ${number}`)],
    },
    unsnooze: {
      title: `${number} is no longer silent`,
      text: 'Nothing holds it back any more.',
      actions: [button('Details', `incidents ${number}`)],
    },
  };
  const { title, text: rest, actions } = said[wish.type];
  return done({
    message: message('neutral', title, [text(head.title), text(rest)], actions),
    monitors: head.monitorIds,
    ...incidentFields(incident),
  });
}

async function refusedReply(context: CommandContext, before: Incident, refused: Refusal): Promise<Reply> {
  const { store } = context.deps;
  // Another may have been quicker: what is told is the incident as it is now.
  const incident = (await store.incidents.find(context.workspaceId, before.id)) ?? before;
  const reply = refusalOf(context, incident, refused);
  return { ...reply, ...incidentFields(incident) };
}

function refusalOf(context: CommandContext, incident: Incident, refused: Refusal): Reply {
  const number = `#${String(incident.number)}`;
  switch (refused.refused) {
    case 'closed':
      return refusal(
        incident.closed === undefined
          ? `${number} is resolved already`
          : `${number} is resolved already, since ${instantText(incident.closed.at)}: ${CLOSE_TEXT[incident.closed.reason]}`,
        [text([command('incidents'), ' lists what is open.'])],
      );
    case 'already-acknowledged': {
      const at = incident.acknowledged === undefined ? '' : ` since ${instantText(incident.acknowledged.at)}`;
      const isMine =
        refused.by.platform === context.person.platform && refused.by.externalId === context.person.externalId;
      return refusal(
        isMine
          ? `You have acknowledged ${number} already${at}`
          : `${refused.by.name} has acknowledged ${number} already${at}`,
        [text([command(`unack ${number}`), ' takes that back.'])],
      );
    }
    case 'not-acknowledged':
      return refusal(
        `Nobody has acknowledged ${number}, so there is nothing to take back`,
        [],
        [button('Acknowledge', `ack ${number}`)],
      );
    case 'not-silent':
      return refusal(`${number} is not silent, so there is no silence to end`);
    case 'in-the-past':
      return refusal(`That time has passed already: it is ${instantText(context.now)} now`, [
        text(['A time from now on is right: ', command(`snooze ${number} 4h`)]),
      ]);
    case 'no-threshold-left':
      return refusal(`No threshold is left ahead of ${number}, so its silence would not end`, [
        text(['What is possible: ', command(`snooze ${number} 4h`), ' or ', command(`snooze ${number} until-renewed`)]),
      ]);
  }
}
