import type {
  CanonicalQuestion,
  ChannelAdapter,
  CreateChannels,
  InvalidInput,
  MailMessage,
} from '#answerdesk/seams/channels.ts';
import { breakable, broken, isAbout } from '#answerdesk/simulation/channel-breakages.ts';
import { differences, misread, plain } from '#answerdesk/simulation/channel-comparison.ts';
import {
  bodyText,
  CHANNELS,
  type ChannelName,
  type Facts,
  factsOf,
  isoDate,
  type Message,
  messageOf,
} from '#answerdesk/simulation/channel-messages.ts';
import { readRecording } from '#kit/events.ts';
import { between, pick, roll } from '#kit/seeded.ts';
import { behaviour, inAnotherProcess, incident, must, tradeOff } from '#kit/suite.ts';
import { night, playNight, recordedNight } from '../incident/canonical-data-model.ts';
import { BEGINS, RECORDED_SEED } from '../incident/script.ts';
import * as kata from './kata.ts';

const createChannels: CreateChannels = kata.createChannels;
const at = { startAt: BEGINS };

/** An answer, as it is reached through queues: what goes in and what comes out are copies, as JSON. */
function desk(create: CreateChannels = createChannels) {
  const channels = create();
  return {
    register: (adapter: ChannelAdapter) => {
      try {
        channels.register(adapter);
      } catch (error) {
        must(false, `the channel ${adapter.channel} could not be registered: ${(error as Error)?.message}`);
      }
    },
    receive: (channel: string, raw: unknown) =>
      plain(channels.receive(channel, structuredClone(raw))) as CanonicalQuestion,
    write: (question: CanonicalQuestion) => plain(channels.write(structuredClone(question))),
    /** Without copies of what goes in. */
    uncopied: {
      receive: (channel: string, raw: unknown) => plain(channels.receive(channel, raw)) as CanonicalQuestion,
      write: (question: CanonicalQuestion) => plain(channels.write(question)),
    },
  };
}
type Desk = Pick<ReturnType<typeof desk>, 'receive' | 'write'>;

/** The question that a good message becomes. */
function read(by: Desk, { channel, raw }: { channel: string; raw: unknown }): CanonicalQuestion {
  try {
    const question = by.receive(channel, raw);
    must(question !== undefined && question !== null, `a message from ${channel} became no question at all`);
    return question;
  } catch (error) {
    if ((error as Error)?.name === 'RuleBroken') throw error;
    must(false, `a good message from ${channel} was refused: ${(error as Error)?.message}`);
  }
}
function write(by: Desk, question: CanonicalQuestion): unknown {
  try {
    return by.write(question);
  } catch (error) {
    must(false, `a question from ${question.channel} could not be written back: ${(error as Error)?.message}`);
  }
}
function refusal(by: Desk, channel: string, raw: unknown): Partial<InvalidInput> | undefined {
  try {
    by.receive(channel, raw);
    return undefined;
  } catch (error) {
    return error as Partial<InvalidInput>;
  }
}
/** The message must be refused, for that field. */
function mustRefuse(by: Desk, channel: string, raw: unknown, field: string | undefined, what: string): void {
  const refused = refusal(by, channel, raw);
  must(refused !== undefined, `${channel}: ${what}, and a question was made of it`);
  must(
    refused?.code === 'INVALID_INPUT' && refused.channel === channel,
    () => `${channel}: ${what}; the refusal says code ${refused?.code}, channel ${refused?.channel} (${refused})`,
  );
  must(
    field === undefined || isAbout(refused.field, field),
    () => `${channel}: ${what}; the refusal names the field ${refused.field}`,
  );
  must(
    typeof refused.reason === 'string' && refused.reason !== '',
    () => `${channel}: ${what}; the refusal's reason is ${JSON.stringify(refused.reason)}`,
  );
}
function mustSay(question: CanonicalQuestion, { channel, facts, raw }: Message, but: string[] = []): void {
  const wrong = misread(question, channel, facts).filter((part) => !but.includes(part));
  must(
    wrong.length === 0,
    () =>
      `${channel}: ${wrong.join(', ')} of the question isn't what its message says: ${wrong.map((part) => shown(question, part)).join(', ')} of ${JSON.stringify(raw).slice(0, 400)}`,
  );
}
const shown = (question: CanonicalQuestion, part: string) =>
  JSON.stringify(question[(part === 'offset' ? 'askedAt' : part) as keyof CanonicalQuestion]);
function mustComeBack(channel: string, before: unknown, after: unknown, what = ''): void {
  const changed = differences(before, after);
  must(
    changed.length === 0,
    () => `${channel}: a message was written back with another ${some(changed)} than it came with${what}`,
  );
}
const some = (names: string[]) =>
  names.slice(0, 4).join(', ') + (names.length > 4 ? `, and ${names.length - 4} more` : '');

const timeOf = (seed: number, name: string) => BEGINS + between(seed, `time ${name}`, -43_200_000, 43_200_000);
/** Messages of all four channels. */
function messages(seed: number, each: number, over: Partial<Facts> = {}, extras = true): Message[] {
  return CHANNELS.flatMap((channel) =>
    Array.from({ length: each }, (_, n) => {
      const name = `${channel}-${n}`;
      return messageOf(seed, channel, factsOf(seed, name, timeOf(seed, name), over), extras);
    }),
  );
}

incident(
  'what is handed back to a channel at a restart is what came from it, and is understood twice as it was once',
  {
    recorded: () => recordedNight(readRecording(new URL('./incident.jsonl', import.meta.url), BEGINS)),
    fresh: night,
    recordedSeed: RECORDED_SEED,
  },
  async (scene, run) => {
    const { readings, handedBack } = await playNight(scene, run, createChannels);
    const good = readings.filter(({ arrival }) => !arrival.broken);
    const changed = handedBack.filter((back) => back.changed.length > 0 && !back.arrival.broken);
    const [first] = changed;
    must(
      first === undefined,
      () =>
        `${changed.length} of ${handedBack.length} messages that were handed back at the two restarts were not what had come: ${first?.arrival.id} (${first?.arrival.channel}) had another ${some(first?.changed ?? [])}`,
      first?.event,
    );
    const refused = good.filter(({ refusal }) => refusal);
    must(
      refused.length === 0,
      () =>
        `${refused.length} of ${good.length} good messages were refused: ${refused[0]?.arrival.id} (${refused[0]?.arrival.channel}), time ${refused[0]?.time}: ${refused[0]?.refusal?.message}`,
      refused[0]?.event,
    );
    const wrong = good.filter((reading) => reading.misread.length > 0);
    must(
      wrong.length === 0,
      () =>
        `${wrong.length} of ${good.length} questions don't say what their messages said: ${wrong[0]?.arrival.id} (${wrong[0]?.arrival.channel}) has another ${some(wrong[0]?.misread ?? [])}`,
      wrong[0]?.event,
    );
    const malformed = readings.filter(({ arrival }) => arrival.broken);
    const unsaid = malformed.filter(
      ({ arrival, refusal }) => refusal?.code !== 'INVALID_INPUT' || !isAbout(refusal.field, arrival.broken ?? ''),
    );
    must(
      unsaid.length === 0,
      () =>
        `${unsaid.length} of ${malformed.length} malformed messages weren't refused with the field that is wrong: ${unsaid[0]?.arrival.id}, ${unsaid[0]?.arrival.channel}, ${unsaid[0]?.arrival.broken}`,
      unsaid[0]?.event ?? unsaid[0]?.arrival.event,
    );
  },
  at,
);

behaviour(
  'one-shape',
  'whatever the channel, a question says who asks what, and what came with it',
  ({ seed }) => {
    const by = desk();
    const over = { asker: { id: 'ada@example.com', name: 'Ada Lovelace' }, subject: 'Refund' };
    for (const message of [
      ...messages(seed, 3, over),
      ...messages(seed, 3, { ...over, text: 'Where is my refund?' }, false),
    ]) {
      const question = read(by, message);
      const unicode = message.channel !== 'mail' || /"charset":"utf-8"/i.test(JSON.stringify(message.raw));
      mustSay(question, message, ['askedAt', 'offset', ...(unicode ? [] : ['text'])]);
    }
  },
  at,
);

behaviour(
  'local-time',
  'a question keeps the time of its asker: the instant, and the offset that the channel gave',
  ({ seed }) => {
    const by = desk();
    const halves = [330, 345, 570, -210, -570, -150, 0] as const;
    const offset = pick(seed, 'offset', halves);
    for (const message of messages(seed, 4, { offset }, false)) {
      const wrong = misread(read(by, message), message.channel, message.facts);
      must(
        !wrong.includes('askedAt') && !wrong.includes('offset'),
        () =>
          `${message.channel}: asked at ${isoDate(message.facts.at, message.facts.offset)}, and the question says ${read(by, message).askedAt}`,
      );
    }
  },
  at,
);

behaviour(
  'round-trip',
  'a question is written in the shape of its channel, with nothing added, changed or lost',
  ({ seed }) => {
    const by = desk();
    for (const { channel, raw } of messages(seed, 12)) {
      mustComeBack(channel, raw, write(by, read(by, { channel, raw })));
    }
  },
  at,
);

behaviour(
  'unknown-fields',
  'fields that nobody knows yet are kept, at every level, and found under their own names',
  ({ seed }) => {
    const by = desk();
    const attachments = [{ name: 'log.txt', mediaType: 'text/plain', content: 'b2s=' }];
    for (const { channel, raw } of messages(seed, 1, { attachments }, false)) {
      const token = (level: string) => ({ escalation: { level, n: between(seed, `${channel} ${level}`, 0, 999) } });
      const deeper = (value: unknown, level: string): unknown => {
        if (Array.isArray(value)) return value.map((item) => deeper(item, `${level} item`));
        if (typeof value !== 'object' || value === null || level === 'headers' || level === 'metadata') return value;
        const inner = Object.entries(value).map(([key, item]) => [key, deeper(item, key)]);
        return { ...Object.fromEntries(inner), ...token(level) };
      };
      const sent = deeper(raw, 'message') as Record<string, unknown>;
      const question = read(by, { channel, raw: sent });
      mustComeBack(channel, sent, write(by, question), ': it had fields that its type does not list');
      must(
        knows(question.extensions, 'escalation', sent['escalation']),
        () => `${channel}: the field escalation, new since Monday, isn't in the question's extensions under its name`,
      );
    }
  },
  at,
);

behaviour(
  'empty-or-missing',
  'what was left empty is empty, what is missing is missing, in the question and on the way back',
  ({ seed }) => {
    const by = desk();
    const asker = { id: 'ada@example.com' };
    for (const channel of CHANNELS) {
      for (const given of [true, false]) {
        const name = `${channel}-${given}`;
        const over = { asker: given ? { ...asker, name: '' } : asker, text: '', attachments: [] };
        const { subject: _, ...facts } = factsOf(seed, name, timeOf(seed, name), over);
        const message = messageOf(seed, channel, { ...facts, ...(given && { subject: '' }) }, false);
        for (const list of ['files', 'attachments', 'metadata']) {
          if (list in message.raw || given) continue;
          const listed = { ...message.raw, ...(belongs(list, channel) && { [list]: list === 'metadata' ? {} : [] }) };
          mustComeBack(channel, listed, write(by, read(by, { channel, raw: listed })), `: its ${list} were empty`);
        }
        const what = given ? ': subject and name were empty' : ': subject and name were missing';
        const question = read(by, message);
        mustComeBack(channel, message.raw, write(by, question), what);
        mustSay(question, message);
      }
    }
  },
  at,
);
const belongs = (list: string, channel: ChannelName) =>
  list === 'files' ? channel === 'chat' : channel === 'api' && list !== 'files';

behaviour(
  'encodings',
  'bytes are read as they were declared, and what they are not is refused',
  ({ seed }) => {
    const by = desk();
    const body = (bytes: Buffer, charset?: string) => ({
      base64: bytes.toString('base64'),
      ...(charset && { charset }),
    });
    const one = (text: string) => messageOf(seed, 'mail', { ...factsOf(seed, text, timeOf(seed, text)), text }, false);
    const utf8 = Buffer.from(pick(seed, 'text', ['Straße', 'déjà', 'Ünïcode', 'ça']));
    const inUtf8 = pick(seed, 'spelling', ['utf-8', 'UTF-8', 'Utf-8']);
    for (const [bytes, charset, text] of [
      [utf8, inUtf8, utf8.toString()],
      [utf8, 'iso-8859-1', utf8.toString('latin1')],
      [Buffer.from(Array.from({ length: 256 }, (_, n) => n)), 'ISO-8859-1', undefined],
    ] as const) {
      const message = one(text ?? 'every byte');
      const raw = { ...message.raw, body: body(bytes, charset) };
      const question = read(by, { channel: 'mail', raw });
      must(
        question.text === (text ?? bytes.toString('latin1')),
        () => `mail: a body declared as ${charset} was read as ${JSON.stringify(question.text)}`,
      );
      mustComeBack('mail', raw, write(by, question), `: it was declared as ${charset}`);
    }
    const latin = Buffer.from(utf8.toString(), 'latin1');
    for (const [bytes, charset] of [
      [latin, 'utf-8'],
      [utf8, undefined],
      [latin, 'us-ascii'],
    ] as const) {
      const raw = { ...one(`bytes ${charset}`).raw, body: body(bytes, charset) };
      mustRefuse(
        by,
        'mail',
        raw,
        'body.base64',
        `${JSON.stringify(bytes.toString('latin1'))} isn't ${charset ?? 'us-ascii, which is what no charset means'}`,
      );
    }
  },
  at,
);

behaviour(
  'refuses',
  'a malformed message is refused with its channel, the field as the channel calls it, and a reason',
  ({ seed }) => {
    const by = desk();
    const asker = { id: 'ada', name: 'Ada' };
    const attachments = [{ name: 'log.txt', mediaType: 'text/plain', content: 'b2s=' }];
    for (const message of messages(seed, 1, { asker, subject: 'Refund', attachments })) {
      for (const field of breakable(message.channel)) {
        for (const time of ['first', 'second']) {
          const { raw, what } = broken(seed, time, message, field);
          mustRefuse(by, message.channel, raw, field, what);
        }
      }
      const nothing = pick(seed, `nothing ${message.channel}`, [null, 7, 'Where is my refund?', true]);
      mustRefuse(by, message.channel, nothing, undefined, `${JSON.stringify(nothing)} came instead of a message`);
      must(refusal(by, message.channel, message.raw) === undefined, `${message.channel}: a good message was refused`);
    }
    mustRefuse(by, 'fax', { id: 'f-1' }, 'channel', 'a channel that nobody registered');
  },
  at,
);

/** A channel that nobody has thought of: numbers for ids, words for times, its own refusals. */
const voice = (channel: string): ChannelAdapter => ({
  channel,
  read(raw) {
    const { call, line, transcript, ...rest } = raw as { call: number; line: string; transcript: string };
    if (typeof transcript !== 'string') {
      const reason = 'is still being transcribed';
      throw Object.assign(new Error(reason), { code: 'INVALID_INPUT', channel, field: 'transcript', reason });
    }
    const [tenant = '', asker = ''] = line.split('/');
    const question = { id: `call-${call}`, channel, tenant, asker: { id: asker }, text: transcript };
    return { ...question, askedAt: isoDate(BEGINS + call, 60), attachments: [], extensions: { ...rest, line } };
  },
  write({ id, text, extensions }) {
    const { line, ...rest } = extensions;
    return { ...rest, line, call: Number(id.slice('call-'.length)), transcript: text };
  },
});

behaviour(
  'fifth-channel',
  'a channel that is registered is a channel as the four are, and nobody else has it',
  ({ seed }) => {
    const [by, other] = [desk(), desk()];
    const channel = pick(seed, 'channel', ['voice', 'sms', 'kiosk', 'fax']);
    by.register(voice(channel));
    const raw = {
      call: between(seed, 'call', 1, 9_999),
      line: `${pick(seed, 'tenant', ['acme', 'globex'])}/+43 ${between(seed, 'line', 100, 999)}`,
      transcript: pick(seed, 'transcript', ['where is my refund', '', 'cancel everything']),
      confidence: roll(seed, 'confidence'),
      hold: { music: 'Vivaldi', seconds: 0 },
    };
    const question = read(by, { channel, raw });
    const wanted = plain(voice(channel).read(raw));
    must(
      same(question, wanted),
      () => `${channel}, a fifth channel: ${some(differences(wanted, question))} isn't what its adapter read`,
    );
    mustComeBack(channel, raw, write(by, question));
    mustRefuse(by, channel, { ...raw, transcript: undefined }, 'transcript', 'its adapter refuses the message');
    for (const message of messages(seed, 1)) {
      mustComeBack(message.channel, message.raw, write(by, read(by, message)), `: since ${channel} was registered`);
    }
    must(refusal(other, channel, raw) !== undefined, `${channel} was registered in one instance and known in another`);
  },
  at,
);

behaviour(
  'changed-on-the-way',
  'what was changed behind the channels is changed in what the channel gets, and is left nowhere else',
  ({ seed }) => {
    const by = desk();
    const secret = `4111-${Array.from({ length: 12 }, (_, n) => between(seed, `digit ${n}`, 0, 9)).join('')}`;
    const attachments = [{ name: 'card.txt', mediaType: 'text/plain', content: base64(`number ${secret}`) }];
    const over = { asker: { id: 'ada', name: secret }, subject: secret, text: `My card is ${secret}.`, attachments };
    const mask = pick(seed, 'mask', ['████', '[removed]', '…', 'Ā', 'ÿ', '']);
    for (const { channel, raw } of messages(seed, 6, over)) {
      const question = read(by, { channel, raw });
      must(
        !holds(question.extensions, secret),
        () => `${channel}: a card's number is also in the question's extensions, where nobody will look to remove it`,
      );
      const { subject, text, asker, ...rest } = question;
      const removed = roll(seed, `removed ${question.id}`) < 0.4;
      const redacted: CanonicalQuestion = {
        ...rest,
        ...(subject !== undefined && !removed && { subject: mask }),
        text: text.replace(secret, mask),
        asker: { id: asker.id, ...(!removed && { name: mask }) },
        attachments: rest.attachments.map((file) => ({ ...file, content: base64(mask) })),
      };
      const written = write(by, redacted);
      must(!holds(written, secret), () => `${channel}: a card's number was removed, and came back to the channel`);
      const again = read(by, { channel, raw: written });
      const lost = ['subject', 'text', 'asker', 'attachments'].filter(
        (part) => !same(again[part as 'text'], redacted[part as 'text']),
      );
      must(lost.length === 0, () => `${channel}: ${some(lost)} as it was changed to didn't come to the channel`);
      if (channel === 'mail') {
        const { body } = written as MailMessage;
        must(
          bodyText(body) === redacted.text,
          () => `mail: ${JSON.stringify(redacted.text)} was written as ${body.charset}, and reads ${bodyText(body)}`,
        );
      }
    }
  },
  at,
);

behaviour(
  'plain-data',
  'a question is plain JSON: another process, which never saw the message, writes it back',
  async ({ seed }) => {
    const { uncopied: by } = desk();
    const sent = messages(seed, 2);
    const given = structuredClone(sent);
    const questions = given.map((message) => read(by, message));
    mustComeBack('all', sent, given, ': it was changed while it was read');
    const { uncopied: another } = desk((await inAnotherProcess(() => import('./kata.ts'))).createChannels);
    for (const [n, question] of questions.entries()) {
      const kept = structuredClone(question);
      const { channel = '', raw } = sent[n] ?? {};
      mustComeBack(channel, raw, write(another, question), ', by a process that began later');
      must(same(kept, question), `${channel}: a question was changed while it was written`);
    }
  },
  at,
);

tradeOff(
  'what one channel alone knows stays its own: the question has the same parts for all, and receipts are an extension',
  ({ seed }) => {
    const by = desk();
    const parts = ['id', 'channel', 'tenant', 'asker', 'subject', 'text', 'askedAt', 'attachments', 'extensions'];
    const receipts: Record<ChannelName, [name: string, value: unknown]> = {
      mail: ['Disposition-Notification-To', `ada-${seed}@example.com`],
      chat: ['read_by', Array.from({ length: between(seed, 'readers', 0, 3) }, (_, n) => `U${n}`)],
      form: ['receipt', pick(seed, 'receipt', ['sms', 'none'])],
      api: ['read_receipt_url', `https://example.com/${between(seed, 'hook', 1, 99)}`],
    };
    for (const { channel, raw } of messages(seed, 2, {}, false)) {
      const [name, value] = receipts[channel];
      const headers = raw['headers'] as object | undefined;
      const sent = headers ? { ...raw, headers: { ...headers, [name]: value } } : { ...raw, [name]: value };
      const question = read(by, { channel, raw: sent });
      const more = Object.keys(question).filter((part) => !parts.includes(part));
      must(
        more.length === 0,
        () => `${channel}: the question has ${some(more)}, which three of four channels don't know`,
      );
      must(
        knows(question.extensions, name, value),
        () => `${channel}: it knows ${name}, and the question's extensions have it no more`,
      );
      mustComeBack(channel, sent, write(by, question));
    }
  },
  at,
);

const same = (a: unknown, b: unknown) => differences(a, b).length === 0;
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** Whether a value stands under a name, at whatever depth. */
function knows(inner: unknown, name: string, value: unknown): boolean {
  if (typeof inner !== 'object' || inner === null) return false;
  return Object.entries(inner).some(
    ([key, item]) => (key.toLowerCase() === name.toLowerCase() && same(item, value)) || knows(item, name, value),
  );
}
/** Whether a text stands anywhere in a value, as it is or as base64. */
function holds(value: unknown, text: string): boolean {
  if (typeof value === 'string') return value.includes(text) || Buffer.from(value, 'base64').includes(text);
  return typeof value === 'object' && value !== null && Object.values(value).some((inner) => holds(inner, text));
}
