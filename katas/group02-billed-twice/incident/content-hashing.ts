import type { AnswerRequest } from '#answerdesk/seams/hashing.ts';
import type { Recording } from '#kit/events.ts';
import { between, pick, roll, shuffled } from '#kit/seeded.ts';
import { BEGINS } from './script.ts';

/** A question as it arrived, for the first time or again. */
export interface Submission {
  /** Milliseconds since the scene began. */
  at: number;
  /** Which question it was, as its user knows. The body doesn't say. */
  question: string;
  /** Who sent it. */
  by: 'the app' | 'the gateway' | 'the queue' | 'the user';
  body: AnswerRequest;
  /** Id of the recorded event, where it comes from a recording. */
  event?: number;
}

/** What comes along with a question and changes nothing about it. */
export const EXCLUDED = ['requestId', 'sentAt', 'attempt', 'via'] as const;

const TENANTS = ['acme', 'globex', 'initech', 'umbrella'] as const;
type Twins = readonly [string, string];
const fenced = (language: string, ...lines: string[]) => `\`\`\`${language}\n${lines.join('\n')}\n\`\`\``;
/** Texts, each with another that looks like it. */
const TEXTS: readonly Twins[] = [
  ['Where is my refund?', 'Where is my receipt?'],
  ['Où est passé mon remboursement ?', 'Où est passée ma facture ?'],
  ['Wie kündige ich zum Quartalsende?', 'Wie kündige ich zum Monatsende?'],
  ['¿Cómo añado a un compañero?', '¿Cómo añado una compañía?'],
  ['Hvor får jeg kvittering på kjøpet?', 'Hvor får jeg kvittering på norsk?'],
  ['Do you deliver to US customers?', 'Do you deliver to us customers?'],
  ['Why does the table say 2⁵ tokens?', 'Why does the table say 25 tokens?'],
  ['What does `git branch -D old` do?', 'What does `git branch -d old` do?'],
  ['Why is `total = Total(rows)` refused?', 'Why is `total = total(rows)` refused?'],
  ["Does `LIKE 'a  b%'` find them?", "Does `LIKE 'a b%'` find them?"],
  [
    `Why is the mail sent twice?\n${fenced('python', 'for row in rows:', '    add(row)', 'send(rows)')}`,
    `Why is the mail sent twice?\n${fenced('python', 'for row in rows:', '    add(row)', '    send(rows)')}`,
  ],
  [
    `What does make want here?\n${fenced('make', 'all:', '\tbuild')}`,
    `What does make want here?\n${fenced('make', 'all:', '        build')}`,
  ],
];

interface Question {
  tenant: string;
  model: string;
  promptVersion: number;
  text: string;
  locale: string;
  documents: string[];
}

/** Pairs of questions that differ in one thing. No two are the same. */
function questions(seed: number): Question[] {
  const found = new Map<string, Question>();
  for (const [n, [text, twin]] of shuffled(seed, 'texts', [...TEXTS, ...TEXTS]).entries()) {
    const one: Question = {
      tenant: pick(seed, `tenant ${n}`, TENANTS),
      model: pick(seed, `model ${n}`, ['sol-large', 'sol-small']),
      promptVersion: between(seed, `prompt ${n}`, 6, 8),
      text,
      locale: pick(seed, `locale ${n}`, ['en', 'fr', 'de', 'nb']),
      documents: [`manual-${between(seed, `manual ${n}`, 1, 4)}`, 'terms'],
    };
    const other = pick<Partial<Question>>(seed, `other ${n}`, [
      { text: twin },
      { text: twin },
      { text: twin },
      { tenant: 'hooli' },
      { model: 'sol-mini' },
      { promptVersion: 9 },
      { locale: 'es' },
      { documents: one.documents.toReversed() },
    ]);
    for (const question of [one, { ...one, ...other }]) found.set(JSON.stringify(question), question);
  }
  return [...found.values()];
}

/** As another keyboard, form or autocorrection would send it. Code isn't touched. */
function retyped(seed: number, id: string, text: string): string {
  const typed = text.normalize('NFD');
  if (typed !== text) return pick(seed, `retyped ${id}`, [typed, `${typed} `, `  ${typed}\r\n`]);
  const code = text.includes('`');
  return pick(seed, `retyped ${id}`, [
    `  ${text}\r\n`,
    code ? `${text}\n` : text.replaceAll(' ', '  '),
    code ? `\n${text}` : text.replace(' ', '\n'),
  ]);
}

const reversed = (fields: object) => Object.fromEntries(Object.entries(fields).reverse());

/** The questions of five minutes, each asked once, and some of them sent again by whoever had no answer yet. */
export function submissions(seed: number): Submission[] {
  return questions(seed)
    .flatMap((asked, n) => {
      const question = `q-${String(n + 1).padStart(2, '0')}`;
      const begins = n * 6_000 + between(seed, `asked ${question}`, 0, 5_000);
      const { locale, ...fields } = asked;
      const submission = (by: Submission['by'], at: number, attempt: number): Submission => {
        const id = `${question}/${attempt}`;
        const requestId = `r-${between(seed, `request ${id}`, 100_000, 999_999)}`;
        const sent = { requestId, sentAt: new Date(BEGINS + at - between(seed, `way ${id}`, 20, 90)).toISOString() };
        const options = { locale, temperature: 0.2 };
        const bodies: Record<typeof by, object> = {
          'the app': { ...sent, ...fields, options },
          'the gateway': { ...sent, ...fields, options, attempt, via: 'gateway' },
          'the queue': reversed({ ...sent, ...fields, options: reversed(options), attempt, via: 'queue' }),
          'the user': { ...sent, ...fields, text: retyped(seed, id, asked.text), options },
        };
        return { at, question, by, body: bodies[by] as AnswerRequest };
      };
      const again = [0.42, 0.28, 0.3].map((share, kind) => roll(seed, `again ${question} ${kind}`) < share * 0.62);
      const senders = (['the gateway', 'the queue', 'the user'] as const).filter((_, kind) => again[kind]);
      return [
        submission('the app', begins, 1),
        ...senders.map((by, nth) => {
          const attempt = nth + 2;
          return submission(by, begins + 5_000 * attempt + between(seed, `${by} ${question}`, 0, 4_000), attempt);
        }),
      ];
    })
    .sort((a, b) => a.at - b.at);
}

/** The same submissions from their recording. */
export function recordedSubmissions({ events, at }: Recording): Submission[] {
  return events
    .filter(({ type }) => type === 'BodyReceived')
    .map((event) => ({ ...(event.data as unknown as Submission), at: at(event), event: event.id }));
}
