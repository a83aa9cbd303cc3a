import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadCatalogue } from '../catalogue/load.ts';
import { HarnessError } from '../kernel/harness-error.ts';
import { askLines, type LiveAnswer, promptLines } from '../report/ask-lines.ts';
import { chatOverHttp, type LiveModel } from './ask/live-model.ts';
import type { Terminal } from './terminal.ts';

export interface AskOptions {
  text: string;
  tenant?: string | undefined;
  admin: boolean;
  /** Shows what would be sent, and sends nothing. */
  prompt: boolean;
}

type Message = LiveAnswer['messages'][number];
/** What a group whose katas can be put to a live model exports from `incident/live.ts`. */
interface Live {
  liveTenants: () => string[];
  askLive: (
    question: { text: string; tenant: string; roles: string[]; asOf: string },
    chat: (messages: readonly Message[]) => Promise<string>,
  ) => Promise<LiveAnswer>;
}

/** Puts a question to a model of the user's own, through the katas as they stand. It isn't graded, and says so. */
export async function ask(
  root: string,
  { text, tenant, admin, prompt }: AskOptions,
  terminal: Terminal,
): Promise<number> {
  if (!text.trim()) throw new HarnessError('OPTION_INVALID', 'ask "": say what you want to know, in quotation marks.');
  const live = await liveOf(root);
  const tenants = live.liveTenants();
  const asker = tenant ?? tenants.at(-1) ?? '';
  if (!tenants.includes(asker))
    throw new HarnessError('OPTION_INVALID', `--tenant ${asker}: there is ${tenants.join(', ')}.`);
  const model = prompt ? undefined : modelOf(process.env);
  const chat = model ? chatOverHttp(model, terminal.signal) : async () => '{"claims":[]}';
  const roles = admin ? ['support', 'admin'] : ['support'];
  const answered = await live.askLive({ text, tenant: asker, roles, asOf: new Date().toISOString() }, chat);
  const { screen } = terminal;
  terminal.print(
    model ? askLines(answered, { tenant: asker, model: model.name }, screen) : promptLines(answered, screen),
  );
  return 0;
}

async function liveOf(root: string): Promise<Live> {
  const files = loadCatalogue(root).groups.map(({ folder }) => join(folder, 'incident', 'live.ts'));
  const file = files.find((each) => existsSync(each));
  if (!file)
    throw new HarnessError('FILE_UNREADABLE', "no group has an incident/live.ts; 'git checkout katas' brings it back.");
  return (await import(pathToFileURL(file).href)) as Live;
}

function modelOf(env: NodeJS.ProcessEnv): LiveModel {
  const { OPENAI_API_KEY: key, OPENAI_BASE_URL: url = 'https://api.openai.com/v1', OPENAI_MODEL: name } = env;
  if (!key)
    throw new HarnessError(
      'KEY_MISSING',
      'OPENAI_API_KEY is not set: set it, or see with --prompt what would be sent. The katas need no key.',
    );
  return { key, url: url.replace(/\/$/, ''), name: name ?? 'gpt-4o-mini' };
}
