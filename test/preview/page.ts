/** A page around what is drawn, in Slack's proportions, and its picture by a headless Chromium. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const STYLE = `
  body { margin: 0; padding: 14px 18px 16px; width: 684px; font: 15px/1.46668 Lato, 'Noto Sans', sans-serif; color: #1d1c1d; background: #fff; }
  p { margin: 0 0 4px; } pre { white-space: pre-wrap; } hr { border: 0; border-top: 1px solid #ddd; }
  .message { display: flex; gap: 10px; padding: 8px 6px; border-radius: 6px; }
  .message.private { background: #f8f8f8; }
  .body { min-width: 0; flex: 1; }
  .avatar { flex: none; width: 36px; height: 36px; border-radius: 6px; color: #fff; text-align: center; line-height: 36px; font-weight: 900; }
  .avatar.app { background: #1d3557; } .avatar.person { background: #a05a2c; }
  .who b { font-weight: 900; } .who time, .only-you, .edited { color: #616061; font-size: 12px; }
  .badge { margin: 0 5px 0 6px; padding: 1px 3px; border-radius: 2px; background: #ddd; color: #616061; font-size: 10px; font-weight: 700; }
  .who time { margin-left: 6px; }
  .rich, .section, .fields { margin: 4px 0; overflow-wrap: anywhere; }
  .rich ul { margin: 2px 0; padding-left: 24px; }
  .rich pre { margin: 4px 0; padding: 8px; border: 1px solid #ddd; border-radius: 4px; background: #f8f8f8; font: 12px/1.5 'DejaVu Sans Mono', monospace; }
  code { padding: 1px 3px; border: 1px solid #ddd; border-radius: 3px; background: #f8f8f8; color: #c01343; font: 12px 'DejaVu Sans Mono', monospace; }
  h1 { margin: 8px 0 4px; font-size: 18px; }
  .context, .hint { color: #616061; font-size: 13px; margin: 4px 0; }
  .section { display: flex; justify-content: space-between; gap: 12px; } .fields { display: grid; grid-template-columns: 1fr 1fr; gap: 4px 12px; }
  .actions { display: flex; flex-wrap: wrap; gap: 8px; margin: 8px 0 4px; }
  .button { display: inline-block; padding: 0 12px 1px; height: 28px; line-height: 28px; border: 1px solid #bbb; border-radius: 4px; font-weight: 700; font-size: 13px; background: #fff; }
  .button.primary { border-color: #007a5a; color: #007a5a; } .button.danger { border-color: #e01e5a; color: #e01e5a; }
  .button.primary-filled { border-color: #007a5a; background: #007a5a; color: #fff; } .button.select { font-weight: 400; }
  table { border-collapse: collapse; margin: 6px 0; font-size: 13px; } td { border: 1px solid #ddd; padding: 4px 8px; vertical-align: top; }
  td .rich, td p { margin: 0; }
  .replies { margin-top: 4px; color: #1264a3; font-size: 13px; font-weight: 700; }
  .typed { margin: 4px 0 2px 52px; color: #616061; font-size: 13px; }
  .thread { margin-left: 46px; border-left: 3px solid #eee; padding-left: 8px; }
  .modal { width: 520px; margin: 6px auto; border: 1px solid #ddd; border-radius: 8px; box-shadow: 0 3px 14px #0002; }
  .modal header { display: flex; justify-content: space-between; padding: 14px 18px 8px; font-size: 18px; } .modal .inside { padding: 4px 18px; }
  .modal footer { display: flex; justify-content: flex-end; gap: 8px; padding: 14px 18px; }
  .home { max-width: 640px; margin: auto; }
  .input { margin: 10px 0; } .input label { display: block; font-weight: 700; margin-bottom: 4px; } .input label i { font-weight: 400; color: #616061; }
  .field { border: 1px solid #bbb; border-radius: 4px; padding: 6px 10px; min-height: 22px; } .field.tall { min-height: 66px; } .field i { color: #868686; font-style: normal; }
  .alert { padding: 8px 12px; border-radius: 6px; background: #eef4fb; margin: 6px 0; } .alert.error { background: #fbe9ee; } .alert.warning { background: #fdf5e0; }
  .card { border: 1px solid #ddd; border-radius: 8px; padding: 10px 14px; margin: 6px 0; }
  .mention { background: #fef3d4; color: #1264a3; border-radius: 3px; padding: 0 2px; }
  .unknown { background: #e01e5a; color: #fff; padding: 4px 8px; }
`;

export function pageOf(title: string, body: string): string {
  return `<!doctype html><meta charset="utf-8"><title>${title}</title><style>${STYLE}</style><body>${body}
<script>document.documentElement.dataset.height = String(Math.ceil(document.body.getBoundingClientRect().height))</script></body>\n`;
}

const WIDTH = 720;
/** One frame is drawn after another; nothing moves. */
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--virtual-time-budget=1000'];
const run = promisify(execFile);

export async function photograph(chromium: string, page: string, picture: string): Promise<void> {
  // Asked first how high it is: a picture has the size of the window.
  const { stdout } = await run(chromium, [
    ...FLAGS,
    `--window-size=${String(WIDTH)},800`,
    '--dump-dom',
    `file://${page}`,
  ]);
  const height = /data-height="(\d+)"/.exec(stdout)?.[1] ?? '800';
  await run(chromium, [
    ...FLAGS,
    `--window-size=${String(WIDTH)},${height}`,
    `--screenshot=${picture}`,
    `file://${page}`,
  ]);
}

export async function writePage(path: string, title: string, body: string): Promise<void> {
  await writeFile(path, pageOf(title, body));
}
