import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { digestsText } from '../catalogue/digests.ts';
import { loadCatalogue } from '../catalogue/load.ts';
import type { Terminal } from './terminal.ts';

/** A small repository of two katas and a gate in a folder of its own, for the tests of commands. */
export interface FixtureRepo {
  root: string;
  /** The path of a file in it. */
  path(...parts: string[]): string;
  write(file: string, text: string): void;
  remove(): void;
}

export const GROUP = 'group01-the-orders-piled-up';
const ROOT = dirname(dirname(import.meta.dirname));

export const starter = (name: string) => `export const ${name} = (orders: number): number => orders - 1;\n`;
export const solution = (name: string) => `export const ${name} = (orders: number): number => orders;\n`;

export function fixtureRepo(): FixtureRepo {
  const root = mkdtempSync(join(tmpdir(), 'katas-'));
  const path = (...parts: string[]) => join(root, ...parts);
  const write = (file: string, text: string) => {
    mkdirSync(dirname(path(file)), { recursive: true });
    writeFileSync(path(file), text);
  };
  // Copied, not linked: what runs finds its repository by where it lies itself.
  cpSync(join(ROOT, 'harness'), path('harness'), { recursive: true, filter: (file) => !file.endsWith('.test.ts') });
  cpSync(join(ROOT, 'package.json'), path('package.json'));
  symlinkSync(join(ROOT, 'node_modules'), path('node_modules'));
  const group = `katas/${GROUP}`;
  write(`${group}/README.md`, '# The orders piled up\n');
  write(`${group}/gate.test.ts`, GATE);
  write(`${group}/incident/objectives.ts`, OBJECTIVES);
  write(`${group}/incident/events.jsonl`, RECORDING);
  writeKata(write, '01-cook', 'cook', '1.1', 'Half the orders were never cooked');
  writeKata(write, '02-serve', 'serve', '1.2', 'One table went without');
  write('digests.json', digestsText(loadCatalogue(root)));
  return {
    root,
    path,
    write,
    remove: () => rmSync(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }),
  };
}

function writeKata(write: FixtureRepo['write'], slug: string, name: string, id: string, title: string): void {
  const folder = `katas/${GROUP}/${slug}`;
  const facts = { id, pattern: `Pattern of ${name}`, title, objective: 'None is left.', outOfScope: [], allow: [] };
  const hints = ['Count them.', 'Count them twice.', 'The last one is missing.'];
  const points = { incident: 3, 'trade-off': 2 };
  write(`${folder}/kata.json`, `${JSON.stringify({ ...facts, hints, points, references: [] }, null, 2)}\n`);
  write(`${folder}/README.md`, `# ${title}\n`);
  write(`${folder}/kata.test.ts`, suiteOf(name));
  write(`${folder}/kata.ts`, starter(name));
  write(`${folder}/incident.jsonl`, RECORDING);
  write(`solutions/${GROUP}/${slug}/starter.ts`, starter(name));
  write(`solutions/${GROUP}/${slug}/kata.ts`, solution(name));
  write(`solutions/${GROUP}/${slug}/notes.md`, 'Why.\n');
}

const suiteOf = (name: string) => `import { behaviour, must, tradeOff } from '#kit/suite.ts';
import * as kata from './kata.ts';

const ${name}: (orders: number) => number = kata.${name};

behaviour('incident', 'no order is forgotten', ({ seed }) => {
  const orders = 10 + seed;
  must(${name}(orders) === orders, () => \`\${orders - ${name}(orders)} of \${orders} orders were forgotten\`, 2);
});
tradeOff('an empty evening costs nothing', () => must(${name}(0) <= 0, 'nobody came and something was made'));
`;

const GATE = `import { gate } from '#kit/gate.ts';
import { cook } from './01-cook/kata.ts';
import { serve } from './02-serve/kata.ts';
import { objectives } from './incident/objectives.ts';

gate(objectives, 7, async (seed, { history }) => {
  const orders = 20 + (seed % 10);
  const placed = history.record({ stream: 'evening', type: 'OrdersPlaced', data: { orders } });
  const served = serve(cook(orders));
  if (served < orders) {
    history.record({ stream: 'evening', type: 'OrdersDropped', data: { orders: orders - served }, causationId: placed });
  }
});
`;

const OBJECTIVES = `import type { Objective } from '#kit/assess.ts';

export const objectives: readonly Objective[] = [
  {
    name: 'orders dropped',
    limit: 0,
    unit: '',
    measure: (history) => {
      const dropped = history.filter(({ type }) => type === 'OrdersDropped');
      const value = dropped.reduce((sum, { data }) => sum + Number(data['orders']), 0);
      return { value, evidence: dropped.map(({ id }) => id) };
    },
  },
];
`;

const RECORDING = [
  { id: 1, type: 'OrdersPlaced', data: { orders: 27 }, causationId: null },
  { id: 2, type: 'OrdersDropped', data: { orders: 2 }, causationId: 1 },
]
  .map(({ id, type, data, causationId }) => {
    const metadata = { correlationId: 'evening', causationId };
    const time = '2026-03-03T09:41:00.000Z';
    return `${JSON.stringify({ id, stream: 'evening', revision: id - 1, type, time, data, metadata })}\n`;
  })
  .join('');

/** A terminal that keeps what was printed. `answers` are what somebody types, in order; without them nobody is there. */
export function fixtureTerminal({ interactive = false, answers = [] as string[] } = {}) {
  const lines: string[] = [];
  const abort = new AbortController();
  const terminal: Terminal = {
    screen: { columns: 80, colour: false },
    interactive,
    print: (more) => lines.push(...more),
    status: () => {},
    ask: async (question) => {
      lines.push(question);
      return answers.shift() ?? '';
    },
    signal: abort.signal,
  };
  return { terminal, lines, abort, text: () => lines.join('\n') };
}
