import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Arbitrary } from 'fast-check';
import type { AnswerRequest, CreateHashing, Hashing } from '#answerdesk/seams/hashing.ts';
import { readRecording } from '#kit/events.ts';
import { fc } from '#kit/property.ts';
import { between, pick, shuffled } from '#kit/seeded.ts';
import { behaviour, incident, must, tradeOff } from '#kit/suite.ts';
import { EXCLUDED, recordedSubmissions, submissions } from '../incident/content-hashing.ts';
import { BEGINS, RECORDED_SEED } from '../incident/script.ts';
import * as kata from './kata.ts';

const createHashing: CreateHashing = kata.createHashing;
const hashing = () => createHashing({ excluded: [...EXCLUDED] });

const sample = <T>(arbitrary: Arbitrary<T>, seed: number, numRuns = 25) => fc.sample(arbitrary, { seed, numRuns });
const show = (value: unknown) => {
  const json = JSON.stringify(value) ?? String(value);
  return json.length > 90 ? `${json.slice(0, 90)}…` : json;
};

/** The canonical form of a value that has one. */
function formOf({ canonicalize }: Hashing, value: unknown): string {
  try {
    return canonicalize(structuredClone(value));
  } catch (error) {
    must(false, `${show(value)} has a canonical form and was refused (${(error as Error)?.message})`);
  }
}
/** The identity of a request that has one. */
function identityFor({ identityOf }: Hashing, request: AnswerRequest, event?: number): string {
  try {
    return identityOf(structuredClone(request));
  } catch (error) {
    must(false, `${show(request)} can be asked and was refused (${(error as Error)?.message})`, event);
  }
}
function mustRefuse(what: string, attempt: () => string): void {
  let refusal: unknown;
  let given: string | undefined;
  try {
    given = attempt();
  } catch (error) {
    refusal = error;
  }
  must(refusal !== undefined, () => `JSON can't say ${what}, and it became ${show(given)}`);
  const { code } = (refusal ?? {}) as { code?: string };
  must(code === 'NOT_CANONICAL', () => `${what} was refused with the code ${code}`);
}

const requestOf = (seed: number, over: object = {}): AnswerRequest => ({
  tenant: pick(seed, 'tenant', ['acme', 'globex', 'initech']),
  model: pick(seed, 'model', ['sol-large', 'sol-small']),
  promptVersion: between(seed, 'prompt', 2, 40),
  text: `Where is order ${between(seed, 'order', 1_000, 9_999)}?`,
  ...over,
});
/** Both are asked by the same tenant at the same time. */
function mustBeOne(by: Hashing, [one, other]: AnswerRequest[], why: string): void {
  const same = identityFor(by, one as AnswerRequest) === identityFor(by, other as AnswerRequest);
  must(same, () => `${why}: one question, two identities, and it was billed twice`);
}
function mustBeTwo(by: Hashing, [one, other]: AnswerRequest[], why: string): void {
  const same = identityFor(by, one as AnswerRequest) === identityFor(by, other as AnswerRequest);
  must(!same, () => `${why}: two questions, one identity, and one of them got the other's answer`);
}
const withTexts = (seed: number, ...texts: string[]) => texts.map((text) => requestOf(seed, { text }));

incident(
  'a question is one question, whoever sends it again, and no other question is taken for it',
  {
    recorded: () => recordedSubmissions(readRecording(new URL('./incident.jsonl', import.meta.url), BEGINS)),
    fresh: submissions,
    recordedSeed: RECORDED_SEED,
  },
  async (scene, { clock, history }) => {
    const by = hashing();
    const identities = new Map<string, Set<string>>();
    const firstBy = new Map<string, string>();
    const again: typeof scene = [];
    const mistaken: [(typeof scene)[number], string][] = [];
    for (const submission of scene) {
      await clock.advance(submission.at - clock.now());
      const { question, body, event } = submission;
      const received = { stream: question, type: 'BodyReceived', data: { question, by: submission.by, body } };
      const note = { stream: question, causationId: history.record(received) };
      const identity = identityFor(by, body, event);
      const known = firstBy.get(identity);
      const own = identities.get(question) ?? identities.set(question, new Set()).get(question);
      if (known === undefined) {
        if (own?.size) again.push(submission);
        history.record({ ...note, type: 'IdentityFirstSeen', data: { identity } });
      } else {
        if (known !== question) mistaken.push([submission, known]);
        history.record({ ...note, type: 'IdentityRecognised', data: { identity, question: known } });
      }
      own?.add(identity);
      if (known === undefined) firstBy.set(identity, question);
    }
    const [first] = again;
    must(
      !first,
      () =>
        `${identities.size} questions arrived as ${scene.length} submissions; ${again.length} of those were taken for new and billed again (first: ${first?.question}, sent again by ${first?.by})`,
      first?.event,
    );
    const [[wrong, taken] = []] = mistaken;
    must(
      !wrong,
      () =>
        `${mistaken.length} submissions were given the answer to another question (${wrong?.question} that to ${taken})`,
      wrong?.event,
    );
  },
  { startAt: BEGINS },
);

behaviour('key-order', 'fields stand in the order of their UTF-16 code units, at every depth', ({ seed }) => {
  const by = hashing();
  // RFC 8785, 3.2.3.
  const sorted = ['\r', '1', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33'];
  const fields = shuffled(seed, 'fields', sorted).map((name) => [name, sorted.indexOf(name)]);
  const expected = `{${sorted.map((name, n) => `${JSON.stringify(name)}:${n}`).join(',')}}`;
  const given = formOf(by, Object.fromEntries(fields));
  must(given === expected, () => `the fields of RFC 8785, 3.2.3, came out as ${given}`);

  const name = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 3 }),
    fc.nat({ max: 300 }).map(String),
    fc.constantFrom('__proto__', 'constructor', 'toString', 'B', 'a', 'é', 'e', 'Z', '-1', ''),
  );
  for (const [one, other] of sample(fc.tuple(name, name), seed, 60)) {
    if (one === other) continue;
    const [first, second] = one < other ? [one, other] : [other, one];
    const inner = `{${JSON.stringify(first)}:1,${JSON.stringify(second)}:2}`;
    for (const depth of [0, between(seed, `depth of ${one}, ${other}`, 1, 4)]) {
      const [before, after] = ['{"a":[{"b":'.repeat(depth), '}]}'.repeat(depth)];
      const json = `${before}{${JSON.stringify(second)}:2,${JSON.stringify(first)}:1}${after}`;
      const form = formOf(by, JSON.parse(json));
      must(
        form === `${before}${inner}${after}`,
        () => `${show(first)} comes before ${show(second)}, ${depth * 2} levels down too; it became ${form}`,
      );
    }
  }
});

/** RFC 8785, appendix B: the bits of an IEEE 754 double, and how it is written. */
const NUMBERS = `
  0000000000000000 0                        8000000000000000 0
  0000000000000001 5e-324                   8000000000000001 -5e-324
  7fefffffffffffff 1.7976931348623157e+308  ffefffffffffffff -1.7976931348623157e+308
  4340000000000000 9007199254740992         c340000000000000 -9007199254740992
  4430000000000000 295147905179352830000    44b52d02c7e14af5 9.999999999999997e+22
  44b52d02c7e14af6 1e+23                    44b52d02c7e14af7 1.0000000000000001e+23
  444b1ae4d6e2ef4e 999999999999999700000    444b1ae4d6e2ef4f 999999999999999900000
  444b1ae4d6e2ef50 1e+21                    3eb0c6f7a0b5ed8c 9.999999999999997e-7
  3eb0c6f7a0b5ed8d 0.000001                 41b3de4355555553 333333333.3333332
  41b3de4355555554 333333333.33333325       41b3de4355555555 333333333.3333333
  41b3de4355555556 333333333.3333334        41b3de4355555557 333333333.33333343
  becbf647612f3696 -0.0000033333333333333333 43143ff3c1cb0959 1424953923781206.2`
  .trim()
  .split(/\s+/);

behaviour('numbers', 'a number is written as RFC 8785 writes it', ({ seed }) => {
  const by = hashing();
  for (let n = 0; n < NUMBERS.length; n += 2) {
    const [bits = '', written] = NUMBERS.slice(n);
    const form = formOf(by, Buffer.from(bits, 'hex').readDoubleBE());
    must(form === written, `the number with the bits ${bits} is written ${written}; it became ${form}`);
  }
  const scaled = fc.tuple(fc.integer(), fc.integer({ min: -30, max: 30 })).map(([n, power]) => n * 10 ** power);
  for (const number of sample(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), scaled), seed, 60)) {
    const form = formOf(by, { deep: [number] });
    const written = number === 0 ? '0' : `${number}`;
    must(form === `{"deep":[${written}]}`, () => `${written} in a list became ${form}`);
  }
});

behaviour('strings', 'a string is escaped where it must be, and its characters stay as they are', ({ seed }) => {
  const by = hashing();
  // RFC 8785, 3.2.2 and 3.2.4: the sample, and the SHA-256 of its bytes as they stand there.
  const rfc = String.raw`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`;
  const bytes =
    '7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e756d62657273223a5b3333333333333333332e333333333333332c31652b33302c342e352c302e3030322c31652d32375d2c22737472696e67223a22e282ac245c75303030665c6e4127425c225c5c5c5c5c222f227d';
  const form = formOf(by, JSON.parse(rfc));
  must(Buffer.from(form).toString('hex') === bytes, () => `the sample of RFC 8785, 3.2.2, became ${form}`);

  const strings = sample(fc.string({ unit: 'binary', maxLength: 12 }), seed, 60);
  for (const string of [
    ...strings,
    'A\u030a',
    '\u00c5',
    '\u212b',
    'e\u0301',
    ' \t ',
    '\u2028\u2029',
    '\x7f</',
    '\0\b\v\f',
  ]) {
    const written = formOf(by, [string]);
    must(
      written === `[${JSON.stringify(string)}]`,
      () => `${[...string].map((c) => `U+${c.codePointAt(0)?.toString(16)}`).join(' ')} became ${written}`,
    );
  }
});

behaviour('refused', "what JSON can't say is refused by name", ({ seed }) => {
  const by = hashing();
  const deep = (value: unknown) =>
    pick<unknown>(seed, `where ${String(value)}`, [{ a: [1, value] }, [[value]], { a: { b: value } }]);
  const word = pick(seed, 'word', ['refund', 'Ärger', '😀']);
  const halves = [
    '\ud83d',
    '\ude00',
    '\udbff',
    '\udfff',
    `${word}\ud83d`,
    `\ud800${word}`,
    `${word}\udc00${word}`,
    '\ude00\ud83d',
    '😀\ude00',
  ];
  const numbers = [Number.NaN, Infinity, -Infinity, JSON.parse('1e999')];
  for (const [what, value] of [
    ...numbers.map((number) => [String(number), number] as const),
    ...halves.map((half) => ['half a surrogate pair', half] as const),
    ...halves.map((half) => ['half a surrogate pair in a name', { [half]: 1 }] as const),
    ['a value of type bigint', 12n] as const,
  ]) {
    mustRefuse(what, () => by.canonicalize(value));
    mustRefuse(`${what} further down`, () => by.canonicalize(deep(value)));
    const request = requestOf(seed, { note: deep(value) });
    mustRefuse(`${what} in a request`, () => by.identityOf(request));
  }
  mustRefuse('undefined', () => by.canonicalize(undefined));
  for (const text of halves)
    mustRefuse('half a surrogate pair in a text', () => by.identityOf(requestOf(seed, { text })));
  const unsaid = { a: 1, b: undefined };
  const form = attempt(() => by.canonicalize(unsaid));
  must(form === undefined || form === '{"a":1}', () => `{"a":1} with a field that is undefined became ${form}`);
});
/** What it gives; undefined where it throws. */
function attempt(give: () => string): string | undefined {
  try {
    return give();
  } catch {
    return undefined;
  }
}

const json = fc
  .jsonValue({ stringUnit: 'binary', maxDepth: 3 })
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown);
/** The same value, its fields written down in another order. */
function reordered(seed: number, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => reordered(seed, item));
  if (typeof value !== 'object' || value === null) return value;
  const fields = shuffled(seed, Object.keys(value).join(), Object.entries(value));
  return Object.fromEntries(fields.map(([name, field]) => [name, reordered(seed, field)]));
}

behaviour(
  'nothing-lost',
  'the canonical form says all that the value says, whoever wrote it, and no more',
  ({ seed }) => {
    const by = hashing();
    const odd = JSON.parse('{"b":{"__proto__":{"x":[]},"length":0,"toJSON":"no"},"10":[{}],"9":[[],"",null,false,0]}');
    const twice = { terms: ['refunds'] };
    for (const value of [odd, { first: twice, second: twice, third: [twice, twice] }, ...sample(json, seed, 40)]) {
      const form = formOf(by, value);
      const parsed = (() => {
        try {
          return { value: JSON.parse(form) as unknown };
        } catch {
          return undefined;
        }
      })();
      must(parsed !== undefined, () => `${show(value)} became ${show(form)}, which is no JSON`);
      must(
        isDeepStrictEqual(parsed.value, value),
        () => `${show(value)} became ${show(form)}, which says something else`,
      );
      must(
        form.length === JSON.stringify(value).length,
        () => `${show(value)} became ${show(form)}, which is longer than it must be`,
      );
      const other = reordered(seed, value);
      must(formOf(by, other) === form, () => `${show(value)} and ${show(other)} are one value in two forms`);
    }
  },
);

/** Sentences of words with and without marks, in several scripts. */
function sentence(seed: number, name: string): string[] {
  const words = [
    'où',
    'Ärger',
    'çà',
    'straße',
    'مرحبا',
    '한국어',
    'ổn',
    'q\u0323\u0307',
    'Å',
    'ñandú',
    'नमस्ते',
    'refund',
    'US',
    '24%',
  ];
  const count = between(seed, `${name} length`, 3, 8);
  return Array.from({ length: count }, (_, n) => pick(seed, `${name} word ${n}`, words as [string, ...string[]]));
}

behaviour(
  'same-text',
  'a text is the same in any Unicode spelling and with any white space between its words',
  ({ seed }) => {
    const by = hashing();
    for (let n = 0; n < 6; n++) {
      const words = sentence(seed, `${n}`);
      const text = words.join(' ');
      const gap = (of: number) => pick(seed, `gap ${n} ${of}`, ['  ', '\n', '\r\n', '\t', ' \n\n ', ' ']);
      const spaced = words.reduce((typed, word, at) => `${typed}${gap(at)}${word}`);
      const padded = `${gap(-1)}${text}${gap(-2)}`;
      for (const [other, why] of [
        [text.normalize('NFD'), 'was typed again with its marks as characters of their own'],
        [text.normalize('NFC'), 'was typed again with composed characters'],
        [spaced, `came again with other white space (${show(spaced)})`],
        [padded, `came again with white space around it (${show(padded)})`],
        [spaced.normalize('NFD'), 'came again with other white space and other characters'],
      ] as const) {
        mustBeOne(by, withTexts(seed, text, other), `${show(text)} ${why}`);
      }
    }
    for (const [one, other] of [
      ['\u212b', '\u00c5'],
      ['\u2126', '\u03a9'],
      ['\u1100\u1161', '가'],
      ['q\u0307\u0323', 'q\u0323\u0307'],
    ] as const) {
      const texts = withTexts(seed, `${one} is meant`, `${other} is meant`);
      mustBeOne(by, texts, `${other} came in another spelling that Unicode calls equal`);
    }
  },
);

behaviour('other-text', 'a text that says something else is another question', ({ seed }) => {
  const by = hashing();
  const order = between(seed, 'order', 100, 999);
  const around = pick(seed, 'around', [
    (word: string) => `Why does ${order} say ${word} here?`,
    (word: string) => `${word} of ${order}?`,
  ]);
  const pairs =
    '2⁵/25, 10⁻³/10-3, x¹/x1, ½/1⁄2, ℕ/N, ①/1, US/us, Polish/polish, Straße/STRASSE, log in/login, résumé/resume, C#/C, -1/1, 1.10/110, not paid/paid not, paid/not paid, می‌خواهم/میخواهم';
  for (const [one = '', other = ''] of pairs.split(', ').map((pair) => pair.split('/'))) {
    mustBeTwo(by, withTexts(seed, around(one), around(other)), `${show(around(one))} and ${show(around(other))}`);
  }
  const words = sentence(seed, 'long');
  const text = `${words.join(' ')} `.repeat(40);
  mustBeTwo(by, withTexts(seed, `${text}yes`, `${text}no`), `${text.length} characters that end in yes, and in no`);
});

behaviour(
  'excluded',
  'what came along is left out: the listed fields, and nothing that is named like them',
  ({ seed }) => {
    const listed = shuffled(seed, 'listed', [
      'requestId',
      'sentAt',
      'via',
      'attempt',
      'traceparent',
      'client',
      'toString',
    ]);
    const excluded = listed.slice(0, between(seed, 'count', 2, 4));
    const [by, all] = [createHashing({ excluded: [...excluded] }), createHashing({ excluded: [] })];
    const request = requestOf(seed, { ticket: { id: 7 } });
    const values = (name: string) =>
      [`${name}-${between(seed, name, 1, 9)}`, between(seed, name, 1, 999), { at: [1] }, null] as const;
    for (const field of listed) {
      for (const value of values(field)) {
        const pair = [request, { ...request, [field]: value }];
        const why = `once with ${show({ [field]: value })}, once without`;
        if (excluded.includes(field)) mustBeOne(by, pair, `${why} (excluded: ${excluded.join(', ')})`);
        else mustBeTwo(by, pair, `${why} (excluded: ${excluded.join(', ')})`);
        mustBeTwo(all, pair, `${why} (nothing is excluded)`);
      }
      const named = (value: string) => ({ ...request, ticket: { [field]: value }, list: [{ [field]: value }] });
      mustBeTwo(by, [named('a'), named('b')], `a ticket whose ${field} is a, and one whose ${field} is b`);
    }

    const kept = requestOf(seed, {
      [excluded[0] as string]: 'r-1',
      text: '  Où\n est-il ?  '.normalize('NFD'),
      list: ['b', 'a'],
    });
    const before = formOf(all, kept);
    by.identityOf(kept);
    const after = all.canonicalize(kept);
    must(
      after === before,
      () => `the request went in as ${before} and is now ${after}: that is what the provider will be asked`,
    );
  },
);

behaviour('every-field', 'whatever else the request says belongs to what is asked', ({ seed }) => {
  const by = hashing();
  const { model, promptVersion } = requestOf(seed);
  const request = requestOf(seed, {
    options: { temperature: 0.2, stop: ['\n', 'END'], seed: null },
    documents: ['terms', 'prices'],
    locale: 'en',
    constructor: 'x',
  });
  const options = request['options'] as object;
  for (const over of [
    { tenant: `${request.tenant}2` },
    { model: `${model}-2` },
    { promptVersion: promptVersion + 1 },
    { promptVersion: `${promptVersion}` },
    { tenant: `${request.tenant}${model[0]}`, model: model.slice(1) },
    { locale: 'EN' },
    { locale: ' en' },
    { locale: null },
    { locale: ['en'] },
    { constructor: 'y' },
    { mustBeFresh: true },
    { mustBeFresh: 'true' },
    { empty: '' },
    { empty: null },
    { empty: [] },
    { empty: {} },
    { documents: ['prices', 'terms'] },
    { documents: ['terms', 'prices', 'prices'] },
    { documents: 'terms,prices' },
    { options: { ...options, temperature: 0.25 } },
    { options: { ...options, temperature: '0.2' } },
    { options: { ...options, stop: ['\n\n', 'END'] } },
    { options: { ...options, stop: ['\n', 'end'] } },
    { options: { ...options, stop: ['END', '\n'] } },
    { options: { temperature: 0.2, stop: ['\n', 'END'] } },
    { options: { temperature: 0.2, seed: null }, stop: ['\n', 'END'] },
  ]) {
    mustBeTwo(by, [request, { ...request, ...over } as AnswerRequest], `one request, and the same with ${show(over)}`);
  }
  const forms = new Map<string, { value: unknown; identity: string }>();
  const values = sample(json, seed, 40);
  for (const value of values) {
    const identity = identityFor(by, { ...request, extra: value });
    const same = [...forms.values()].find((other) => other.identity === identity);
    must(
      !same || isDeepStrictEqual(same.value, value),
      () => `an extra of ${show(value)} and one of ${show(same?.value)} have one identity`,
    );
    forms.set(identity, { value, identity });
    const other = reordered(seed, { ...request, extra: value }) as AnswerRequest;
    mustBeOne(by, [{ ...request, extra: value }, other], `${show(other)} is a request in another order`);
  }
});

behaviour(
  'digest',
  'an identity is the whole SHA-256 of the canonical form, so that others can compute it',
  ({ seed }) => {
    const by = createHashing({ excluded: ['sentAt'] });
    const { tenant, model, promptVersion } = requestOf(seed);
    const words = sentence(seed, 'digest');
    const code = 'What does `a  B` do?';
    for (const [typed, text] of [
      [` ${words.join('\n ')}`.normalize('NFD'), words.join(' ').normalize('NFC')],
      [code, code],
    ]) {
      const spelled = `{"locale":"nb","model":"${model}","promptVersion":${promptVersion},"tenant":"${tenant}","text":"${text}"}`;
      const expected = createHash('sha256').update(spelled, 'utf8').digest('hex');
      const request = { sentAt: '08:02', text: typed ?? '', tenant, promptVersion, model, locale: 'nb' };
      const identity = identityFor(by, request);
      must(
        /^[0-9a-f]{64}$/.test(identity),
        () => `an identity has 64 lowercase hex digits; this one is ${show(identity)}`,
      );
      must(
        identity === expected,
        () => `of ${show(typed)} another service computes ${expected}, from ${spelled}; we say ${identity}`,
      );
    }
  },
);

tradeOff('code is kept as it was typed: a space in it, or a capital, is another question', ({ seed }) => {
  const by = hashing();
  const name = pick(seed, 'name', ['total', 'rows', 'price', 'user']);
  const Name = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  const n = between(seed, 'n', 2, 99);
  const inFence = (code: string) => `Why does it print ${n}?\n\`\`\`\n${code}\n\`\`\`\nI don't see it.`;
  const inLine = (code: string) => `What does \`${code}\` do in step ${n}?`;
  const unclosed = (code: string) => `Why does it print ${n}?\n\`\`\`py\n${code}\nend`;
  const both = (code: string) => `In \`step ${n}\`:\n\n\`\`\`js\n${code}\n\`\`\`\nand then \`run()\`.`;
  const kinds = {
    'a fence': inFence,
    'a line': inLine,
    'a fence that nothing closes': unclosed,
    'the second of three pieces': both,
  };
  const pairs = (lines: boolean) => [
    [`${name} = ${Name}(${n})`, `${name} = ${name}(${n})`],
    [`find('${name}  ${n}')`, `find('${name} ${n}')`],
    [`grep "${name}\t${n}"`, `grep "${name} ${n}"`],
    [`print('${name} ')`, `print('${name}')`],
    ...(lines
      ? [
          [`if ok:\n  a(${n})\n  b()`, `if ok:\n  a(${n})\nb()`],
          [`a\n${name}\n(${n})`, `a ${name} (${n})`],
          [`\t${name}:`, `  ${name}:`],
          [`x = \`a\${${n}}  b\``, `x = \`a\${${n}} b\``],
          [`echo \`date  +%s\`  ${n}`, `echo \`date +%s\`  ${n}`],
          [`echo \`date\`  ${n}`, `echo \`date\` ${n}`],
        ]
      : []),
  ];
  for (const [where, write] of Object.entries(kinds)) {
    for (const [one = '', other = ''] of pairs(write !== inLine)) {
      const requests = withTexts(seed, write(one), write(other));
      mustBeTwo(by, requests, `${show(one)} and ${show(other)}, in ${where}`);
      const [sent] = requests as [AnswerRequest];
      const again = { attempt: 2, ...(reordered(seed, sent) as AnswerRequest), requestId: `r-${n}` };
      mustBeOne(by, [sent, again], `${show(one)} in ${where} was sent again as it was`);
      if (write !== unclosed)
        mustBeOne(
          by,
          [sent, { ...sent, text: `\n ${sent.text}\n` }],
          `${show(sent.text)} came with an empty line around it`,
        );
    }
  }
  const typed = `Why does step ${n} fail?`;
  mustBeOne(
    by,
    withTexts(seed, typed, typed.replaceAll(' ', '\n  ')),
    `${show(typed)}, without any code, came on several lines`,
  );
});
