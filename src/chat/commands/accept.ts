/** `accept`. */
import type { AcceptanceRefusal } from '../../core/acceptance.ts';
import { acceptedText } from '../../core/acceptance.ts';
import { instantText } from '../../core/instant-text.ts';
import { headOf } from '../../monitoring/announce.ts';
import { acceptFault } from '../../monitoring/incidents.ts';
import type { Reply } from '../message.ts';
import { command, done, incidentFields, message, refusal, text } from '../reply.ts';
import { noteOf } from './audit.ts';
import type { Handler } from './context.ts';
import { findIncident } from './references.ts';

/** The thread tells the others: the answer is for the asker alone. */
export const accept: Handler<'accept'> = async (context, { incident: reference, code, until, reason }) => {
  const result = await findIncident(context, reference);
  if ('refused' in result) return result.refused;
  const { id, number } = result.found;
  const { deps, workspaceId, person } = context;
  const outcome = await acceptFault(
    deps,
    workspaceId,
    id,
    { code, until, reason },
    person,
    context.commit,
    noteOf(context),
  );
  if (outcome === undefined) return refusal(`There is no incident #${String(number)} any more`);
  if ('refused' in outcome)
    return { ...refusalFor(number, code, outcome, context.now), ...incidentFields(result.found) };
  const { incident, acceptance } = outcome;
  const head = await headOf(deps.store, incident, context.now);
  return done({
    message: message('neutral', `${code} of #${String(number)} is accepted`, [
      text([head.title]),
      text([acceptedText(acceptance)]),
      text(['Until then it is only shown; after that it is told again.']),
    ]),
    monitors: head.monitorIds,
    ...incidentFields(incident),
  });
};

function refusalFor(number: number, code: string, refused: AcceptanceRefusal, now: Date): Reply {
  const name = `#${String(number)}`;
  switch (refused.refused) {
    case 'closed':
      return refusal(`${name} is resolved already, so nothing in it is left to accept`);
    case 'no-such-code':
      return refusal(`${name} has no fault ${code}: it has ${refused.codes.join(', ') || 'none just now'}`, [
        text([command(`incidents ${name}`), ' tells all of it.']),
      ]);
    case 'no-reason':
      return refusal('A fault is accepted for a reason, for those who find it later: --reason "moves in December"');
    case 'in-the-past':
      return refusal(`That time has passed already: it is ${instantText(now)} now`);
    case 'too-long':
      return refusal('That is too far away: a fault is accepted for a year at most');
  }
}
