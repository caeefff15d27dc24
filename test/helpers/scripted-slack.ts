/** Slack's Web API as far as a test scripts it: one answer a method, headers included, which `emulate` does not send. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ScriptedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, unless it is text. */
  readonly body: unknown;
}

export interface ScriptedSlack {
  /** For `SLACK_API_URL`. */
  readonly apiUrl: string;
  readonly asked: readonly { readonly method: string; readonly authorization: string | undefined }[];
  close(): Promise<void>;
}

/** A method without an answer cuts the connection. */
export async function startScriptedSlack(
  answers: Readonly<Record<string, ScriptedAnswer | undefined>>,
): Promise<ScriptedSlack> {
  const asked: { method: string; authorization: string | undefined }[] = [];
  const server = createServer((request, response) => {
    const method = (request.url ?? '').replace(/^\/api\//, '');
    asked.push({ method, authorization: request.headers.authorization });
    request.resume();
    const answer = answers[method];
    if (answer === undefined) {
      request.socket.resetAndDestroy();
      return;
    }
    const { status = 200, headers = {}, body } = answer;
    response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    apiUrl: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/api/`,
    asked,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
