import { isDeepStrictEqual } from 'node:util';
import type { Command, CommandEvent, CreateCommandBus } from '#answerdesk/seams/command.ts';
import {
  anyCommand,
  type Books,
  booksAfter,
  commandOf,
  everyKind,
  KINDS,
  type Kind,
  setOf,
  TENANTS,
} from '#answerdesk/simulation/correction-kinds.ts';
import {
  type Call,
  CorrectionsWorld,
  DeskProcess,
  type Queued,
  type Take,
} from '#answerdesk/simulation/corrections.ts';
import { readRecording } from '#kit/events.ts';
import { between, pick, roll, shuffled } from '#kit/seeded.ts';
import { behaviour, inAnotherProcess, incident, must, type Run, tradeOff } from '#kit/suite.ts';
import { correctionMorning, playCorrections, recordedMorning } from '../incident/command.ts';
import { BEGINS, RECORDED_SEED } from '../incident/script.ts';
import * as kata from './kata.ts';

const createCommandBus: CreateCommandBus = kata.createCommandBus;
/** The answer as a process has it that has just begun. */
const anew = async (): Promise<CreateCommandBus> =>
  (await inAnotherProcess(() => import('./kata.ts'))).createCommandBus;

incident(
  'what support decides is done, once and whole, whatever becomes of the process that was told',
  {
    recorded: () => recordedMorning(readRecording(new URL('./incident.jsonl', import.meta.url), BEGINS)),
    fresh: correctionMorning,
    recordedSeed: RECORDED_SEED,
  },
  async (scene, run) => {
    const factories = [createCommandBus];
    for (const _ of scene.stops) factories.push(await anew());
    const world = await playCorrections(scene, run, factories);
    const all = scene.corrections;
    const stands = ({ commands }: { commands: readonly Command[] }) => commands.map(({ id }) => world.standing(id));
    const toBeDone = all.filter(({ impossible, undoAt }) => !impossible && undoAt === undefined);

    const lost = all.filter(
      (one) => !one.impossible && one.commands.some(({ id }) => world.done('execute', id).length === 0),
    );
    must(
      lost.length === 0,
      () =>
        `${lost.length} of ${all.length} corrections were never done: a deploy had stopped the process ${scene.stops.length} times (first: ${lost[0]?.id})`,
      lost[0]?.event,
    );
    const twice = all.filter(({ commands }) => commands.some(({ id }) => doneTwice(world, id)));
    must(
      twice.length === 0,
      () =>
        `${twice.length} of ${all.length} corrections were done twice (first: ${twice[0]?.id}, ${twice[0]?.commands[0]?.name})`,
      twice[0]?.event,
    );
    const half = all.filter((one) => one.impossible && stands(one).some(({ least }) => least > 0));
    must(
      half.length === 0,
      () => `${half.length} corrections failed and part of what they did was left (first: ${half[0]?.id})`,
      half[0]?.event,
    );
    const kept = all.filter((one) => one.undoAt !== undefined && stands(one).some(({ least }) => least > 0));
    must(
      kept.length === 0,
      () => `${kept.length} corrections were to be taken back and still stand (first: ${kept[0]?.id})`,
      kept[0]?.event,
    );
    const missing = toBeDone.filter((one) => stands(one).some(({ most }) => most < 1));
    must(
      missing.length === 0,
      () => `${missing.length} corrections were done and taken back though nobody asked (first: ${missing[0]?.id})`,
      missing[0]?.event,
    );
  },
  { startAt: BEGINS },
);

behaviour('does', 'what is queued is done in its turn, and comes to what its handler came to', async (run) => {
  const { world, start, until } = scene(run);
  const desk = start();
  const newest = everyKind(run.seed, 'n').filter(({ name, version }) => name !== 'give-credit' || version === 2);
  const [first, ...others] = shuffled(run.seed, 'order', newest) as [Command, ...Command[]];
  const parts = others.filter(({ name }) => name !== 'send-mail');
  await until(desk.submit(first), 'a command was not queued');
  await until(desk.submitAll('set-n', parts), 'a set was not queued');
  const values: unknown[] = [];
  for (const queued of world.queue.splice(0)) {
    const { value } = await until(desk.takeOut(queued), 'what was queued could not be done');
    values.push(...(Array.isArray(value) ? value : [value]));
  }
  mustBeIds(world.takes, [first, ...parts], 'done');
  for (const [n, command] of [first, ...parts].entries()) asAsked(world.takes[n] as Take, command);
  const results = world.takes.map(({ result }) => result);
  must(
    isDeepStrictEqual(values, results),
    () => `the handlers came to ${json(results)}; whoever did the work came to ${json(values)}`,
  );
  sameBooks(world.books, booksAfter([first, ...parts]), 'after all was done');
});

behaviour('as-data', 'whichever process takes a command out of the queue does what its sender asked', async (run) => {
  const { seed } = run;
  const { world, start, until } = scene(run);
  const sender = start();
  const commands = shuffled(seed, 'order', everyKind(seed, 'c'));
  for (const command of commands) await until(sender.submit(command), `${called(command)} was not queued`);
  sender.kill();
  const worker = start(await anew());
  const queue = world.queue.splice(0);
  must(
    queue.length === commands.length,
    `${commands.length} commands were submitted, ${queue.length} items are queued`,
  );
  for (const [n, queued] of queue.entries()) {
    const command = commands[n] as Command;
    const call = await until(worker.takeOut(queued), `a process that began later could not do ${called(command)}`);
    const [take, ...more] = world.takes.filter(({ id }) => id === command.id);
    must(take !== undefined, `a process that began later was given ${called(command)}, and nothing was done`);
    must(more.length === 0, `${called(command)} was taken out of the queue once and done ${more.length + 1} times`);
    asAsked(take, command);
    must(
      isDeepStrictEqual(call.value, take.result),
      () => `${called(command)} came to ${json(take.result)}; its worker says ${json(call.value)}`,
    );
  }
  sameBooks(world.books, booksAfter(commands), 'after all was done');
});

behaviour('as-submitted', 'what its sender does to a command later changes nothing that waits', async (run) => {
  const { world, start, until } = scene(run);
  const desk = start();
  const [one, ...others] = everyKind(run.seed, 'late') as [Command, ...Command[]];
  const parts = others.filter(({ name }) => name !== 'send-mail');
  const asked = structuredClone([one, ...parts]);
  await until(desk.submit(one), 'a command was not queued');
  await until(desk.submitAll('set-late', parts), 'a set was not queued');
  for (const command of [one, ...parts]) {
    Object.assign(command.payload as object, { tenant: 'somebody else', amount: 1, tokens: 1, answer: 'another' });
  }
  parts.push(commandOf(run.seed, 'late/more', 'send-mail'));
  for (const queued of world.queue.splice(0)) await until(desk.takeOut(queued), 'a queued command could not be done');
  for (const command of asked) {
    const [take] = world.takes.filter(({ id }) => id === command.id);
    must(take !== undefined, `${called(command)} was not done`);
    asAsked(take, command, ', which its sender changed after it was queued');
  }
  must(world.takes.length === asked.length, 'a command was done that joined the set after it was queued');
});

behaviour(
  'unknown',
  'a name or version that nobody here knows is refused by name, before anything is done',
  async (run) => {
    const { seed } = run;
    const version = between(seed, 'version', 30, 99);
    const strange = [
      commandOf(seed, 'u-1', 'give-credit', { version }),
      commandOf(seed, 'u-2', pick(seed, 'strange', ['merge-tenants', 'close-account']), { version }),
      commandOf(seed, 'u-3', pick(seed, 'built in', ['constructor', 'toString', '__proto__', 'hasOwnProperty'])),
      commandOf(seed, 'u-4', 'set-quota1', { version: 1 }),
    ] as const;
    const more: Kind[] = strange.map(({ name, version: of }) => ({ ...(KINDS[0] as Kind), name, version: of }));
    const eleven: Kind = { ...(KINDS[0] as Kind), name: 'set-quota', version: 11 };
    for (const command of strange) {
      const { world, start, until } = scene(run);
      const desk = start(createCommandBus, [...KINDS, eleven]);
      const good = commandOf(seed, 'good', 'hide-answer');
      for (const set of [false, true]) {
        const events = world.events.length;
        const call = await until(set ? desk.submitAll('set-u', [good, command]) : desk.submit(command));
        refusedAsUnknown(call, command, set ? 'a set with it was queued' : 'it was queued');
        must(world.queue.length === 0, `${called(command)} was refused, and waits in the queue all the same`);
        announced(world.events.slice(events), 'CommandRefused', command);
      }
      const newer = start(createCommandBus, [...KINDS, eleven, ...more]);
      await until(newer.submit(command), `${called(command)} is known here and was not queued`);
      await until(newer.submitAll('set-u', [good, { ...command, id: 'u-5' }]), 'a set was not queued');
      const events = world.events.length;
      for (const queued of world.queue) {
        refusedAsUnknown(await until(desk.takeOut(queued)), command, 'an older process took it out of the queue');
        must(
          world.takes.length === 0,
          () =>
            `${called(command)} is not known here, and ${world.takes[0]?.name} of version ${world.takes[0]?.version} was done`,
        );
      }
      announced(world.events.slice(events, events + 1), 'CommandRefused', command);
      must(world.entries.length === 0, `${called(command)} was refused, and stands in the journal`);
      for (const queued of world.queue.splice(0)) {
        await until(newer.takeOut(queued), `${called(command)} had been refused elsewhere, and was not done here`);
      }
      must(
        world.done('execute').length === 3,
        () => `3 commands were to be done by the process that knows them, ${world.done('execute').length} were`,
      );
    }
  },
);

behaviour('once', 'the same command is done once, however often it comes and whoever takes it out', async (run) => {
  for (const [n, command] of everyKind(run.seed, 'once').entries()) {
    const { world, start, until } = scene(run);
    const [first, other] = [start(), start()];
    await until(first.submit(command), 'a command was not queued');
    await until(other.submit(structuredClone(command)), 'a command was not queued');
    const queued = world.queue.at(-1) as Queued;
    const atOnce = [first.takeOut(queued), first.takeOut(queued)];
    const calls: Call[] = [];
    for (const call of atOnce) calls.push(await until(call, `${called(command)}, delivered twice at once, failed`));
    calls.push(await until(first.takeOut(queued), `${called(command)}, delivered again, failed`));
    calls.push(await until(other.takeOut(queued), `${called(command)}, delivered to another process, failed`));
    if (n === run.seed % KINDS.length) {
      first.kill();
      other.kill();
      calls.push(await until(start(await anew()).takeOut(queued), `${called(command)}, after a restart, failed`));
    }
    const { length } = world.takes;
    must(length === 1, `${called(command)} was delivered ${calls.length} times and done ${length} times`);
    const different = calls.find(({ value }) => !isDeepStrictEqual(value, world.takes[0]?.result));
    must(
      !different,
      () =>
        `${called(command)} came to ${json(world.takes[0]?.result)}, and to ${json(different?.value)} when delivered again`,
    );
  }
});

behaviour('on-record', 'what is reported done is on record, with what was asked and what it came to', async (run) => {
  const { seed, clock } = run;
  const command = anyCommand(seed, 'r');
  for (const dies of ['when it is reported', 'before it is recorded']) {
    const { world, start, until } = scene(run, between(seed, 'slow journal', 100, 240));
    const [first, next] = [start(), start(await anew())];
    await until(first.submit(command), 'a command was not queued');
    const queued = world.queue[0] as Queued;
    if (dies === 'before it is recorded') {
      world.tookEffect = ({ process }) => process === first && first.kill();
      first.takeOut(queued);
      await clock.advance(5_000);
      await until(next.takeOut(queued), `${called(command)} had no time to be recorded, and was not done again`);
      for (const take of world.takes) asAsked(take, command, ' after a crash');
    } else {
      await until(first.takeOut(queued), `${called(command)} failed`);
      first.kill();
      await until(next.takeOut(queued), `${called(command)}, delivered again, failed`);
    }
    await until(next.takeOut(queued), `${called(command)}, delivered again, failed`);
    const done = world.takes.filter(({ process }) => process === next).length;
    const expected = dies === 'when it is reported' ? 0 : 1;
    must(done === expected, `the process died ${dies}; the next one did ${called(command)} ${done} times`);
    const entries = world.entries.filter((entry) => entry.type === 'CommandExecuted');
    const [entry] = entries;
    must(
      entries.length === 1 && entry !== undefined,
      `${called(command)} stands ${entries.length} times in the journal`,
    );
    const { name, version, id, payload } = entry.command;
    must(
      isDeepStrictEqual({ name, version, id, payload }, command),
      () => `the journal has ${json(entry.command)} for ${json(command)}`,
    );
    const { result } = world.done('execute').at(-1) as Take;
    must(
      isDeepStrictEqual(entry.result, result),
      () => `${called(command)} came to ${json(result)}; the journal has ${json(entry.result)}`,
    );
  }
});

behaviour('failure', 'a failure is heard as it came and is not the last word', async (run) => {
  const { seed } = run;
  const { world, start, until } = scene(run);
  const desk = start();
  const command = anyCommand(seed, 'f');
  world.queueDown = Object.assign(new Error(`the queue is down ${seed}`), { code: 'ECONNREFUSED' });
  thrownAsItCame(await until(desk.submit(command)), world.queueDown, 'a command could not be queued');
  thrownAsItCame(await until(desk.submitAll('set-f', [command])), world.queueDown, 'a set could not be queued');
  world.queueDown = undefined;

  await until(desk.submit(command), 'a command was not queued');
  const queued = world.queue[0] as Queued;
  const failures = ['first', 'second'].map((which) =>
    Object.assign(new Error(`${which} ${seed}`), { code: `E_${which}` }),
  );
  world.failures.set(`execute ${command.id}`, [...failures]);
  for (const failure of failures) {
    const events = world.events.length;
    thrownAsItCame(await until(desk.takeOut(queued)), failure, `${called(command)} failed`);
    must(
      world.entries.length === 0,
      `${called(command)} failed, and stands in the journal as ${world.entries[0]?.type}`,
    );
    announced(world.events.slice(events), 'CommandFailed', command);
    notUndoable(await until(desk.undo(command.id)), `${called(command)}, which failed,`);
  }
  await until(desk.takeOut(queued), `${called(command)} failed twice, and was not done when nothing was in its way`);
  must(world.done('execute').length === 1, `${called(command)} was not tried again after a failure`);
});

behaviour('undo', 'what was done is taken back by any process, and things are as they were', async (run) => {
  const { seed } = run;
  const { world, start, until } = scene(run);
  const [worker, support] = [start(), start()];
  const mail = commandOf(seed, 'b/mail', 'send-mail');
  for (const command of [...everyKind(seed, 'a'), mail, ...everyKind(seed, 'b')]) {
    const books = structuredClone(world.books);
    const by = pick(seed, `by ${command.id}`, [worker, support]);
    notUndoable(await until(by.undo(command.id)), `${called(command)}, which nobody had submitted,`);
    await until(worker.submit(command), 'a command was not queued');
    notUndoable(await until(by.undo(command.id)), `${called(command)}, which still waited,`);
    await until(worker.takeOut(world.queue.pop() as Queued), `${called(command)} failed`);
    const call = await until(by.undo(command.id));
    const undos = world.done('undo', command.id);
    if (command.name === 'send-mail') {
      notUndoable(call, called(command));
      continue;
    }
    if (roll(seed, `stays ${command.id}`) < 0.3) await until(worker.submit(commandOf(seed, 'x', 'send-mail')));
    must(!call.failure, () => `${called(command)} could not be taken back: ${call.failure?.message}`);
    must(undos.length === 1, `${called(command)} was to be taken back once; it was ${undos.length} times`);
    asAsked(undos[0] as Take, command, ' when it was taken back');
    const { result } = world.done('execute', command.id)[0] as Take;
    must(
      isDeepStrictEqual(undos[0]?.given, result),
      () => `${called(command)} had come to ${json(result)}; whoever takes it back was given ${json(undos[0]?.given)}`,
    );
    const recorded = world.entries.filter((entry) => entry.type === 'CommandUndone' && entry.id === command.id).length;
    must(recorded === 1, `${called(command)} was taken back, and the journal says so ${recorded} times`);
    sameBooks(world.books, books, `after ${called(command)} was taken back`);
  }
});

behaviour('undo-once', 'a command is taken back once, and a late delivery does not do it again', async (run) => {
  const { seed, clock } = run;
  const command = commandOf(seed, 'o', pick(seed, 'kind', ['give-credit', 'set-quota', 'hide-answer']));
  const { world, start, until } = scene(run);
  const [worker, support] = [start(), start()];
  await until(worker.submit(command), 'a command was not queued');
  const queued = world.queue[0] as Queued;
  const before = structuredClone(world.books);
  await until(worker.takeOut(queued), `${called(command)} failed`);

  const failure = Object.assign(new Error(`the ledger is closed ${seed}`), { code: 'E_CLOSED' });
  world.failures.set(`undo ${command.id}`, [failure]);
  const { length } = world.entries;
  thrownAsItCame(await until(support.undo(command.id)), failure, `${called(command)} could not be taken back`);
  must(world.entries.length === length, `${called(command)} could not be taken back, and the journal says it was`);

  const calls = [support.undo(command.id), support.undo(command.id)];
  await clock.advance(5_000);
  calls.push(support.undo(command.id), worker.undo(command.id));
  await clock.advance(5_000);
  const fresh = start(await anew());
  calls.push(fresh.undo(command.id));
  await clock.advance(5_000);
  const undos = world.done('undo').length;
  must(undos === 1, `${called(command)} was to be taken back ${calls.length} times, and was taken back ${undos} times`);
  must(
    !calls[0]?.failure || !calls[1]?.failure,
    `${called(command)} was taken back, and both who asked heard it was not`,
  );
  const hung = calls.find(({ endedAt }) => endedAt === undefined);
  must(!hung, `${called(command)} was to be taken back once more, and nobody heard anything`);
  const crashed = calls.find((call) => call.failure && call.failure.code !== 'NOT_UNDOABLE');
  must(
    !crashed,
    () => `taken back once more: refused with the code ${crashed?.failure?.code} (${crashed?.failure?.message})`,
  );

  for (const process of [worker, support, fresh]) {
    await until(process.takeOut(queued));
    must(
      world.takes.filter(({ what }) => what === 'execute').length === 1,
      `${called(command)} was taken back, and a late delivery did it again`,
    );
  }
  sameBooks(world.books, before, 'after a late delivery of a command that was taken back');
});

behaviour('set', 'a set is done in its order, or none of it remains done', async (run) => {
  const { seed } = run;
  const parts = setOf(seed, 's');
  const done = await deliverSet(run, 'set-s', parts);
  must(
    !done.call.failure,
    () => `a set of ${parts.length} failed although none of it did: ${done.call.failure?.message}`,
  );
  const executed = done.world.done('execute');
  mustBeIds(executed, parts, 'done');
  const late = executed.find(({ from }, n) => n > 0 && from < (executed[n - 1]?.to ?? 0));
  must(!late, () => `${late?.name} was begun before what stands before it in the set was done`);
  const results = executed.map(({ result }) => result);
  must(
    isDeepStrictEqual(done.call.value, results),
    () => `the parts came to ${json(results)}; the set came to ${json(done.call.value)}`,
  );
  const again = await done.until(done.desk.takeOut(done.queued), 'a set that was done, delivered again, failed');
  must(
    done.world.takes.length === parts.length,
    'a set that was done was delivered again, and part of it was done again',
  );
  must(isDeepStrictEqual(again.value, results), () => `delivered again, the set came to ${json(again.value)}`);

  for (const stuck of [false, true]) {
    const fails = between(seed, `fails ${stuck}`, stuck ? 2 : 0, parts.length - 1);
    const failure = Object.assign(new Error(`part ${fails} of ${seed}`), { code: 'E_PART' });
    const { world, desk, queued, until, call, before } = await deliverSet(run, 'set-s', parts, (of) => {
      of.failures.set(`execute ${parts[fails]?.id}`, [failure]);
      if (stuck) of.failures.set(`undo ${parts[fails - 1]?.id}`, [new Error('the ledger is closed')]);
    });
    const where = `part ${fails + 1} of ${parts.length} failed`;
    thrownAsItCame(call, failure, where);
    const tried = world.takes.filter(({ what }) => what === 'execute');
    mustBeIds(tried, parts.slice(0, fails + 1), 'begun');
    const standing = parts.slice(0, fails).reverse();
    mustBeIds(world.done('undo'), stuck ? standing.slice(1) : standing, `taken back after ${where}`);
    if (!stuck) sameBooks(world.books, before, `after ${where}`);
    const later = await until(desk.takeOut(queued));
    if (fails === 0) continue;
    must(later.failure !== undefined, `${where} and the set was taken back; delivered again, it was reported done`);
    const repeated = world.takes.filter(({ what }) => what === 'execute').length - tried.length;
    must(
      repeated === 0,
      `${where} and the set was taken back; delivered again, ${repeated} of its parts were begun again`,
    );
    sameBooks(world.books, before, `after ${where} and the set was delivered again`);
  }
});

behaviour(
  'set-restart',
  'a process that dies within a set leaves neither half a set nor a part done twice',
  async (run) => {
    const { seed, clock } = run;
    const parts = setOf(seed, 'd');
    for (const dying of ['execute', 'undo'] as const) {
      const fails = dying === 'undo' ? between(seed, 'fails', 2, parts.length - 1) : parts.length;
      const at = dying === 'undo' ? between(seed, 'undoes', 1, fails) : between(seed, 'dies', 1, parts.length);
      const { world, start, until } = scene(run);
      const first = start();
      await until(first.submitAll('set-d', parts), 'a set was not queued');
      const queued = world.queue[0] as Queued;
      const before = structuredClone(world.books);
      if (dying === 'undo') world.failures.set(`execute ${parts[fails]?.id}`, [new Error('the ledger is closed')]);
      let takes = 0;
      world.halfWay = ({ what }) => what === dying && ++takes === at && first.kill();
      first.takeOut(queued);
      await clock.advance(15_000);
      must(takes >= at, `part ${fails + 1} of ${parts.length} failed and nothing was taken back`);
      world.halfWay = () => {};
      const next = start(await anew());
      const call = await until(next.takeOut(queued));
      const twice = parts.find(({ id }) => world.done('execute', id).length > 1 || world.done('undo', id).length > 1);
      must(!twice, () => `a process died within a set, and the next did or took back ${twice?.name} a second time`);
      const where = `a process died in part ${at} of ${parts.length}`;
      if (dying === 'execute') {
        must(!call.failure, () => `${where}, and the next could not go on: ${call.failure?.message}`);
        mustBeIds(world.done('execute'), parts, 'done');
        const results = world.done('execute').map(({ result }) => result);
        must(
          isDeepStrictEqual(call.value, results),
          () => `${where}; the parts came to ${json(results)}, the set came to ${json(call.value)}`,
        );
      } else {
        // Where nothing was taken back yet, going on is as good.
        const whole = parts.every(({ id }) => world.standing(id).most === 1);
        if (at > 1 || !whole) sameBooks(world.books, before, 'after a process died while it took a set back');
        must((call.failure === undefined) === whole, 'the set was reported as something that it was not');
      }
    }
  },
);

behaviour('set-undo', 'a set is taken back whole, the last first, or not at all', async (run) => {
  const { seed, clock } = run;
  const parts = setOf(seed, 'w').filter(({ name }) => name !== 'send-mail');
  const { world, desk, start, queued, before, until } = await deliverSet(run, 'set-w', parts);
  const support = start();
  const dies = between(seed, 'dies', 1, parts.length);
  let undos = 0;
  world.halfWay = ({ what }) => what === 'undo' && ++undos === dies && support.kill();
  support.undo('set-w');
  await clock.advance(15_000);
  const next = start(await anew());
  await until(next.undo('set-w'), 'a set was half taken back when its process died, and the next could not go on');
  mustBeIds(world.done('undo'), [...parts].reverse(), 'taken back');
  sameBooks(world.books, before, 'after a set was taken back');
  await until(next.undo('set-w'));
  await until(desk.takeOut(queued));
  must(
    world.done('undo').length === parts.length && world.done('execute').length === parts.length,
    'a set that was taken back was done or taken back again',
  );

  const mail = commandOf(seed, 'w/mail', 'send-mail');
  const sent = await deliverSet(run, 'set-m', [...parts, mail]);
  must(!sent.call.failure, () => `a set that ends with a mail failed: ${sent.call.failure?.message}`);
  notUndoable(await sent.until(sent.desk.undo('set-m')), 'a set with a mail in it');
  const taken = sent.world.done('undo').length;
  must(taken === 0, `a set with a mail in it can't be taken back, and ${taken} of its parts were`);
  const refused = await sent.until(sent.desk.submitAll('set-n', [mail, ...parts]));
  notUndoable(refused, 'a set whose first part is a mail');
  must(sent.world.queue.length === 0, 'a set that can not be taken back when it fails half-way was queued');
});

behaviour('announces', 'each thing that happened to a command is announced once', async (run) => {
  const { seed } = run;
  const { world, start, until } = scene(run);
  const desk = start();
  const single = commandOf(seed, 'e', 'give-credit');
  const parts = setOf(seed, 'g');
  const fails = between(seed, 'fails', 1, parts.length - 1);
  await until(desk.submit(single), 'a command was not queued');
  await until(desk.submitAll('set-g', parts), 'a set was not queued');
  world.failures.set(`execute ${parts[fails]?.id}`, [new Error('no')]);
  for (const queued of [...world.queue, ...world.queue]) await until(desk.takeOut(queued));
  await until(desk.undo(single.id));
  await until(desk.undo(single.id));
  const standing = parts.slice(0, fails);
  const expected: [CommandEvent['type'], readonly Command[]][] = [
    ['CommandExecuted', [single, ...standing]],
    ['CommandFailed', parts.slice(fails, fails + 1)],
    ['CommandUndone', [...standing.reverse(), single]],
    ['CommandRefused', []],
  ];
  for (const [type, commands] of expected) {
    const said = world.events.filter((event) => event.type === type).map(({ data }) => `${data.name} ${data.id}`);
    const ofCommands = said.filter((one) => !one.endsWith(' set-g'));
    const should = commands.map(({ name, id }) => `${name} ${id}`);
    must(
      isDeepStrictEqual(ofCommands, should),
      () =>
        `${type} should be announced of ${should.join(', ') || 'nothing'}; it was of ${ofCommands.join(', ') || 'nothing'}`,
    );
    must(
      type !== 'CommandExecuted' || ofCommands.length === said.length,
      'a set that failed was announced as executed',
    );
  }
});

tradeOff('a question is no command: it is answered anew each time, and nobody writes it down', async (run) => {
  const { seed } = run;
  const { world, start, until } = scene(run, between(seed, 'slow journal', 100, 240));
  const [desk, other] = [start(), start()];
  const tenant = pick(seed, 'tenant', TENANTS);
  const question = commandOf(seed, 'p', 'show-balance', {}, { tenant });
  let cents = 0;
  await until(desk.submit(question), 'a question was not taken');
  const queued = world.queue.pop() as Queued;
  for (let n = 0; n < 3; n++) {
    const { reads, appends } = world.calls;
    for (const process of [desk, n === 2 ? other : desk]) {
      const call = await until(process.takeOut(queued), 'a question was not answered');
      must(
        isDeepStrictEqual(call.value, { cents }),
        () =>
          `${tenant} has a balance of ${cents} cents; who asked for the ${n + 1}. time was told ${json(call.value)}`,
      );
    }
    const cost = world.calls.reads - reads + world.calls.appends - appends;
    must(cost === 0, `2 questions cost ${cost} reads and writes of a journal that has nothing to say about them`);
    const more = commandOf(seed, `p-${n}`, 'give-credit', { version: 2 }, { tenant, amount: 100 + n });
    cents += 100 + n;
    await until(desk.submit(more), 'a command was not queued');
    await until(desk.takeOut(world.queue.pop() as Queued), `${called(more)} failed`);
  }
  must(world.entries.length === 3, `3 commands were done, and the journal has ${world.entries.length} entries`);
  notUndoable(await until(desk.undo(question.id)), 'a question');
});

function scene({ seed, clock }: Run, appendMs = between(seed, 'append', 4, 20)) {
  const effectMs = (id: string) => between(seed, `lasts ${id}`, 50, 400);
  const world = new CorrectionsWorld(clock.now, { readMs: between(seed, 'read', 2, 12), appendMs, effectMs });
  const start = (factory = createCommandBus, kinds: readonly Kind[] = KINDS) => new DeskProcess(world, factory, kinds);
  /** Lets time pass until the call has ended. `failed`: what it means that it didn't end well; else either will do. */
  const until = async (call: Call, failed?: string) => {
    for (let n = 0; call.endedAt === undefined && n < 200; n++) await clock.advance(n < 20 ? 20 : 100);
    must(call.endedAt !== undefined, `${failed ?? 'a call'}: it never ended`);
    must(!failed || !call.failure, () => `${failed} (${call.failure?.message})`);
    return call;
  };
  return { world, start, until };
}

/** Queues a set in a process and has the same process do it. */
async function deliverSet(run: Run, id: string, parts: readonly Command[], prepare = (_: CorrectionsWorld) => {}) {
  const { world, start, until } = scene(run);
  prepare(world);
  const desk = start();
  await until(desk.submitAll(id, parts), 'a set was not queued');
  const queued = world.queue.shift() as Queued;
  const before = structuredClone(world.books);
  const call = await until(desk.takeOut(queued));
  return { world, desk, start, until, queued, call, before };
}

const called = ({ name, version }: Command) => `${name} (version ${version})`;
const json = (value: unknown) => JSON.stringify(value) ?? 'nothing';
const doneTwice = (world: CorrectionsWorld, id: string) => {
  const undos = world.done('undo', id).length;
  return world.standing(id).least + undos > 1 || undos > 1;
};

function asAsked(take: Take, command: Command, when = ''): void {
  const { name, version, id, payload } = take;
  must(
    name === command.name && version === command.version,
    () => `${called(command)}${when} was handled by ${called(take)}`,
  );
  must(
    id === command.id,
    () => `${called(command)}${when}: its id was ${command.id}, its handler was given ${json(id)}`,
  );
  must(
    isDeepStrictEqual(payload, command.payload),
    () => `${called(command)}${when}: its payload was ${json(command.payload)}, its handler was given ${json(payload)}`,
  );
}

function sameBooks(books: Books, expected: Books, when: string): void {
  const none = (amounts: Record<string, number>) =>
    Object.fromEntries(Object.entries(amounts).filter(([, n]) => n !== 0));
  const plain = (one: Books) => ({ ...one, credits: none(one.credits) });
  must(
    isDeepStrictEqual(plain(books), plain(expected)),
    () => `${when} the books should be ${json(plain(expected))} and are ${json(plain(books))}`,
  );
}

function mustBeIds(takes: readonly Take[], commands: readonly Command[], what: string): void {
  const names = (all: readonly { name: string; id: string }[]) =>
    all.map(({ name, id }) => `${name} ${id}`).join(', ') || 'nothing';
  must(
    isDeepStrictEqual(
      takes.map(({ id }) => id),
      commands.map(({ id }) => id),
    ),
    () => `${what} in a set: ${names(takes)}; should be: ${names(commands)}`,
  );
}

function refusedAsUnknown({ failure }: Call, command: Command, otherwise: string): void {
  must(failure !== undefined, `nobody here knows ${called(command)}, and ${otherwise}`);
  must(
    failure.code === 'UNKNOWN_COMMAND',
    `nobody here knows ${called(command)}; refused with the code ${failure.code}`,
  );
  must(
    failure.message.includes(command.name) && failure.message.includes(String(command.version)),
    `nobody here knows ${called(command)}; the refusal says: ${failure.message}`,
  );
}

function notUndoable({ failure }: Call, what: string): void {
  must(failure !== undefined, `${what} can't be taken back, and whoever asked was not told`);
  must(
    failure.code === 'NOT_UNDOABLE',
    `${what} can't be taken back; refused with the code ${failure.code} (${failure.message})`,
  );
}

function thrownAsItCame({ failure }: Call, expected: Error & { code?: string }, what: string): void {
  must(failure !== undefined, `${what}, and nobody was told`);
  must(
    failure.message === expected.message && failure.code === expected.code,
    () => `${what} with ${expected.code}, ${expected.message}; what was heard is ${failure.code}, ${failure.message}`,
  );
}

function announced(events: readonly CommandEvent[], type: CommandEvent['type'], { id, name }: Command): void {
  const said = events.map((event) => `${event.type} ${event.data.name} ${event.data.id}`);
  const ofSet = said.filter((one) => !/ set-.$/.test(one));
  const one = new RegExp(`^${type} ${name} `);
  must(
    ofSet.length === 1 && one.test(ofSet[0] ?? ''),
    () => `${type} should be announced of ${name} ${id}, once; announced: ${said.join(', ') || 'nothing'}`,
  );
}
