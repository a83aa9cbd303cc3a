import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { EventLog } from '#answerdesk/event-log.ts';
import type { AuditEntry, AuditLog, AuditRecord, CreateAuditLog, Head, Verdict } from '#answerdesk/seams/audit-log.ts';
import { Disk, reordered, TAMPERINGS } from '#answerdesk/simulation/disk.ts';
import { keyRing } from '#answerdesk/simulation/key-ring.ts';
import { connectTo } from '#kit/event-log/connection.ts';
import { openEventStore } from '#kit/event-log/event-store.ts';
import { memoryEventLog } from '#kit/event-log/memory.ts';
import { readRecording } from '#kit/events.ts';
import { between, pick } from '#kit/seeded.ts';
import { behaviour, incident, must, type Run, tradeOff } from '#kit/suite.ts';
import { auditedNight, type Deed, type Night, recordedNight } from '../incident/append-only-audit-log.ts';
import { BEGINS, RECORDED_SEED } from '../incident/script.ts';
import * as kata from './kata.ts';

const createAuditLog: CreateAuditLog = kata.createAuditLog;

/** Desks of their own over one log and one ring of keys. */
function desks({ seed }: Run, log: EventLog, now: () => number = Date.now): { one: AuditLog; other: AuditLog } {
  const ports = () => ({ log: connectTo(log).log, keys, now });
  const keys = keyRing(seed);
  return { one: createAuditLog(ports()), other: createAuditLog(ports()) };
}
const recordOf = (seed: number, n: number, more: Partial<AuditRecord> = {}): AuditRecord => ({
  type: pick(seed, `type ${n}`, ['PriceChanged', 'AnswerWithdrawn', 'RefundGranted']),
  by: `${pick(seed, `by ${n}`, ['ada', 'bo'])}@desk`,
  why: `ticket ${between(seed, `ticket ${n}`, 100, 999)}`,
  data: { micros: between(seed, `micros ${n}`, 1, 9_999), lines: [{ item: `item ${n}` }], note: null },
  correlationId: `case-${between(seed, `case ${n}`, 1, 9)}`,
  causationId: null,
  ...more,
});

/** Appends so many entries and gives the head after each. */
async function write(audit: AuditLog, stream: string, { seed }: Run, count: number, from = 0): Promise<Head[]> {
  const heads: Head[] = [];
  for (let n = from; n < from + count; n++) {
    const { head } = await audit.append(stream, structuredClone(recordOf(seed, n)), n - 1);
    heads.push(structuredClone(head));
  }
  return heads;
}
/** The entries of a log that nobody has touched. */
async function readOf(audit: AuditLog, stream: string): Promise<AuditEntry[]> {
  try {
    return await audit.read(stream);
  } catch (error) {
    must(false, `a log that nobody had touched could not be read: ${(error as Error).message}`);
  }
}
async function refusalOf(work: Promise<unknown>): Promise<{ code?: string } | undefined> {
  return work.then(
    () => undefined,
    (error: { code?: string }) => error,
  );
}
/** Of two that don't fit together it can't always be known which one was changed. */
const names = (verdict: Verdict, entry: number) => !verdict.intact && Math.abs(verdict.revision - entry) <= 1;
const says = (verdict: Verdict) => (verdict.intact ? 'intact' : `wrong from entry ${verdict.revision} on`);

incident(
  'every deed is in the log once, nobody changes one unnoticed, and who asks to be forgotten is',
  {
    recorded: () => recordedNight(readRecording(new URL('./incident.jsonl', import.meta.url), BEGINS)),
    fresh: auditedNight,
    recordedSeed: RECORDED_SEED,
  },
  async (scene, run) => {
    const { races, verdicts, found } = await playNight(scene, run);
    const both = races.filter(({ won }) => won !== 1);
    must(
      both.length === 0,
      () =>
        `${both.length} times two desks wrote on after the same entry and ${both[0]?.won} of them were told that it went well`,
      both[0]?.event,
    );
    const unnoticed = verdicts.filter(({ harm, verdict }) => harm && verdict.intact);
    must(
      unnoticed.length === 0,
      () =>
        `${unnoticed.length} of ${verdicts.filter(({ harm }) => harm).length} logs were changed and said to be intact (first: ${unnoticed[0]?.harm?.how}, entry ${unnoticed[0]?.harm?.entry} of ${unnoticed[0]?.log})`,
      unnoticed[0]?.harm?.event,
    );
    const misplaced = verdicts.find(({ harm, verdict }) => harm && !names(verdict, harm.entry));
    must(
      !misplaced,
      () =>
        `${misplaced?.log}: entry ${misplaced?.harm?.entry} was ${misplaced?.harm?.how}, and it was said to be ${misplaced && says(misplaced.verdict)}`,
      misplaced?.harm?.event,
    );
    const wronged = verdicts.find(({ harm, verdict }) => !harm && !verdict.intact);
    must(
      !wronged,
      () => `${wronged?.log} was as it had been written, and said to be ${wronged && says(wronged.verdict)}`,
    );
    must(
      found.length === 0,
      () => `${scene.erased} was erased, and ${found.length} logs still tell what ${scene.erased} asked`,
    );
  },
  { startAt: BEGINS },
);

async function playNight({ seed, deeds, harms, erased }: Night, run: Run) {
  const { clock, history } = run;
  const disk = new Disk();
  const { one, other } = desks(run, disk);
  const lengths = new Map<string, number>();
  const heads = new Map<string, Head>();
  const races: { won: number; event: number }[] = [];
  const note = (stream: string, type: string, data: object, causationId?: number) =>
    history.record({ stream, type, data, ...(causationId !== undefined && { causationId }) });

  async function append(audit: AuditLog, { log, by, why, personal, tokens }: Deed, type: string): Promise<boolean> {
    const record: AuditRecord = { type, by, why, data: { tokens }, correlationId: log, causationId: null };
    const length = lengths.get(log) ?? 0;
    try {
      const { head } = await audit.append(log, { ...record, ...(personal && { personal }) }, length - 1);
      heads.set(log, head);
      return true;
    } catch (error) {
      if ((error as { code?: string }).code !== 'WRONG_EXPECTED_REVISION') throw error;
      return false;
    }
  }

  for (const deed of deeds) {
    await clock.advance(deed.at - clock.now());
    const { at: _, event, ...data } = deed;
    const id = note(deed.log, 'DeedDone', data);
    const writes = [append(one, deed, deed.type)];
    const { personal: __, ...plain } = deed;
    if (deed.meanwhile) writes.push(append(other, plain, deed.meanwhile));
    const won = (await Promise.all(writes)).filter(Boolean).length;
    lengths.set(deed.log, (lengths.get(deed.log) ?? 0) + won);
    if (!deed.meanwhile) continue;
    races.push({ won, event: event ?? id });
    note(deed.log, 'DeedsRaced', { accepted: won }, id);
  }
  await clock.advance(60_000);
  for (const harm of harms) {
    const { log, how, entry } = harm;
    note(log, 'LogTampered', { log, how, entry });
    await disk.tamper(seed, log, how, entry);
  }
  const verdicts: { log: string; harm: Night['harms'][number] | undefined; verdict: Verdict }[] = [];
  for (const [log, head] of heads) {
    const verdict = await other.verify(log, { ...head });
    verdicts.push({ log, harm: harms.find((harm) => harm.log === log), verdict });
    const named = verdict.intact ? {} : { entry: verdict.revision };
    note(log, 'LogVerified', { log, intact: verdict.intact, ...named });
  }
  note('requests', 'ErasureAsked', { subject: erased });
  await one.erase(erased);
  const theirs = deeds.filter(({ personal }) => personal?.subject === erased);
  const found: string[] = [];
  for (const { log, personal } of theirs) {
    const tells = JSON.stringify([await disk.read(log), await other.read(log).catch(() => [])]).includes(
      personal?.data.question ?? '',
    );
    if (!tells) continue;
    found.push(log);
    note(log, 'PersonalDataFound', { log, subject: erased });
  }
  return { races, verdicts, found };
}

behaviour(
  'reads-back',
  'an entry says who, when, why, what it belongs to and what caused it, in the order of writing',
  async (run) => {
    const { one, other } = desks(run, new Disk());
    const written: AuditRecord[] = [];
    let cause: string | null = null;
    for (let n = 0; n < 5; n++) {
      const personal = { subject: 'ada', data: { mail: `ada+${n}@example.org` } };
      const record = recordOf(run.seed, n, { causationId: cause, ...(n % 2 === 0 && { personal }) });
      written.push(structuredClone(record));
      const { entry } = await one.append('log', record, n - 1);
      cause = entry.id;
      await run.clock.advance(1_000);
    }
    const entries = await readOf(other, 'log');
    must(entries.length === 5, () => `5 entries were written and ${entries.length} read`);
    for (const [n, record] of written.entries()) {
      const { id, revision, at, ...rest } = entries[n] as (typeof entries)[number];
      must(
        isDeepStrictEqual(rest, record),
        () => `entry ${n} was written as ${JSON.stringify(record)} and read as ${JSON.stringify(rest)}`,
      );
      must(revision === n, () => `entry ${n} is said to stand at ${revision}`);
      const due = new Date(run.clock.now() - (5 - n) * 1_000 + Date.now() - run.clock.now()).toISOString();
      must(at === due, () => `entry ${n} was written at ${due} and says ${at}`);
      must(entries.filter((entry) => entry.id === id).length === 1, () => `two entries have the id ${id}`);
    }
  },
);

behaviour(
  'expected',
  'whoever builds on an entry that is not the last any more is told so, and nothing is written',
  async (run) => {
    const disk = new Disk();
    const { one, other } = desks(run, disk);
    const length = between(run.seed, 'length', 2, 5);
    await write(one, 'log', run, length);
    for (const expected of [-1, length - 2, length, length + 3]) {
      const refusal = await refusalOf(other.append('log', recordOf(run.seed, 9), expected));
      must(
        refusal !== undefined,
        () => `the log ended with entry ${length - 1}, and an entry after ${expected} was accepted`,
      );
      must(
        refusal.code === 'WRONG_EXPECTED_REVISION',
        () => `an entry after ${expected} was refused with the code ${refusal.code}`,
      );
    }
    const rivals = Array.from({ length: 8 }, (_, n) =>
      refusalOf((n % 2 ? one : other).append('log', recordOf(run.seed, n), length - 1)),
    );
    const accepted = (await Promise.all(rivals)).filter((refusal) => refusal === undefined).length;
    must(accepted === 1, () => `8 wrote after the same entry at once and ${accepted} were accepted`);
    const there = (await disk.read('log')).length;
    must(there === length + 1, () => `${length + 1} entries were accepted and ${there} are in the log`);
    const { intact } = await one.verify('log');
    must(intact, 'a log that nobody had touched was said not to be intact after a race');
  },
);

behaviour('complete', 'nothing is written for which nobody is answerable', async (run) => {
  const disk = new Disk();
  const { one } = desks(run, disk);
  for (const missing of ['by', 'why', 'type', 'correlationId'] as const) {
    const refusal = await refusalOf(one.append('log', recordOf(run.seed, 1, { [missing]: '' }), -1));
    must(refusal !== undefined, () => `an entry was written that does not say ${missing}`);
    must(
      refusal.code === 'RECORD_INCOMPLETE',
      () => `an entry without ${missing} was refused with the code ${refusal.code}`,
    );
  }
  must((await disk.read('log')).length === 0, 'an entry was refused and is in the log');
});

behaviour('tampering', 'what is changed, removed, moved, repeated or cut off is found, and where', async (run) => {
  for (const how of TAMPERINGS) {
    const length = between(run.seed, `length ${how}`, 4, 8);
    const disk = new Disk();
    const { one, other } = desks(run, disk);
    const heads = await write(one, 'log', run, length);
    const entry = between(run.seed, `entry ${how}`, 0, length - (how === 'swapped' ? 2 : 1));
    await disk.tamper(run.seed, 'log', how, entry);
    const verdict = await other.verify('log', heads.at(-1));
    must(!verdict.intact, () => `entry ${entry} of ${length} was ${how}, and the log said to be intact`);
    must(
      names(verdict, entry),
      () => `entry ${entry} of ${length} was ${how}, and the log said to be ${says(verdict)}`,
    );
    if (how === 'cut' || entry > length - 3) continue;
    const alone = await other.verify('log');
    must(
      !alone.intact,
      () => `entry ${entry} of ${length} was ${how}; without a head from elsewhere the log was said to be intact`,
    );
  }
});

behaviour('every-word', 'no word of an entry can be changed unnoticed', async (run) => {
  for (let n = 0; n < 12; n++) {
    const disk = new Disk();
    const { one, other } = desks(run, disk);
    const personal = { subject: 'ada', data: { mail: 'ada@example.org' } };
    await one.append('log', recordOf(run.seed, n, { personal }), -1);
    const { head } = await one.append('log', recordOf(run.seed, n + 1), 0);
    await disk.tamper(run.seed * 100 + n, 'log', 'edited', 0);
    const verdict = await other.verify('log', head);
    const [now] = await disk.read('log');
    must(
      !verdict.intact,
      () => `an entry became ${JSON.stringify({ ...now, id: undefined })} and the log was said to be intact`,
    );
  }
});

behaviour(
  'rewritten',
  'a log that was written anew, chain and all, is not the one of which the head was taken',
  async (run) => {
    const length = between(run.seed, 'length', 4, 8);
    const from = between(run.seed, 'from', 0, length - 1);
    const disk = new Disk();
    const { one, other } = desks(run, disk);
    const heads = await write(one, 'log', run, length);
    // Whoever can write to the disk can run our code over it.
    const forged = memoryEventLog();
    const kept = (await disk.read('log')).slice(0, from);
    for (const { id, type, data, metadata } of kept) await forged.append('log', [{ id, type, data, metadata }]);
    const forger = createAuditLog({ log: forged, keys: keyRing(run.seed), now: Date.now });
    const more = between(run.seed, 'more', 0, 2);
    for (let n = from; n < length + more; n++) await forger.append('log', recordOf(run.seed, n + 50), n - 1);
    disk.overwrite('log', await forged.read('log'));
    const verdict = await other.verify('log', heads.at(-1));
    must(!verdict.intact, () => `all from entry ${from} on was written anew, and the log said to be intact`);
    must(
      verdict.revision >= from - 1 && verdict.revision <= length,
      () => `all from entry ${from} on was written anew, and the log said to be ${says(verdict)}`,
    );
  },
);

behaviour('outgrown', 'a log goes on being the one of which an older head was taken', async (run) => {
  const { one, other } = desks(run, new Disk());
  const nothing = await other.verify('log');
  must(nothing.intact && nothing.head.revision === -1, 'an empty log was not said to be intact and at -1');
  const heads = await write(one, 'log', run, between(run.seed, 'length', 4, 8));
  for (const [n, head] of [{ revision: -1, hash: nothing.head.hash }, ...heads].entries()) {
    const verdict = await other.verify('log', { ...head });
    must(
      verdict.intact,
      () => `a log was held against its own head after ${n} entries, and said to be ${says(verdict)}`,
    );
    must(
      verdict.head.revision === heads.length - 1 && verdict.head.hash === heads.at(-1)?.hash,
      () => `the last of ${heads.length} appends gave one head, and verifying the log another`,
    );
  }
});

behaviour(
  'field-order',
  'what a store gives back with its fields in another order is as it was written',
  async (run) => {
    const disk = new Disk();
    const { one, other } = desks(run, disk);
    const heads = await write(one, 'log', run, 4);
    disk.overwrite('log', reordered(run.seed, await disk.read('log')));
    const verdict = await other.verify('log', heads.at(-1));
    must(
      verdict.intact,
      () => `the store gave the fields of each entry in another order, and the log was said to be ${says(verdict)}`,
    );
  },
);

behaviour('clocks', 'entries stand in the order of writing, whatever the clocks of their writers say', async (run) => {
  const disk = new Disk();
  let skew = 0;
  const { one, other } = desks(run, disk, () => Date.now() + skew);
  for (let n = 0; n < 6; n++) {
    skew = between(run.seed, `skew ${n}`, -90_000, 90_000);
    await (n % 2 ? one : other).append('log', recordOf(run.seed, n), n - 1);
    await run.clock.advance(10);
  }
  const items = (await readOf(one, 'log')).map(({ data }) => JSON.stringify(data['lines']));
  const due = Array.from({ length: 6 }, (_, n) => JSON.stringify([{ item: `item ${n}` }]));
  must(
    isDeepStrictEqual(items, due),
    () => `two clocks were up to 3 minutes apart, and the entries were read as ${items.join(', ')}`,
  );
  const { intact } = await one.verify('log');
  must(intact, 'two clocks were apart, and a log that nobody had touched was said not to be intact');
});

behaviour('append-cost', 'an append does not read the log from its beginning', async (run) => {
  const disk = new Disk();
  const { one } = desks(run, disk);
  await write(one, 'log', run, 60);
  must(disk.handedOut <= 600, () => `60 appends to one log read ${disk.handedOut} entries`);
});

behaviour('event-store', 'on the event store itself: one of two wins, and what is written holds', async (run) => {
  const { one, other } = desks(run, openEventStore());
  await write(one, 'log', run, 3);
  const rivals = [one, other].map((audit, n) => refusalOf(audit.append('log', recordOf(run.seed, 3 + n), 2)));
  const refusals = (await Promise.all(rivals)).filter((refusal) => refusal !== undefined);
  must(
    refusals.length === 1,
    () => `two wrote after the same entry of the event store and ${2 - refusals.length} were accepted`,
  );
  must(
    refusals[0]?.code === 'WRONG_EXPECTED_REVISION',
    () => `the event store's refusal came with the code ${refusals[0]?.code}`,
  );
  const verdict = await other.verify('log');
  must(
    verdict.intact && verdict.head.revision === 3,
    () => `four entries in the event store were said to be ${says(verdict)}`,
  );
  const entries = await readOf(other, 'log');
  must(
    entries.length === 4 && entries.every(({ revision }, n) => revision === n),
    'four entries in the event store were read otherwise',
  );
});

tradeOff('what is personal can be forgotten although nothing is ever removed', async (run) => {
  const disk = new Disk();
  const { one, other } = desks(run, disk);
  const secret = `order ${between(run.seed, 'order', 1e6, 9e6)}, 7 Elm Street`;
  const about = (subject: string) => ({ personal: { subject, data: { address: secret } } });
  const first = await one.append('log', recordOf(run.seed, 0, about('ada')), -1);
  await one.append('log', recordOf(run.seed, 1, about('bo')), 0);
  const last = await one.append('log', recordOf(run.seed, 2, about('ada')), 1);
  await other.append('another', recordOf(run.seed, 3, about('ada')), -1);
  const before = await disk.read('log');
  const open = [
    secret,
    ...(['base64', 'hex'] as const).map((coding) => Buffer.from(secret).toString(coding).slice(2, -4)),
  ];
  const raw = JSON.stringify(before);
  must(
    !open.some((text) => raw.includes(text)),
    'what is personal stands in the log in clear: no key that is destroyed takes it away',
  );
  const lone = sha256s(secret, { address: secret });
  must(
    !lone.some((hash) => raw.includes(hash)),
    'the log holds a hash of what is personal: whoever guesses it, knows it',
  );

  await one.erase('ada');
  const entries = [...(await readOf(other, 'log')), ...(await readOf(one, 'another'))];
  const told = entries.filter(({ personal }) => personal?.subject === 'ada');
  must(told.length === 0, () => `ada was erased, and ${told.length} of 3 entries still tell where she lives`);
  const marked = entries.filter(({ erased }) => erased).length;
  must(marked === 3, () => `3 entries had what is personal about ada, and ${marked} say that it was erased`);
  must(
    isDeepStrictEqual(entries[1]?.personal, about('bo').personal),
    'ada was erased, and what is personal about bo went with it',
  );
  for (const { head } of [first, last]) {
    const verdict = await other.verify('log', head);
    must(verdict.intact, () => `ada was erased, and the log said to be ${says(verdict)}`);
  }
  await other.append('log', recordOf(run.seed, 4, about('ada')), 2);
  const again = await readOf(one, 'log');
  must(
    isDeepStrictEqual(again[3]?.personal, about('ada').personal),
    'ada came back after her erasure, and what is personal about her now could not be read',
  );
  must(
    again.slice(0, 3).every(({ personal }) => personal?.subject !== 'ada'),
    'ada came back, and with her what had been erased',
  );
  const same = before.map(({ data, metadata }) => JSON.stringify([data, metadata]));
  const since = (await disk.read('log')).slice(0, 3).map(({ data, metadata }) => JSON.stringify([data, metadata]));
  must(isDeepStrictEqual(same, since), 'an erasure changed the log');
});

function sha256s(text: string, data: object): string[] {
  return [text, JSON.stringify(data), JSON.stringify(text)].flatMap((plain) =>
    (['hex', 'base64'] as const).map((coding) => createHash('sha256').update(plain).digest(coding)),
  );
}
