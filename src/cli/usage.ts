/** How a person opens a console beside the service. */
export const CONSOLE_COMMAND = 'node dist/main.js console';

export const USAGE = `certmon watches the TLS certificates of every service a team runs.

  certmon start                      run the service; opens the console where no chat platform is set up
  certmon console [--json]           read commands from standard input, print replies and alerts
  certmon probe HOST[:PORT] PROTOCOL look at one service once, and say what is wrong with its certificates
  certmon probe --file LIST          look at many; certmon probe --help tells all
  certmon demo                       the whole story on this machine, in under a minute
  certmon migrate                    bring the database up to date, and end
  certmon manifest slack [--url URL] what Slack wants to know of its app, to paste there
  certmon doctor [--json]            look at everything certmon depends on, and say what to do about it
  certmon version
  certmon help

Settings come from the environment; the README lists them.
`;
