/** One platform-neutral line a message, for programs (`console --json`; design, section 7). Unknown is null. */
import type { AlertContent } from '../../core/alert.ts';
import { worst } from '../../core/finding.ts';
import { alertMessage } from '../alert-message.ts';
import type { Reply } from '../message.ts';
import { PLAIN, renderMessage } from './render.ts';

export type DeliveryKind = 'head' | 'edit' | 'thread';

/** @param line the line of stdin that is answered. */
export function replyLine(reply: Reply, channel: string, line: number): string {
  const { incident, probe } = reply;
  return toLine({
    type: 'reply',
    inReplyTo: line,
    channel,
    incident: incident === undefined ? null : `#${String(incident.number)}`,
    severity: incident?.severity ?? worst((probe?.findings ?? []).map((finding) => finding.severity)) ?? null,
    status: reply.status ?? null,
    acknowledgedBy: incident?.acknowledgedBy ?? null,
    text: renderMessage(reply.message, PLAIN),
    ok: reply.ok,
    monitors: reply.monitors,
    probe: probe ?? null,
  });
}

export function alertLine(content: AlertContent, kind: DeliveryKind, channel: string): string {
  const about =
    content.kind === 'notice'
      ? { incident: null, status: null, acknowledgedBy: null, monitors: [] }
      : {
          incident: `#${String(content.incident.number)}`,
          status: content.status,
          acknowledgedBy: content.acknowledgedBy ?? null,
          monitors: content.monitorIds,
        };
  const { incident, status, acknowledgedBy, monitors } = about;
  return toLine({
    type: kind,
    inReplyTo: null,
    channel,
    incident,
    severity: content.severity,
    status,
    acknowledgedBy,
    text: renderMessage(alertMessage(content), PLAIN),
    ok: true,
    monitors,
    probe: null,
  });
}

/** JSON leaves DEL, C1 controls and direction marks as they are; a line may end up on a terminal all the same. */
function toLine(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
