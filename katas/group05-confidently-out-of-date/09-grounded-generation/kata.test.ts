import type { Page, Passage } from '#answerdesk/knowledge.ts';
import type { IncludedPassage } from '#answerdesk/seams/context-budget.ts';
import type { CreateGrounding, GroundedAnswer, GroundedClaim } from '#answerdesk/seams/grounding.ts';
import { readRecording } from '#kit/events.ts';
import { fc } from '#kit/property.ts';
import { between, pick, shuffled } from '#kit/seeded.ts';
import { behaviour, incident, must, tradeOff } from '#kit/suite.ts';
import { BEGINS, RECORDED_SEED } from '../incident/day.ts';
import * as day from '../incident/grounded-generation.ts';
import {
  denial,
  figuresIn,
  type Judged,
  judged,
  namesIn,
  pageOf,
  pageWith,
  textOf,
} from '../incident/grounded-generation.ts';
import { covers } from '../incident/questions.ts';
import * as kata from './kata.ts';

const createGrounding: CreateGrounding = kata.createGrounding;

interface Said {
  text: string;
  cites: number[];
  quotes: string[];
}
type Made = ReturnType<typeof pageWith>;
type Find = (id: string) => Page | undefined;
const json = (...claims: unknown[]) => JSON.stringify({ claims });
const short = (text = 'nothing') => (text.length > 90 ? `${text.slice(0, 90)}…` : text);
/** Texts that are one quote, whatever keyboard and renderer they went through. */
const folded = (text: string) =>
  text.normalize('NFC').replace(/\s+/g, ' ').replace(/[‘’]/g, "'").replace(/[“”]/g, '"').trim();
const outcome = (by: GroundedAnswer) => (by.abstained ? by.reason : `${by.claims.length} claims`);
const listed = (texts: readonly string[]) => texts.join(' ') || 'none';

function ground(reply: string, given: readonly IncludedPassage[], find: Find = pageOf) {
  const events: { type: string; data: Record<string, unknown> }[] = [];
  const page: Find = (id) => structuredClone(find(id));
  const answer = createGrounding({ page, emit: (event) => events.push(structuredClone(event)) });
  const grounded = answer(reply, structuredClone(given));
  const claims = grounded.abstained ? [] : grounded.claims;
  must(grounded.abstained || claims.length > 0, 'an answer without a single claim was given, and not withheld');
  return { grounded, claims, events, shown: (text: string) => claims.find((claim) => claim.text === text) };
}
type Ground = ReturnType<typeof ground>;

/** The claim is shown, and each of its citations leads to one of its quotes, in a page of that version. */
function mustShow(by: Ground, { text, quotes }: Said, why: string, find: Find = pageOf): GroundedClaim {
  const claim = by.shown(text);
  must(claim !== undefined, () => `"${short(text)}" was not shown: ${why}`);
  must(claim.citations.length > 0, () => `"${short(text)}" was shown and cites nothing`);
  for (const { page, version, start, end } of claim.citations) {
    const there = find(page)?.text.slice(start, end) ?? '';
    const holds = quotes.some((quote) => folded(there) === folded(quote)) && there === there.trim();
    must(holds, () => `the citation of "${short(text)}" leads to "${short(there)}", which is not its quote`);
    must(version === (find(page)?.metadata.version ?? null), () => `${page} is cited as of version ${version}`);
  }
  return claim;
}
function mustDrop(by: Ground, text: string, why: string): void {
  must(!by.shown(text), () => `"${short(text)}" was shown: ${why}`);
  must(by.grounded.dropped.includes(text), () => `"${short(text)}" was neither shown nor named among the dropped`);
}

const numbered = ({ passage }: Pick<Made, 'passage'>, number: number): IncludedPassage => ({
  number,
  passage,
  text: passage.text,
});
const among =
  (...made: Made[]): Find =>
  (id) =>
    made.find(({ page }) => page.id === id)?.page;
/** What becomes of a claim on a page of ours, the one that was given. */
function on(made: Made) {
  const tell = (text: string, quotes: string[]) =>
    ground(json({ text, cites: [1], quotes }), [numbered(made, 1)], among(made));
  return {
    shows: (text: string, quotes: string[], why: string) =>
      mustShow(tell(text, quotes), { text, cites: [1], quotes }, why, among(made)),
    drops: (text: string, quotes: string[], why: string) => mustDrop(tell(text, quotes), text, why),
  };
}

/** A judged claim in the model's words, with its right quote, beside two other passages. */
function drops(
  seed: number,
  { says, span, passage }: Judged,
  text: string,
  why = `its quote is "${short(textOf(span))}"`,
): void {
  const others = shuffled(seed, says, short200());
  const given = [{ passage }, ...others.filter((one) => one.passage.id !== passage.id).slice(0, 2)];
  const number = (seed % 5) + 1;
  const reply = json({ text, cites: [number], quotes: [textOf(span).replace(/\s+/g, ' ')] });
  must(text !== says, () => `nothing of "${says}" was changed`);
  mustDrop(ground(reply, given.map((each, n) => numbered(each, number + n)).reverse()), text, why);
}
const short200 = () =>
  judged()
    .filter(({ passage }) => passage.text.length < 3_000)
    .slice(0, 40);
const some = (seed: number, name: string, from: readonly Judged[]) => shuffled(seed, name, from).slice(0, 6);

incident(
  'what is shown is proven by what it cites, and what is proven is shown',
  {
    recorded: () => day.recordedReplies(readRecording(new URL('./incident.jsonl', import.meta.url), BEGINS)),
    fresh: day.replies,
    recordedSeed: RECORDED_SEED,
  },
  async (scene, { clock, history }) => {
    const wrong: { why: string; text: string; event: number | undefined }[] = [];
    const lost: typeof wrong = [];
    const count = { shown: 0, proven: 0 };
    for (const reply of scene) {
      await clock.advance(reply.at - clock.now());
      const { ask, given, around, claims, event } = reply;
      const received = history.record({ stream: ask, type: 'ReplyReceived', data: { ask, given, around, claims } });
      const note = { stream: ask, causationId: received };
      const said = day.claimsOf(reply);
      const by = ground(day.wrapped(JSON.stringify({ claims: said, confidence: 0.98 }), around), day.givenOf(reply));
      const { grounded } = by;
      if (grounded.abstained)
        history.record({ ...note, type: 'AnswerWithheld', data: { ask, reason: grounded.reason } });
      for (const [claim, { kind, quotes }] of claims.entries()) {
        const {
          text,
          quotes: [quote = ''],
        } = said[claim] as Said;
        const shown = by.shown(text);
        if (shown) history.record({ ...note, type: 'ClaimShown', data: { ask, claim, citations: shown.citations } });
        const leads = shown?.citations.some(
          (each) => quotes.some((span) => covers(each, span)) && folded(textOf(each)) === folded(quote),
        );
        const provable = kind === 'proven' || kind === 'misattributed';
        if (shown) count.shown++;
        if (kind === 'proven') count.proven++;
        if (kind === 'proven' && !shown) lost.push({ why: kind, text, event });
        if (shown && !(provable && leads)) wrong.push({ why: provable ? 'cited to another place' : kind, text, event });
      }
    }
    const kinds = [...new Set(wrong.map(({ why }) => why))];
    const counted = kinds.map((kind) => `${wrong.filter(({ why }) => why === kind).length} ${kind}`).join(', ');
    must(
      wrong.length === 0,
      () =>
        `${wrong.length} of ${count.shown} claims that were shown are not proven by what they cite (${counted}; first: "${short(wrong[0]?.text)}", ${wrong[0]?.why})`,
      wrong[0]?.event,
    );
    must(
      lost.length <= count.proven * 0.6,
      () =>
        `${lost.length} of ${count.proven} claims that their quotes prove were dropped (first: "${short(lost[0]?.text)}")`,
      lost[0]?.event,
    );
  },
  { startAt: BEGINS },
);

behaviour('reads', 'a reply is read whatever stands around it, and one bad claim costs no other', ({ seed }) => {
  const code = `app.register(gateway, { window: ${between(seed, 'window', 10, 90)}, fence: "\`\`\`" })`;
  const made = pageWith('acme/Gateway.md', `To register the gateway with its window and fence:\n\n    ${code}\n`);
  const given = [numbered(made, 1)];
  const said = { text: 'The gateway has a `window` and a `fence` in register.', cites: [1], quotes: [code] };
  const whole = json(said);
  const around: [string, string][] = [
    ['a fence around it', `\`\`\`json\n${whole}\n\`\`\``],
    ['a fence and prose around it', `Sure, here it is:\n\n\`\`\`\n${whole}\n\`\`\`\n\nAnything else?`],
    ['prose with braces around it', `I used {4} and {"window"}:\n${whole}\nNo {more}.`],
    ['lines of white space around it', `\n\n  ${JSON.stringify({ claims: [said] }, null, 2)}\n\n`],
    [
      'fields that nobody asked for',
      JSON.stringify({ thoughts: 'First } then {', claims: [{ ...said, confidence: 0.9 }], end: null }),
    ],
  ];
  for (const [what, reply] of around)
    mustShow(ground(reply, given, among(made)), said, `the reply had ${what}`, among(made));

  const [other, second] = ['The gateway has a `fence` in register.', 'The gateway is registered with a `window`.'];
  const broken: unknown[] = [null, 'the gateway', 7, [], { ...said, text: 7 }, { text: 'A fence.', quotes: [code] }];
  broken.push({ ...said, text: 'A window.', quotes: null }, { ...said, cites: 'all' }, { ...said, quotes: [null, 7] });
  for (const bad of broken) {
    const mixed = shuffled(seed, json(bad), [bad, { ...said, text: other }]);
    const by = ground(json(...mixed), given, among(made));
    mustShow(by, { ...said, text: other }, `the claim beside it was ${JSON.stringify(bad)}`, among(made));
  }
  const both = json(said, { ...said, text: second });
  const cut = ground(both.slice(0, both.indexOf(second) + between(seed, 'cut', 5, 60)), given, among(made));
  must(
    !cut.claims.some(({ text }) => text !== said.text),
    'a reply was cut within its second claim, and that was shown',
  );
});

behaviour(
  'unreadable',
  'a reply that cannot be read, that claims nothing, or had nothing to go by says which',
  ({ seed }) => {
    const made = pageWith('acme/Gateway.md', 'The gateway closes idle connections after a minute.');
    const whole = json({
      text: 'It closes idle connections.',
      cites: [1],
      quotes: ['The gateway closes idle connections'],
    });
    const broken = ['', 'I am sorry, I cannot help with that.', '{"claims": 3}', '[]', 'null', '{"answer":"Yes."}'];
    const cases: [string, string, IncludedPassage[]][] = broken.map((each) => [
      each,
      'unreadable reply',
      [numbered(made, 1)],
    ]);
    cases.push([whole.slice(0, between(seed, 'cut', 3, 30)), 'unreadable reply', [numbered(made, 1)]]);
    cases.push(
      ['{"claims":[]}', 'nothing supported', [numbered(made, 1)]],
      [whole, 'no passages', []],
      ['Sorry.', 'no passages', []],
    );
    for (const [reply, reason, given] of cases) {
      const { grounded, events } = ground(reply, given, among(made));
      const said = grounded.abstained && grounded.reason === reason;
      must(
        said,
        () => `the reply was "${short(reply)}" on ${given.length} passages, and the outcome ${outcome(grounded)}`,
      );
      const noted = events.filter(({ type, data }) => type === 'AnswerAbstained' && data.reason === reason).length;
      must(noted === 1, () => `an answer was withheld (${reason}), and ${noted} AnswerAbstained say so`);
    }
  },
);

behaviour(
  'given-only',
  'a claim cites what the model was given, by its number, and no more than it was shown',
  ({ seed }) => {
    const waits = shuffled(seed, 'waits', [15, 20, 30, 45, 60, 75]);
    const numbers = shuffled(seed, 'numbers', [1, 2, 3, 5, 8, 13]);
    const made = waits.map((wait, n) =>
      pageWith(
        `acme/Gate-${n}.md`,
        `Gate ${'ABCDEF'[n]} closes ${wait} seconds after the last carrier. It rings ${wait + 1} times at dawn.`,
      ),
    );
    const find = among(...made);
    const given = made.slice(0, 5).map((each, n) => numbered(each, numbers[n] as number));
    const of = (n: number, cites: number[]): Said => ({
      text: `Gate ${'ABCDEF'[n]} closes after ${waits[n]} seconds.`,
      cites,
      quotes: [`closes ${waits[n]} seconds after the last carrier`],
    });
    const claims = [0, 1, 2, 3, 4].map((n) => of(n, [numbers[n] as number]));
    const all = ground(json(...claims), given, find);
    for (const claim of claims) mustShow(all, claim, `passage ${claim.cites} was given and says it`, find);
    const [first, absent] = [claims[0] as Said, of(5, [numbers[5] as number])];
    const nowhere = { ...of(5, [0, -1, 1.5, 99]), text: 'The last gate closes.' };
    const by = ground(json(absent, first, nowhere, { ...first, text: 'A gate closes.', cites: [] }), given, find);
    mustShow(by, first, 'what the claims beside it cited was not given', find);
    mustDrop(by, absent.text, `passage ${absent.cites} was not given`);
    mustDrop(by, nowhere.text, `it cites ${nowhere.cites}`);

    const [{ page, passage }] = made as [Made];
    const text = passage.text.slice(0, passage.text.indexOf(' It rings'));
    const later = {
      text: `Gate A rings ${(waits[0] as number) + 1} times.`,
      cites: [1],
      quotes: [`It rings ${(waits[0] as number) + 1} times at dawn.`],
    };
    const partly = ground(json(later, of(0, [1])), [{ number: 1, passage, text }], find);
    mustDrop(partly, later.text, 'of that passage the model was shown the first sentence only');
    mustShow(partly, of(0, [1]), 'that much was shown', find);
    const marked = `<untrusted>Attention.</untrusted> ${passage.text}`;
    const guarded = [{ number: 1, passage: { ...passage, text: marked }, text: marked }];
    mustShow(
      ground(json(of(0, [1])), guarded, () => page),
      of(0, [1]),
      'its passage had a mark in the prompt',
      find,
    );
  },
);

behaviour(
  'word-for-word',
  'a quote is the same words in any white space, quotation marks and Unicode form',
  ({ seed }) => {
    const sentence = 'Das “Größenmaß” für Ångström\u00a0und das ‘Café’ über dem Ærø-Fjord (so) ist voll 🚀 beladen';
    const forms: ((text: string) => string)[] = [
      (text) => text.normalize('NFD'),
      (text) => text.replace(/[“”]/g, '"').replace(/[‘’]/g, "'"),
      (text) => text.replace(/\s+/g, '\n'),
      (text) => text.replaceAll(' ', '  \t'),
      (text) => text,
    ];
    for (const [n, before] of fc
      .sample(fc.string({ unit: 'grapheme', maxLength: 40 }), { seed, numRuns: 6 })
      .entries()) {
      const form = (what: string) =>
        shuffled(seed, `${what} ${n}`, forms)
          .slice(0, 3)
          .reduce((text, change) => change(text), sentence);
      const [there, quote] = [form('page'), `${pick(seed, `trim ${n}`, ['', ' \n'])}${form('quote')}`];
      const body = `${before.normalize('NFD')} ${sentence.slice(0, 30)}? ${there}.`;
      const made = pageWith('acme/Maße.md', body, { before, version: `4.${n}.1` });
      on(made).shows(
        sentence,
        [quote],
        `its page has it as ${JSON.stringify(there)}, and its quote as ${JSON.stringify(quote)}`,
      );
    }
    const text = 'The carrier may send 600 requests per minute.';
    const limits = on(pageWith('acme/Limits.md', `${text} The depot may send 900.`));
    for (const quote of [
      text.replace('requests', 'calls'),
      text.replace('send', 'send up to'),
      text.replace('.', ', not more.'),
      'carrier may … per minute',
      'carriers? may send 600',
    ])
      limits.drops(text, [quote], `its quote "${quote}" stands nowhere`);
  },
);

behaviour('fragments', 'a word or two, or a part of a word or number, is no quote', ({ seed }) => {
  const port = between(seed, 'port', 1, 9) * 1_000 + between(seed, 'rest', 100, 999);
  const body = `The gateway listens on port ${port} on all interfaces. A shop may send 3,${port} requests and waits 2.5 seconds for the gateway. The gateway of the cafe\u0301 rings.`;
  const gateway = on(pageWith('acme/Gate.md', body));
  const text = 'The gateway listens on all interfaces.';
  for (const quotes of [
    ['gateway'],
    ['interfaces.'],
    ['the gateway'],
    ['gateway', 'listens', 'interfaces'],
    [''],
    [' '],
    ['listens on'],
    [],
  ])
    gateway.drops(text, quotes, `all that it quotes is ${JSON.stringify(quotes)}`);
  const torn: [string, string][] = [
    [`The gateway listens on port ${String(port).slice(0, 2)}.`, `gateway listens on port ${String(port).slice(0, 2)}`],
    ['A shop may send 3 requests.', 'A shop may send 3'],
    ['The shop waits 2 seconds.', 'requests and waits 2'],
    ['The shop waits 5 seconds.', '5 seconds for the gateway'],
    ['The gateway listens on all inter.', `gateway listens on port ${port} on all inter`],
    ['The gateway of the cafe rings.', 'The gateway of the cafe'],
    [`A shop may send ${port} requests.`, `${port} requests and waits 2.5 seconds`],
    ['It listens on port and interfaces.', `way listens on port ${port} on all interfaces`],
  ];
  for (const [claim, quote] of torn)
    gateway.drops(claim, [quote], `it quotes "${quote}", torn out of a longer word or number`);
  gateway.shows(text, [`gateway listens on port ${port}`], 'five words are enough');
  gateway.shows(text, ['listens on port 80', `gateway listens on port ${port}`], 'its second quote stands there');
  const night = `A gateway listens on port ${port}7 by night. A gateway listens on port ${port} by day.`;
  const quote = `gateway listens on port ${port}`;
  on(pageWith('acme/Gate.md', night)).shows(
    `A gateway listens on port ${port}.`,
    [quote],
    'its quote stands there, after one that only begins like it',
  );
});

behaviour(
  'right-passage',
  'a citation leads to where the quote stands today, in the passage that was cited',
  ({ seed }) => {
    const wait = between(seed, 'wait', 20, 900);
    const line = `The gateway waits ${wait} seconds for an idle carrier.`;
    const said = (cites: number[]): Said => ({ text: line, cites, quotes: [line] });
    const majors = shuffled(seed, 'majors', ['3.29.5', '4.29.1', '5.12.8']).map((version, n) =>
      pageWith(`fastify-${version[0]}/Server.md`, line, { version, before: 'On gateways.\n'.repeat(n) }),
    );
    const find = among(...majors);
    const given = majors.map((each, n) => numbered(each, n + 1));
    for (const [n, { page }] of majors.entries()) {
      const { citations } = mustShow(ground(json(said([n + 1])), given, find), said([n + 1]), 'it stands there', find);
      const stray = citations.find((citation) => citation.page !== page.id);
      must(!stray, () => `${page.id} was cited, and the citation leads to ${stray?.page}, where the same words stand`);
    }
    const twice = pageWith('acme/Twice.md', line, { before: line });
    const { citations } = on(twice).shows(line, [line], 'it stands there');
    const given2 = citations.every((citation) => covers(twice.passage, citation));
    must(given2, 'the words stand in the page twice, and the citation leads to those that were not given');

    const [one, other] = [majors[0] as Made, pageWith('acme/Other.md', 'Nobody waits for an idle carrier.')];
    const by = ground(json(said([2])), [numbered(one, 1), numbered(other, 2)], among(one, other));
    if (by.shown(line)) mustShow(by, said([2]), '', among(one, other));

    const today = (page: Page | undefined) => ground(json(said([3])), [numbered(twice, 3)], () => page);
    mustDrop(today(undefined), line, 'its page no longer exists');
    const rewritten = { ...twice.page, text: twice.page.text.replaceAll(String(wait), String(wait + 1)) };
    mustDrop(today(rewritten), line, `its page says ${wait + 1} seconds by now`);
    const moved = { ...twice.page, text: `Moved.\n\n${twice.page.text}` };
    if (today(moved).shown(line)) mustShow(today(moved), said([3]), '', () => moved);
  },
);

behaviour('figures', 'each figure of a claim stands in its quotes', ({ seed }) => {
  const plain = judged().filter(({ says, span }) => {
    const figures = figuresIn(says);
    return figures.length > 0 && figures.every((each) => figuresIn(textOf(span)).includes(each));
  });
  for (const one of some(seed, 'figures', plain)) {
    const figure = pick(seed, one.says, figuresIn(one.says) as [string]);
    const other = String(Number.parseFloat(figure) * 10 + between(seed, figure, 1, 9));
    const says = one.says.replace(/(?<=\d),(?=\d{3})/g, '');
    drops(seed, one, says.replace(new RegExp(`(?<![\\w./-])${figure}(?!\\w)`), other), `its quote says ${figure}`);
  }
  const [few, many] = [between(seed, 'few', 1_000, 4_000), between(seed, 'many', 5_000, 9_000)];
  const grouped = (n: number) => `${String(n).slice(0, 1)},${String(n).slice(1)}`;
  const [editor, author] = [grouped(few), String(many)].map(
    (n, who) => `An ${['editor', 'author'][who]} may send ${n} requests per minute.`,
  ) as [string, string];
  const limits = on(pageWith('acme/Limits.md', `${editor} ${author}`));
  limits.drops(editor.replace(grouped(few), String(many)), [editor], `${many} is another's limit in the same passage`);
  limits.drops(editor.replace(grouped(few), String(few).slice(1)), [editor], `its quote says ${grouped(few)}`);
  limits.drops(editor.replace(grouped(few), `${grouped(few)}.5`), [editor], `its quote says ${grouped(few)}`);
  limits.shows(editor.replace(grouped(few), String(few)), [editor], `${few} is ${grouped(few)}`);
  limits.shows(author.replace(String(many), grouped(many)), [author], `${grouped(many)} is ${many}`);
  limits.shows(
    `${editor.slice(0, -1)} [1].`,
    [editor],
    'the figure that its quote has not is the mark of its citation',
  );
  const closed = `Sessions are closed after ${many} ms.`;
  on(pageWith('acme/Server.md', closed)).shows(
    closed.replace('Sessions', 'HTTP/2 sessions'),
    [closed],
    'the 2 of HTTP/2 is no figure',
  );
});

behaviour('identifiers', 'each identifier of a claim stands in a passage that it cites', ({ seed }) => {
  const named = judged().filter(
    ({ says, passage }) => namesIn(says).length > 0 && namesIn(says).every((name) => passage.text.includes(name)),
  );
  const names = [...new Set(named.flatMap(({ says }) => namesIn(says)))];
  for (const one of some(seed, 'named', named)) {
    const page = pageOf(one.span.page)?.text.toLowerCase() ?? '';
    const name = pick(seed, one.says, namesIn(one.says) as [string]);
    const other = shuffled(seed, one.says, names).find((each) => !page.includes(each.toLowerCase())) ?? 'noSuchOption';
    drops(seed, one, one.says.replaceAll(name, other), `${other} stands nowhere in ${one.span.page}`);
  }
  const body =
    'Slashes that follow one another are ignored with `ignoreDuplicateSlashes: true`. It throws FST_ERR_BAD_URL then.';
  const router = on(pageWith('acme/maxParamLength', body, { heading: '`routerOptions`' }));
  const quotes = ['Slashes that follow one another are ignored'];
  const claim = (name: string) => `Slashes that follow one another are ignored with ${name}.`;
  for (const name of [
    '`ignoreDuplicate`',
    '`ignoreduplicateslashes`',
    'ignoreDuplicateSlash',
    'duplicateSlashes',
    'FST_ERR_BAD',
    '`fst_err_bad_url`',
    '`squash`',
  ])
    router.drops(claim(name), quotes, `${name} stands nowhere in what it cites`);
  for (const name of [
    '`ignoreDuplicateSlashes`',
    'ignoreDuplicateSlashes',
    '`maxParamLength`',
    '`FST_ERR_BAD_URL`',
    '`router.ignoreDuplicateSlashes`',
  ])
    router.shows(claim(name), quotes, `${name} stands in the passage or above it`);
  const [server, other] = [
    pageWith('acme/Server.md', body),
    pageWith('acme/Routes.md', 'Paths are cut at `maxParamLength`.'),
  ];
  const given = [numbered(server, 1), numbered(other, 2)];
  const text = claim('`maxParamLength`');
  const by = ground(json({ text, cites: [1], quotes }), given, among(server, other));
  mustDrop(by, text, '`maxParamLength` stands in another passage than the one that it cites');
});

behaviour('negation', 'a claim neither denies what its quotes say nor says what they deny', ({ seed }) => {
  for (const one of some(
    seed,
    'denied',
    judged().filter(({ says, span }) => denial(says, textOf(span))),
  ))
    drops(seed, one, denial(one.says, textOf(one.span)) as string);
  const denying = / (is|are|may|will) not /;
  const plain = judged().filter(
    ({ says, span }) => denying.test(says) && !/^No\b/.test(says) && textOf(span).match(/\bnot\b/gi)?.length === 1,
  );
  for (const one of some(seed, 'affirmed', plain)) drops(seed, one, one.says.replace(denying, ' $1 '));

  for (const no of ['is not', "isn't", 'isn’t', 'is never', 'is _not_', 'is **NOT**']) {
    const line = `The hook ${no} called for a plugin that is wrapped.`;
    const hooks = on(pageWith('acme/Hooks.md', `${line} The stream is called for a plugin of another desk.`));
    hooks.drops('The hook is called for a plugin that is wrapped.', [line], `its quote says "${line}"`);
    hooks.drops(
      'The hook is called for a plugin that is wrapped.',
      [`${line} The stream is called for a plugin`],
      `its quote begins "${line}"`,
    );
    for (const verb of ['is not', "isn't", 'isn’t', 'is never'])
      hooks.shows(`The hook ${verb} called for a wrapped plugin.`, [line], `its quote says "${line}"`);
    for (const verb of ['is not', "isn't", 'isn’t', 'is never'])
      hooks.drops(
        `The stream ${verb} called for a plugin of another desk.`,
        ['The stream is called for a plugin of another desk.'],
        'its quote denies nothing',
      );
  }
});

behaviour('something-else', 'a quote that has nothing of the claim in it proves nothing', ({ seed }) => {
  const COMMON = 'the and for are not with that this to of in on at by as is it be if or an';
  const stems = (text: string) =>
    new Set(
      text
        .toLowerCase()
        .match(/[a-z]{3,}/g)
        ?.map((word) => word.slice(0, 3)),
    );
  const common = stems(COMMON);
  for (const one of some(
    seed,
    'free',
    judged().filter(({ says }) => !/\d|`|_/.test(says)),
  )) {
    const words = stems(one.says);
    const other = shuffled(seed, one.says, judged()).find(({ span, passage }) =>
      [...stems(`${textOf(span)} ${passage.headings.join(' ')}`)].every((stem) => common.has(stem) || !words.has(stem)),
    );
    if (other) drops(seed, other, one.says);
  }
});

behaviour('partly', 'what stands is shown and cited, what does not is left out and named', ({ seed }) => {
  const waits = [between(seed, 'a', 10, 49), between(seed, 'b', 50, 99)];
  const made = waits.map((wait, n) =>
    pageWith(
      `acme/Gate-${n}.md`,
      `The gateway closes idle connections after ${wait} seconds. Carriers are told before.`,
    ),
  );
  const find = among(...made);
  const given = made.map((each, n) => numbered(each, n + 1));
  const quote = `closes idle connections after ${waits[0]} seconds`;
  const quotes = shuffled(seed, 'quotes', [quote, 'closes idle connections whenever it likes', 'idle']);
  const good = { text: `The gateway closes idle connections after ${waits[0]} seconds.`, cites: [1, 2, 7], quotes };
  const { citations } = mustShow(
    ground(json(good), given, find),
    { ...good, quotes: [quote] },
    'one of its three quotes stands there',
    find,
  );
  const places = new Set(citations.map(({ page, start, end }) => `${page} ${start} ${end}`));
  must(places.size === 1, () => `one quote of three stands in what was given, and ${places.size} places are cited`);

  const bad = (n: number): Said => ({
    text: `The gateway closes ${n} doors.`,
    cites: [1],
    quotes: [`The gateway closes ${n} doors.`],
  });
  const also = { ...good, text: `Idle connections are closed after ${waits[0]} seconds.` };
  const order = shuffled(seed, 'order', [good, bad(3), bad(4), also, bad(5)]).map(({ text }) => text);
  const replied = order.map((text) => [good, bad(3), bad(4), also, bad(5)].find((each) => each.text === text));
  const { grounded, claims, events } = ground(json(...replied), given, find);
  const [fall, stand] = [
    order.filter((text) => text.includes('doors')),
    order.filter((text) => !text.includes('doors')),
  ];
  const shown = claims.map(({ text }) => text);
  must(
    grounded.dropped.join() === fall.join(),
    () => `to be dropped were ${listed(fall)}; named are ${listed(grounded.dropped)}`,
  );
  must(shown.join() === stand.join(), () => `to be shown were ${listed(stand)}; shown are ${listed(shown)}`);
  const noted = events.filter(
    ({ type, data }) => type === 'ClaimDropped' && fall.includes(String(data.text)) && data.reason,
  );
  must(
    noted.length === 3 && events.length === 3,
    () => `3 claims were dropped; noted with their reasons are ${noted.length}, in ${events.length} events`,
  );

  const none = ground(json(bad(3), bad(4)), given, find).grounded;
  const withheld = none.abstained && none.reason === 'nothing supported' && none.dropped.length === 2;
  must(withheld, () => `two claims of two fell; the outcome was ${outcome(none)}, ${none.dropped.length} dropped`);
});

behaviour('conflict', 'where two sources contradict each other, both are shown', ({ seed }) => {
  const [name, before, now] = pick(seed, 'conflict', day.CONFLICTS as readonly [day.Conflict, ...day.Conflict[]]);
  const place = (page: string, quote: string) => {
    const start = pageOf(page)?.text.indexOf(quote) ?? 0;
    return day.sectionWith({ page, start, end: start + quote.length }) as Passage;
  };
  const passages = [place(`${name}-2025.md`, before), place(`${name}.md`, now)];
  const given = passages.map((passage, n) => numbered({ passage }, n + 1));
  const [old, current] = [before, now].map(
    (quote, n): Said => ({ text: quote.replace(/\.?$/, '.'), cites: [n + 1], quotes: [quote] }),
  ) as [Said, Said];
  const order = shuffled(seed, 'order', [old, current]);
  const both = ground(json(...order), given);
  for (const said of order) mustShow(both, said, `another page says "${(said === old ? current : old).text}"`);
  must(
    both.claims.map(({ text }) => text).join() === order.map(({ text }) => text).join(),
    'the two were shown in another order than the model gave them',
  );

  const onBoth = { ...current, cites: [1, 2], quotes: [...current.quotes, ...old.quotes] };
  const claim = mustShow(ground(json(onBoth), given), onBoth, 'one of its sources says it');
  const cited = new Set(claim.citations.map(({ page }) => page)).size;
  must(cited === 2, 'it quotes a source that contradicts it, and only the one that agrees is cited');
  mustDrop(
    ground(json({ ...current, cites: [1, 2], quotes: old.quotes }), given),
    current.text,
    `what it quotes is "${before}"`,
  );
});

tradeOff("what is proven is shown: of the answerable questions' claims at least 80 of 100", ({ seed }) => {
  const tenant = pick(seed, 'tenant', ['larkspur', 'brackwater', 'northwind', 'quillmoor', 'vantelle', 'kestrelby']);
  const mine = judged().filter(({ ask }) => ask.tenant.tenant === tenant);
  const lost: string[] = [];
  for (const [n, { says, span, passage }] of mine.entries()) {
    const quote = pick(seed, `form ${n}`, [
      textOf(span),
      textOf(span).replace(/\s+/g, ' '),
      textOf(span).replace(/'/g, '’'),
    ]);
    const text = pick(seed, `mark ${n}`, [says, says, says.replace(/\.$/, ' [2].')]);
    const other = mine[(n + 7) % mine.length] as Judged;
    const given = [...(other.passage.id === passage.id ? [] : [numbered(other, 1)]), numbered({ passage }, 2)];
    const reply = day.wrapped(json({ text, cites: [2], quotes: [quote] }), n % 2 ? 'a fence' : '');
    const [claim] = ground(reply, given).claims;
    if (!claim) lost.push(says);
    const holds = !claim || claim.citations.some((citation) => covers(citation, span));
    must(
      holds,
      () =>
        `"${short(says)}" is cited to "${short(textOf(claim?.citations[0] ?? span))}", which does not hold what proves it`,
    );
  }
  must(
    lost.length <= mine.length * 0.2,
    () =>
      `${lost.length} of ${mine.length} claims of ${tenant}'s answerable questions were dropped though their quotes prove them (first: "${lost[0]}")`,
  );
});
