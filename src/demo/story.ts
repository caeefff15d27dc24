/** The story that the demo tells: what a team lives through with certmon, from the first command to the last renewal. */
import type { Company, CompanyServer } from './company.ts';
import type { Stage } from './narrator.ts';

export async function tell(company: Company, stage: Stage): Promise<void> {
  const { shop, wiki, intranet, api, payroll, mail } = company;
  stage.say("A small company's servers run on this machine. In this demo a minute passes every second.");
  stage.say('Who is to be told? A contact group, mapped to a channel.');
  await stage.type('group add ops', /ops/);
  await stage.type('group map ops #ops', /#ops/);

  stage.say('Every command creates a monitor and answers at once with what it found. Two are well:');
  await stage.type(addLine(shop), /valid/);
  await stage.type(addLine(mail), /valid/);

  stage.say('Four are not. Each problem becomes one thread in #ops, with chain details and the next step:');
  await stage.type(addLine(payroll), /#1/);
  await stage.type(addLine(intranet), /#2/);
  await stage.type(addLine(wiki), /#3/);
  await stage.type(addLine(api), /#4/);

  stage.say('What runs out next?');
  await stage.type('list', /payroll/);

  stage.say('Somebody takes the expired one, and silences the one that is to be renewed this week:');
  await stage.type('ack #1', /[Aa]cknowledged/);
  await stage.type('snooze #2 until-renewed', /[Ss]ilent/);

  stage.say('The certificate of payroll is renewed on its server. Nobody tells certmon: it looks again by itself.');
  await company.renew(payroll);
  await stage.until(/Resolved #1/);

  stage.say('The mail server goes down. One failed try wakes nobody:');
  await mail.server.stop();
  await stage.type('check mail', /failing 0\/3|last look failed/);
  stage.say('… but three of them, over two minutes, are an incident:');
  await stage.until(/Critical #5/);
  stage.say('It is started again, and certmon sees it:');
  await mail.server.restart();
  await stage.until(/Resolved #5/);

  stage.say('The others are put right too: a certificate for the right name, the full chain, a renewal in time.');
  await company.renew(wiki);
  await company.renew(api);
  await company.renew(intranet);
  await stage.type('check intranet', /Resolved #2/);
  await stage.until(/Resolved #3[^]*Resolved #4|Resolved #4[^]*Resolved #3/);
  await stage.type('incidents', /[Nn]o(thing| open| incidents)/);
  stage.say('That was all of it. Now your own: `npm start`, then `add example.com https`, and `help` for the rest.');
}

function addLine({ name, protocol, serverName, server }: CompanyServer): string {
  return `add 127.0.0.1:${String(server.port)} ${protocol} --sni ${serverName} --name ${name} --group ops`;
}
