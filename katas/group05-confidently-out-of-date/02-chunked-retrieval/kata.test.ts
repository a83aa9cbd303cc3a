import { isDeepStrictEqual } from 'node:util';
import type { Page, Passage } from '#answerdesk/knowledge.ts';
import type { Chunker, CreateChunker } from '#answerdesk/seams/chunking.ts';
import { readRecording } from '#kit/events.ts';
import { between, shuffled } from '#kit/seeded.ts';
import { behaviour, incident, must, tradeOff } from '#kit/suite.ts';
import * as desks from '../incident/chunked-retrieval.ts';
import * as scenes from '../incident/chunking-pages.ts';
import {
  handbook,
  meet,
  type Policy,
  policyOf,
  realPage,
  textOf,
  trimmed,
  within,
} from '../incident/chunking-pages.ts';
import { BEGINS, RECORDED_SEED } from '../incident/day.ts';
import { countTokens } from '../incident/library.ts';
import type { Part } from '../incident/manuscript.ts';
import * as kata from './kata.ts';

const createChunker: CreateChunker = kata.createChunker;

/** So many more questions than from whole pages find their answer in the context. */
const GAIN = 5;
/** What is this much smaller than it might be fits by anybody's estimate. */
const SURELY = 0.87;

const chunkerOf = ({ count, maxTokens, overlapTokens }: Policy): Chunker =>
  createChunker({ countTokens: count }, { maxTokens, overlapTokens });
const copyOf = (page: Page): Page => ({ ...page, metadata: structuredClone(page.metadata) });
const chunk = (page: Page, policy: Policy) => chunkerOf(policy).chunk(copyOf(page));

const show = (text: string) => {
  const json = JSON.stringify(text) ?? 'nothing';
  return json.length > 64 ? `${json.slice(0, 30)} … ${json.slice(-30)}` : json;
};
const isBlank = (text: string) => text.trim() === '';
const path = (titles: readonly string[]) =>
  titles.map((title) => title.replace(/[`*_]/g, '').trim()).join(' > ') || 'no heading';

incident(
  'the answer stands in the context, far more often than with whole pages',
  {
    recorded: () => desks.recordedDesk(readRecording(new URL('./incident.jsonl', import.meta.url), BEGINS)),
    fresh: desks.desk,
    recordedSeed: RECORDED_SEED,
  },
  async ({ tenant, settings, contextTokens, asked }, { clock, history }) => {
    const stream = `desk-${tenant}`;
    const chosen = history.record({ stream, type: 'ChunkingChosen', data: { tenant, settings, contextTokens } });
    const { chunk } = createChunker({ countTokens }, { ...settings });
    const library = desks.pagesOf(tenant).map(copyOf);
    const texts = new Map(library.map(({ id, text }) => [id, text]));
    const passages = library.flatMap((page) => chunk(page));
    const astray = passages.find(({ page, start, end, text }) => texts.get(page)?.slice(start, end) !== text);
    must(!astray, () => `${astray?.id} is not what stands there: ${show(astray?.text ?? '')}`);
    const longest = passages.reduce((most, one) => (one.text.length > most.text.length ? one : most));
    const counts = { passages: passages.length, longest: longest.id, tokens: countTokens(longest.text) };
    history.record({ stream, type: 'PagesChunked', data: { pages: library.length, ...counts }, causationId: chosen });

    const byId = new Map(desks.asksOf(tenant).map((ask) => [ask.id, ask]));
    const contextFor = desks.createContexts(passages, contextTokens);
    const missed: typeof asked = [];
    for (const one of asked) {
      await clock.advance(one.at - clock.now());
      const ask = byId.get(one.ask);
      if (!ask) continue;
      const note = { stream: one.ask, data: { ask: one.ask } };
      const causationId = history.record({ ...note, type: 'ContextAskedFor' });
      const context = contextFor(ask.text);
      const spans = context.spans.map(({ page, start, end }) => `${page}#${start}-${end}`);
      const data = { spans: spans.slice(0, 3), passages: spans.length, tokens: context.tokens, cut: context.cut };
      history.record({ ...note, type: 'ContextFilled', data, causationId });
      if (desks.holdsAnswer(context, ask)) continue;
      missed.push(one);
      history.record({ ...note, type: 'AnswerLeftOut', data: { claims: ask.claims.length }, causationId });
    }
    const lost = asked.length - desks.answeredFromWholePages(tenant, contextTokens);
    must(
      missed.length <= lost - GAIN,
      () =>
        `${missed.length} of ${asked.length} answers were not in the ${contextTokens} tokens that the model was given; whole pages lose ${lost}, and at most ${lost - GAIN} may be lost`,
      missed[0]?.event,
    );
  },
  { startAt: BEGINS },
);

behaviour(
  'offsets',
  'a passage is what stands at its offsets, with its own id and the metadata of its page',
  ({ seed }) => {
    const policy = policyOf(seed);
    const chunker = chunkerOf(policy);
    for (const page of [handbook(seed, policy).page, handbook(seed, policy, '\r\n').page, realPage(seed)]) {
      const given = copyOf(page);
      const passages = chunker.chunk(given);
      must(isDeepStrictEqual(given, page), `${page.id} was changed when it was chunked`);
      let [start, end] = [-1, -1];
      for (const passage of passages) {
        mustStandThere(page, passage);
        const ordered = passage.start > start && passage.end > end;
        must(ordered, () => `${passage.id} comes after ${start}-${end}: that is not the page's order`);
        [start, end] = [passage.start, passage.end];
      }
      const again = chunker.chunk(copyOf(page)).map(({ id }) => id);
      must(again.join() === passages.map(({ id }) => id).join(), `${page.id} was chunked twice, and differently`);
    }
  },
);

behaviour('coverage', 'every character of a page that is not white space is in a passage', ({ seed }) => {
  const policy = policyOf(seed);
  const written = [handbook(seed, policy, '\r\n'), handbook(seed, policy, '\n')].map(({ page }) => page);
  for (const page of [...written, ...scenes.edges(seed, policy), realPage(seed)]) {
    const passages = chunk(page, policy);
    let at = 0;
    for (const passage of [...passages, { start: page.text.length, end: page.text.length }]) {
      const lost = page.text.slice(at, Math.max(at, passage.start)).trim();
      must(lost === '', () => `${lost.length} characters of ${page.id} are in no passage: ${show(lost)}`);
      at = Math.max(at, passage.end);
    }
    const blank = passages.find((passage) => isBlank(passage.text));
    must(!blank, () => `${blank?.id} is nothing but white space`);
  }
  for (const text of ['', '\n\n', ' \r\n\t\n'])
    must(chunk({ id: 'blank.md', text, metadata: {} }, policy).length === 0, `${show(text)} became a passage`);
});

behaviour('size', "no passage is longer than the model takes, by the model's own count", ({ seed }) => {
  for (const name of ['policy', 'another']) {
    const policy = policyOf(seed, name);
    const { count, maxTokens, tokenizer } = policy;
    for (const page of [handbook(seed, policy).page, scenes.dense(seed, policy), realPage(seed)])
      for (const { id, text } of chunk(page, policy)) {
        const size = () => `${count(text)} tokens (${tokenizer}) in ${text.length} characters`;
        must(count(text) <= maxTokens, () => `${id} has ${size()}; the model takes ${maxTokens}`);
      }
  }
});

behaviour('sections', 'a passage is of one section, and a section that fits is one passage', ({ seed }) => {
  const policy = policyOf(seed);
  const { count, maxTokens, overlapTokens } = policy;
  const written = handbook(seed, policy);
  for (const passage of chunk(written.page, policy)) {
    const held = written.sections.filter((section) => meet(passage, trimmed(written.page, section)));
    const last = held.at(-1);
    const mixed = held.find(({ body, end }) => meet(passage, trimmed(written.page, { start: body, end })));
    must(
      !mixed || mixed === last,
      () =>
        `${passage.id} holds what stands under ${path(mixed?.headings ?? [])}, and then ${path(last?.headings ?? [])}`,
    );
  }
  for (const { page, sections } of [written, scenes.longSection(seed, policy)]) {
    const passages = chunk(page, policy);
    for (const section of sections) {
      const body = trimmed(page, { start: section.body, end: section.end });
      const tokens = count(textOf(page, section));
      const parts = passages.filter((passage) => meet(passage, body)).length;
      const most = tokens <= SURELY * maxTokens ? 1 : 3 + (3 * tokens) / (maxTokens - overlapTokens);
      must(
        parts <= most,
        () =>
          `what stands under ${path(section.headings)} has ${tokens} tokens and came in ${parts} passages, each of which may have ${maxTokens}`,
      );
    }
  }
});

behaviour('headings', 'a passage knows under which headings it stands, outermost first', ({ seed }) => {
  const policy = policyOf(seed);
  for (const { page, sections } of [handbook(seed, policy), ...scenes.mazes(seed, policy)])
    for (const passage of chunk(page, policy)) {
      const own = sections.filter((section) => meet(passage, trimmed(page, section)));
      const under = own.find(({ body, end }) => meet(passage, trimmed(page, { start: body, end })));
      const right = (under ? [under] : own).map(({ headings }) => path(headings));
      const given = path(passage.headings);
      must(right.includes(given), () => `${passage.id} stands under ${right[0]}; it says ${given}`);
    }
});

behaviour('fences', 'code that fits a passage is never cut, and other code only between its lines', ({ seed }) => {
  for (const name of ['policy', 'another']) {
    const policy = policyOf(seed, name);
    for (const { page, fences } of scenes.fenced(seed, name, policy)) {
      const passages = chunk(page, policy);
      const split = passages.length * policy.maxTokens >= policy.count(page.text);
      must(split, () => `${page.id} has ${policy.count(page.text)} tokens and came in ${passages.length} passages`);
      for (const passage of passages) mustKeepFences(page, fences, passage, policy, policy.maxTokens);
    }
  }
});

behaviour('words', 'no word is cut, and no surrogate pair', ({ seed }) => {
  const policy = policyOf(seed);
  for (const { id: page, text } of [scenes.walls(seed, policy), handbook(seed, policy).page, realPage(seed)]) {
    const passages = chunk({ id: page, text, metadata: {} }, policy);
    for (const at of passages.flatMap(({ start, end }) => [start, end])) {
      const [before, after] = [text.slice(Math.max(0, at - 40), at), text.slice(at, at + 40)];
      const halved = /[\uD800-\uDBFF]$/.test(before) && /^[\uDC00-\uDFFF]/.test(after);
      must(!halved, () => `${page} is cut in the middle of a character, at ${at}`);
      // A word of more than forty characters may be longer than a passage.
      const torn = /(?:^|\s)\S*[A-Za-z0-9]$/.test(before) && /^[A-Za-z0-9]\S*(?:\s|$)/.test(after) && /\s/.test(before);
      must(!torn, () => `${page} is cut in the middle of a word, at ${at}: ${show(before)}, ${show(after)}`);
    }
  }
});

behaviour('overlap', 'where a section is split, a passage begins with the end of the one before it', ({ seed }) => {
  const long = policyOf(seed, 'policy', [130, 220]);
  const written = scenes.journal(seed, long);
  const { page, sections } = written;
  for (const share of [between(seed, 'share', 20, 28) / 100, 0]) {
    const most = Math.floor(long.maxTokens * share);
    const passages = chunk(page, { ...long, overlapTokens: most });
    const tokens = long.count(page.text);
    must(passages.length >= 8, () => `${page.id} has ${tokens} tokens and came in ${passages.length} passages`);
    for (const [n, passage] of passages.entries()) {
      const before = passages[n - 1];
      if (!before) continue;
      const repeated = textOf(page, { start: passage.start, end: Math.max(passage.start, before.end) });
      const again = `${passage.id} repeats ${long.count(repeated)} tokens of the passage before it`;
      must(long.count(repeated) <= most, () => `${again}, where ${most} are allowed: ${show(repeated)}`);
      const split = sections.some((section) => within(passage, section) && within(before, section));
      must(!split || long.count(repeated) >= most / 3, () => `${again}; ${most} are allowed, and a sentence has ten`);
    }
  }
});

behaviour('cost', 'a page is counted a few times over, and not once for each passage', ({ seed }) => {
  const page = scenes.longPage(seed);
  let counted = 0;
  const count = (text: string) => {
    counted += text.length;
    return scenes.words(text);
  };
  createChunker({ countTokens: count }, { maxTokens: between(seed, 'max', 60, 90), overlapTokens: 10 }).chunk(page);
  const times = Math.round(counted / page.text.length);
  must(times <= 60, `to chunk ${page.text.length} characters ${counted} were counted: ${times} times the page`);
});

behaviour('expand', 'a passage grows to the largest that it stands in and there is room for', ({ seed }) => {
  const policy = policyOf(seed);
  const { count } = policy;
  const small = Math.ceil(policy.maxTokens / 3);
  const { page, sections, fences } = scenes.tree(seed, count, small);
  const chunker = chunkerOf({ ...policy, maxTokens: small, overlapTokens: between(seed, 'small overlap', 0, 1) * 8 });
  const given = copyOf(page);
  const passages = chunker.chunk(given);
  const titled = passages.filter(({ text }) => text.startsWith('# Part two'));
  for (const passage of [...shuffled(seed, 'passages', passages).slice(0, 5), ...titled]) {
    const n = sections.findLastIndex((section) => meet(passage, trimmed(page, section)));
    const wholes = scenes
      .wholesAround(sections, n)
      .map(({ start, end }) => ({ start: Math.min(start, passage.start), end }))
      .map((whole) => ({ ...trimmed(page, whole), tokens: count(textOf(page, trimmed(page, whole))) }));
    const was = count(passage.text);
    must(was <= small, () => `${passage.id} has ${was} tokens; the model takes ${small}`);
    const limits = wholes.map(({ tokens }) => Math.ceil(tokens * 1.15) + 2);
    for (const most of [...limits, policy.maxTokens * 3, small + 1, small * 2, was - 1]) {
      const expanded = chunker.expand(given, structuredClone(passage), most);
      mustHold(page, expanded, passage);
      const tokens = count(expanded.text);
      const became = `${passage.id} (${was} tokens), with room for ${most}, became ${expanded.id} (${tokens})`;
      must(tokens <= Math.max(was, most), became);
      const whole = wholes.findLast((one) => one.tokens <= SURELY * most);
      must(
        !whole || within(whole, expanded),
        () => `${became}; it stands in ${whole?.start}-${whole?.end}, which has ${whole?.tokens}`,
      );
      must(
        whole !== undefined || most < small * 3 || tokens >= most / 2,
        () => `${became}, in a section that has more`,
      );
      const [around, another] = fences.filter((fence) => meet(fence, passage));
      const both = scenes.linesOf(page, passage, around ?? passage);
      const fits = around && !another && count(textOf(page, both)) <= SURELY * most;
      must(!fits || within(around, expanded), () => `${became}: the code in which it stands is cut`);
      mustKeepFences(page, fences, expanded, policy, most, passage);
    }
  }
});

tradeOff('small passages find the answer, and the section that it stands in is given with it', ({ seed }) => {
  const tenant = desks.onDuty(seed);
  const [small, room] = [between(seed, 'small', 28, 40), between(seed, 'room', 220, 300)];
  const settings = { maxTokens: small, overlapTokens: between(seed, 'small overlap', 4, 8) };
  const chunker = createChunker({ countTokens }, settings);
  const { pages, gold } = desks.claimsToExpand(seed, tenant);
  const library = new Map(pages.map((page) => [page.id, copyOf(page)]));
  const passages = new Map([...library.values()].map((page) => [page.id, chunker.chunk(page)]));
  const alone = gold.filter((span) => {
    const page = library.get(span.page) as Page;
    const found = scenes.nearest(passages.get(span.page) ?? [], span);
    must(found !== undefined, () => `no passage holds anything of ${show(textOf(page, span))}`);
    const was = countTokens(found.text);
    must(was <= small, () => `${found.id}, which holds an answer, has ${was} tokens where ${small} are allowed`);
    const expanded = chunker.expand(page, structuredClone(found), room);
    mustHold(page, expanded, found);
    const tokens = countTokens(expanded.text);
    must(tokens <= room, () => `${found.id} became ${expanded.id} with ${tokens} tokens; there was room for ${room}`);
    const section = desks.sectionAround(page.text, span);
    return !within(countTokens(textOf(page, section)) <= SURELY * room ? section : span, expanded);
  });
  const [first] = alone;
  must(
    alone.length <= gold.length * 0.15,
    () =>
      `${alone.length} of ${gold.length} answers were found by passages of ${small} tokens and given without the section around them, with room for ${room} (first: ${first?.page}#${first?.start})`,
  );
});

function mustStandThere(page: Page, { id, page: of, start, end, text, metadata }: Passage): void {
  const there = textOf(page, { start, end });
  must(text === there, () => `${id} says ${show(text)}; at its offsets stands ${show(there)}`);
  must(start >= 0 && end <= page.text.length && end > start, () => `${id} is outside its page, or nothing`);
  const named = id === `${page.id}#${start}-${end}` && of === page.id;
  must(named, () => `characters ${start} to ${end} of ${page.id} are called ${id} of ${of}`);
  const known = isDeepStrictEqual({ ...metadata }, page.metadata);
  must(known, () => `${id} doesn't know what its page does of tenant, version and readers`);
}

/** What a passage became holds it, and stands under its headings or fewer. */
function mustHold(page: Page, expanded: Passage, passage: Passage): void {
  mustStandThere(page, expanded);
  must(within(passage, expanded), () => `${passage.id} became ${expanded.id}, which doesn't hold it`);
  const under = expanded.headings.every((title, n) => title === passage.headings[n]);
  must(
    under,
    () => `${passage.id} is under ${path(passage.headings)}; what it became, under ${path(expanded.headings)}`,
  );
}

/** Code that fits is whole or not there; other code begins and ends with a line. Where it is cut already, it is. */
function mustKeepFences(page: Page, fences: Part[], passage: Passage, by: Policy, most: number, cut?: Passage): void {
  for (const fence of fences) {
    if (!meet(passage, fence) || within(fence, passage) || (cut && meet(cut, fence))) continue;
    const tokens = by.count(textOf(page, fence));
    must(tokens > SURELY * most, () => `${passage.id} cuts code of ${tokens} tokens, where ${most} are allowed`);
    const inside = [passage.start, passage.end].filter((at) => at > fence.start && at < fence.end);
    const torn = inside.find(
      (at) => !/[\r\n]\s*$/.test(page.text.slice(0, at)) && !/^\s*[\r\n]/.test(page.text.slice(at)),
    );
    must(torn === undefined, () => `${passage.id} cuts a line of code at ${torn}`);
  }
}
