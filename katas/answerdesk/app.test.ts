import { expect, test } from 'vitest';
import { Recorder } from '#kit/events.ts';
import { virtually } from '#kit/virtual-time.ts';
import { createAnswerdesk } from './app.ts';
import { defaults } from './defaults.ts';
import type { ProviderFailure } from './domain.ts';
import { httpProvider } from './http-provider.ts';
import { createMeter, type Metered } from './metering.ts';
import { settings } from './settings.ts';
import { providerOverHttp } from './simulation/provider-http.ts';
import type { Fault } from './simulation/provider-model.ts';
import { playWorld } from './simulation/world.ts';

const question = { id: 'q-1', tenant: 'acme', model: 'sol-large', text: 'Where is my refund?' };
const LONG = 600_000;

/** Asks the provider once while `fault` holds; gives the failure, or undefined. */
async function askUnder(fault: Partial<Fault>, signal?: AbortSignal): Promise<ProviderFailure | undefined> {
  return virtually({ turns: 4 }, async (clock) => {
    const faults = [{ from: 0, to: LONG, ...fault }];
    const provider = providerOverHttp({ seed: 1, faults }, settings.providerUrl, clock.now, () => {});
    const { ask } = httpProvider(provider.fetch, settings.providerUrl, createMeter());
    let failure: ProviderFailure | undefined;
    void ask(question, signal ? { signal } : {}).catch((error: ProviderFailure) => {
      failure = error;
    });
    await clock.advance(LONG);
    provider.close();
    return failure;
  });
}

test('a refusal has its status, and what Retry-After said', async () => {
  expect(await askUnder({ status: 429, retryAfter: '20' })).toMatchObject({ status: 429, retryAfter: '20' });
  expect(await askUnder({ status: 503 })).toMatchObject({ status: 503 });
});

test('a reset and half an answer have a code and no status', async () => {
  for (const code of ['ECONNRESET', 'STREAM_CUT']) {
    const failure = await askUnder({ code });
    expect(failure).toMatchObject({ code: 'ECONNRESET' });
    expect(failure).not.toHaveProperty('status');
  }
});

test('an answer that comes is no failure', async () => {
  expect(await askUnder({ latencyMs: 1_000 })).toBeUndefined();
});

test('with plain seams a calm world answers every question fresh, and nothing is lost', async () => {
  const arrivals = [0, 5_000, 10_000].map((at) => ({ at, question: { ...question, id: `q-${at}` } }));
  const recorder = new Recorder();
  const world = { seed: 1, arrivals, faults: [], until: 60_000, sourceFaults: [], reindexes: [] };
  await virtually({ turns: 4 }, (clock) => playWorld(world, {}, clock, recorder));
  const delivered = recorder.events.filter(({ type }) => type === 'AnswerDelivered');
  expect(delivered.map(({ data }) => data['text'])).toEqual(arrivals.map(({ question: q }) => `sol-large on ${q.id}`));
});

test('each call is metered for its tenant, those that fail too', async () => {
  await virtually({ turns: 4 }, async (clock) => {
    const faults = [{ from: 10_000, to: LONG, status: 503 }];
    const provider = providerOverHttp({ seed: 1, faults }, settings.providerUrl, clock.now, () => {});
    const ports = { fetch: provider.fetch, sources: [], queue: () => {}, emit: () => {} };
    const app = createAnswerdesk(defaults, settings, ports);
    await app.ready();
    const asked = [0, 20_000].map(async (at) => {
      await new Promise((resolve) => setTimeout(resolve, at));
      return app.inject({ method: 'POST', url: '/questions', payload: { ...question, id: `q-${at}` } });
    });
    await clock.advance(60_000);
    await Promise.all(asked);
    const usage = (await app.inject({ url: '/tenants/acme/usage' })).json<Metered[]>();
    expect(usage).toEqual([{ model: 'sol-large', calls: 2, promptTokens: 120, completionTokens: 80 }]);
    provider.close();
    await app.close();
  });
});
