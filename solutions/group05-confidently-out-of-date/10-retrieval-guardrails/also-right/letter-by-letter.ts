import { EVERYONE } from '#answerdesk/knowledge.ts';
import type { RankedPassage } from '#answerdesk/seams/context-budget.ts';
import {
  type CreateGuardrails,
  type Guarded,
  type GuardrailPorts,
  type GuardrailSettings,
  type Guardrails,
  LOOK_ALIKES,
  type Part,
  UNTRUSTED,
} from '#answerdesk/seams/guardrails.ts';
import type { Scope } from '#answerdesk/seams/metadata-filter.ts';

/** Another style: a list of letters, each with its place; what is hidden is removed, what is open is quoted. */
interface Letter {
  as: string;
  start: number;
  end: number;
}
type Pass = (letters: Letter[]) => Letter[];

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
const spell = (letters: readonly Letter[]) => letters.map(({ as }) => as).join('');

/** Letters by UTF-16 offset of their joined text. */
function byOffset(letters: readonly Letter[]): Letter[] {
  const units: Letter[] = [];
  for (const letter of letters) for (let n = 0; n < letter.as.length; n++) units.push(letter);
  return units;
}
function letterize(text: string): Letter[] {
  const letters: Letter[] = [];
  let at = 0;
  for (const as of text) {
    letters.push({ as, start: at, end: at + as.length });
    at += as.length;
  }
  return letters;
}

const isAscii = (letters: readonly Letter[]) => letters.every(({ as }) => as < '\x80');

const visible: Pass = (letters) => {
  if (isAscii(letters)) return letters;
  return letters.flatMap((letter) => {
    const code = letter.as.codePointAt(0) ?? 0;
    if (code >= 0xe0020 && code <= 0xe007e) return [{ ...letter, as: String.fromCharCode(code - 0xe0000) }];
    return code > 127 && /\p{Default_Ignorable_Code_Point}/u.test(letter.as) ? [] : [letter];
  });
};
const compatible: Pass = (letters) => {
  const text = spell(letters);
  if (isAscii(letters)) return letters;
  const units = byOffset(letters);
  return [...segmenter.segment(text)].flatMap(({ segment, index }) => {
    const start = units[index]?.start ?? 0;
    const end = units[index + segment.length - 1]?.end ?? 0;
    return [...segment.normalize('NFKC')].map((as) => ({ as, start, end }));
  });
};
const table = new Map([...LOOK_ALIKES.these].map((these, n) => [these, [...LOOK_ALIKES.those][n] as string]));
const latin: Pass = (letters) =>
  isAscii(letters) ? letters : letters.map(({ as, start, end }) => ({ as: table.get(as) ?? as, start, end }));
const cut =
  (pattern: RegExp): Pass =>
  (letters) => {
    if (spell(letters).search(pattern) < 0) return letters;
    const units = byOffset(letters);
    const gone = new Set<Letter>();
    for (const match of spell(letters).matchAll(pattern))
      for (const letter of units.slice(match.index, match.index + match[0].length)) gone.add(letter);
    return letters.filter((letter) => !gone.has(letter));
  };
const noMarks = cut(/<\s*\/?\s*untrusted\s*>/gi);
const noComments = cut(/<!--.*?-->/gs);

const as: Pass = (letters) => letters;
function* undisguised(letters: Letter[]): Generator<Letter[]> {
  let so = letters;
  for (const pass of isAscii(letters) ? [as] : [as, visible, compatible, latin]) {
    so = pass(so);
    const bare = noMarks(so);
    yield* [so, bare, noComments(bare)];
  }
}

function unpack(letters: Letter[]): Letter[][] {
  const units = byOffset(letters);
  const text = spell(letters);
  const found: Letter[][] = [];
  const take = (from: number, to: number) => {
    const bytes = Buffer.from(text.slice(from, to).replace(/[\s=]/g, ''), 'base64');
    const plain = bytes.toString('utf8');
    if ((plain.match(/\ufffd/g) ?? []).length > 3) return;
    const start = units[from]?.start ?? 0;
    const end = units[to - 1]?.end ?? 0;
    found.push([...plain].map((as) => ({ as, start, end })));
  };
  for (const run of text.matchAll(/[A-Za-z0-9+/_-]{24,}=*/g)) take(run.index, run.index + run[0].length);
  // Lines of nothing else belong together.
  for (const block of text.matchAll(/(?:^[ \t>]*[A-Za-z0-9+/_-]+=*[ \t]*(?:\r?\n|$))+/gm))
    take(block.index, block.index + block[0].trimEnd().length);
  return found;
}

function everyReading(letters: Letter[], depth: number): Letter[][] {
  const seen = new Set<string>();
  const all: Letter[][] = [];
  for (const reading of undisguised(letters)) {
    const text = spell(reading);
    if (seen.has(text)) continue;
    seen.add(text);
    all.push(reading);
    if (depth > 0) for (const inner of unpack(reading)) all.push(...everyReading(inner, depth - 1));
  }
  return all;
}

class Gate implements Guardrails {
  private readonly ports: GuardrailPorts;
  private readonly settings: GuardrailSettings;
  constructor(ports: GuardrailPorts, settings: GuardrailSettings) {
    this.ports = ports;
    this.settings = settings;
  }

  async question(
    text: string,
  ): Promise<{ allowed: true } | { allowed: false; reason: 'out of scope' | 'scope unknown' }> {
    const refuse = (reason: 'out of scope' | 'scope unknown') => {
      this.ports.emit({ type: 'QuestionRefused', data: { reason } });
      return { allowed: false as const, reason };
    };
    let sure: number;
    try {
      sure = await this.ports.inScope(text);
    } catch {
      return refuse('scope unknown');
    }
    if (Number.isNaN(sure)) return refuse('scope unknown');
    return sure < this.settings.minInScope ? refuse('out of scope') : { allowed: true };
  }

  async passages(passages: readonly RankedPassage[], scope: Scope): Promise<Guarded> {
    const { emit } = this.ports;
    const back: RankedPassage[] = [];
    let failed = false;
    for (const { passage, score } of passages) {
      const { id: name, metadata, page } = passage;
      const block = (reason: 'source' | 'tenant' | 'scan failed') =>
        emit({ type: 'PassageBlocked', data: { passage: name, reason } });
      if (this.settings.sources.every((source) => !page.startsWith(source))) block('source');
      else if (metadata.tenant !== EVERYONE && metadata.tenant !== scope.tenant) block('tenant');
      else
        try {
          const text = await this.clean(name, passage.text);
          back.push({ passage: { ...passage, text }, score });
        } catch {
          failed = true;
          block('scan failed');
        }
    }
    const [best] = back;
    if (!best) return { abstain: true, reason: failed ? 'scan failed' : 'nothing left' };
    if (back.every(({ score }) => !(score >= this.settings.minScore))) return { abstain: true, reason: 'low score' };
    return { abstain: false, passages: back };
  }

  private async clean(name: string, text: string): Promise<string> {
    /** For each character what becomes of it; the strongest wins. */
    const fate = new Uint8Array(text.length);
    const [QUOTED, GONE, SECRET, MARK] = [1, 2, 3, 4];
    const said: { type: 'InstructionNeutralised' | 'SecretRedacted'; part: Part }[] = [];
    const letters = letterize(text);
    for (const [n, reading] of everyReading(letters, 2).entries()) {
      const units = byOffset(reading);
      const plain = spell(reading);
      const where = ({ start, end }: Part): Part => ({
        start: units[start]?.start ?? 0,
        end: units[end - 1]?.end ?? 0,
      });
      const note = (type: 'InstructionNeutralised' | 'SecretRedacted', part: Part, as: number) => {
        said.push({ type, part });
        for (let i = part.start; i < part.end; i++) fate[i] = Math.max(fate[i] as number, as);
      };
      for (const part of await this.ports.scan(plain)) {
        const here = where(part);
        const isOpen = n === 0 || fate.subarray(here.start, here.end).every((so) => so !== 0);
        note('InstructionNeutralised', here, isOpen ? QUOTED : GONE);
      }
      for (const part of this.ports.findSecrets(plain)) note('SecretRedacted', where(part), SECRET);
    }
    const folded = latin(compatible(visible(letters)));
    const bare = noMarks(folded);
    const rest = new Set(bare);
    for (const { start, end } of bare === folded ? [] : folded.filter((letter) => !rest.has(letter)))
      for (let i = start; i < end; i++) if (fate[i] !== SECRET) fate[i] = MARK;

    let out = '';
    let quoting = false;
    for (let i = 0; i < text.length; i++) {
      const now = fate[i] as number;
      const quote = now === QUOTED;
      if (quote !== quoting) out += quote ? UNTRUSTED.open : UNTRUSTED.close;
      quoting = quote;
      const begins = now !== fate[i - 1];
      if (now <= QUOTED) out += text.charAt(i);
      else if (begins) out += now === SECRET ? '***' : now === MARK ? '&lt;untrusted&gt;' : '[an order was removed]';
    }
    if (quoting) out += UNTRUSTED.close;
    for (const { type, part } of said) this.ports.emit({ type, data: { passage: name, ...part } });
    return out;
  }
}

export const createGuardrails: CreateGuardrails = (ports, settings) => new Gate(ports, settings);
