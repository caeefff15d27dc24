/** An alert as a message: what any platform shows of an incident's head, of a reply in its thread, and of a notice. */
import type { AlertAction, AlertContent, DetailSection, HeadAlert, NoticeAlert, ThreadAlert } from '../core/alert.ts';
import type { Action, Block, Message } from './message.ts';

const HOSTS_SHOWN = 10;

export function alertMessage(content: AlertContent): Message {
  switch (content.kind) {
    case 'head':
      return headMessage(content);
    case 'thread':
      return threadMessage(content);
    case 'notice':
      return noticeMessage(content);
  }
}

/** The word that leads a head: it has to be understood without any colour. */
function statusWord(head: HeadAlert): string {
  if (head.status === 'resolved') return 'Resolved';
  return head.severity === 'critical' ? 'Critical' : head.severity === 'warning' ? 'Warning' : 'Info';
}

/** Of what is over neither matters any more. */
function standingOf({ status, acknowledgedBy, actions }: HeadAlert): ('acknowledged' | 'silent')[] {
  if (status === 'resolved') return [];
  return [
    ...(acknowledgedBy === undefined ? [] : (['acknowledged'] as const)),
    ...(actions.includes('unsnooze') ? (['silent'] as const) : []),
  ];
}

function headMessage(head: HeadAlert): Message {
  const hosts = head.hosts.slice(0, HOSTS_SHOWN);
  const more = head.hosts.length - hosts.length;
  return {
    tone: head.status === 'resolved' ? 'good' : head.severity,
    title: `${statusWord(head)} #${String(head.incident.number)}: ${head.title}`,
    standing: standingOf(head),
    blocks: [
      ...mentionBlocks(head.mentions),
      ...head.problems.map((problem): Block => ({ type: 'text', text: problem })),
      ...(head.nextStep === undefined
        ? []
        : [{ type: 'text', text: [{ bold: 'Next step:' }, ` ${head.nextStep}`] } as const]),
      ...(head.facts.length === 0 ? [] : [{ type: 'facts', facts: head.facts } as const]),
      ...(hosts.length === 0
        ? []
        : [
            {
              type: 'text',
              text: { bold: head.hosts.length === 1 ? '1 host' : `${String(head.hosts.length)} hosts` },
            } as const,
            { type: 'list', items: [...hosts, ...(more > 0 ? [`and ${String(more)} more`] : [])] } as const,
          ]),
      ...head.state.map((line): Block => ({ type: 'text', text: { bold: line }, isState: true })),
    ],
    actions: head.actions.flatMap((action) => toAction(action, head) ?? []),
  };
}

function mentionBlocks(mentions: HeadAlert['mentions']): Block[] {
  if (mentions.length === 0) return [];
  return [{ type: 'text', text: mentions.flatMap((mention, index) => [...(index === 0 ? [] : [' ']), { mention }]) }];
}

function toAction(action: AlertAction, head: HeadAlert): Action | undefined {
  const number = `#${String(head.incident.number)}`;
  switch (action) {
    case 'acknowledge':
      return { type: 'button', label: 'Acknowledge', command: `ack ${number}`, style: 'primary' };
    case 'unacknowledge':
      return { type: 'button', label: 'Take back', command: `unack ${number}` };
    case 'snooze':
      return {
        type: 'choice',
        label: 'Snooze',
        options: SNOOZES.map(({ label, until }) => ({ label, command: `snooze ${number} ${until}` })),
      };
    case 'unsnooze':
      return { type: 'button', label: 'End the silence', command: `unsnooze ${number}` };
    case 'check': {
      const [monitorId] = head.monitorIds;
      return monitorId === undefined
        ? undefined
        : { type: 'button', label: 'Check now', command: `check ${monitorId}` };
    }
    case 'details':
      return { type: 'button', label: 'Details', command: `incidents ${number}` };
  }
}

const SNOOZES = [
  { label: '4 hours', until: '4h' },
  { label: '1 day', until: '1d' },
  { label: '7 days', until: '7d' },
  { label: 'until renewed', until: 'until-renewed' },
  { label: 'until the next threshold', until: 'until-next-threshold' },
] as const;

function threadMessage(thread: ThreadAlert): Message {
  return {
    tone: thread.status === 'resolved' ? 'good' : thread.severity,
    title: `#${String(thread.incident.number)}: ${thread.title}`,
    blocks: [
      ...mentionBlocks(thread.mentions),
      ...thread.lines.map((line): Block => ({ type: 'text', text: line })),
      ...thread.sections.flatMap(sectionBlocks),
    ],
    actions: [],
  };
}

/** One certificate, address or verdict: its title, its facts, and a PEM as it is. */
export function sectionBlocks(section: DetailSection): Block[] {
  return [
    { type: 'text', text: { bold: section.title } },
    ...(section.facts.length === 0 ? [] : [{ type: 'facts', facts: section.facts } as const]),
    ...(section.code === undefined ? [] : [{ type: 'code', code: section.code } as const]),
  ];
}

function noticeMessage(notice: NoticeAlert): Message {
  return {
    tone: notice.severity,
    title: notice.title,
    blocks: notice.lines.map((line): Block => ({ type: 'text', text: line })),
    actions: [],
  };
}
