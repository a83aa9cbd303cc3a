import { expect, test } from 'vitest';
import { CONTAINER_IMAGE, storeConfig, withoutPassword } from './store-config.ts';

const folder = '.kata/store';

test("the project's own server is the default", () => {
  expect(storeConfig({ folder, env: {} })).toEqual({ kind: 'embedded', folder });
  expect(storeConfig({ folder, env: { KATA_STORE: '', ESDB_URL: '' } })).toEqual({ kind: 'embedded', folder });
});

test('the option goes before KATA_STORE, and KATA_STORE before ESDB_URL', () => {
  const url = 'esdb://host:2113';
  expect(storeConfig({ folder, env: { ESDB_URL: url } })).toEqual({ kind: 'url', url });
  const env = { ESDB_URL: url, KATA_STORE: 'container' };
  expect(storeConfig({ folder, env })).toEqual({ kind: 'container', image: CONTAINER_IMAGE });
  expect(storeConfig({ folder, env, option: 'embedded' })).toEqual({ kind: 'embedded', folder });
});

test.each(['esdb://a:1,b:2,c:3', 'esdb+discover://cluster:2113', 'kurrentdb://u:p@h', 'kdb://h?tls=false'])(
  '%s is a connection string',
  (url) => {
    expect(storeConfig({ folder, option: url, env: {} })).toEqual({ kind: 'url', url });
  },
);

test('anything else is refused in one line, without its password', () => {
  expect(() => storeConfig({ folder, option: 'http://me:secret@host', env: {} })).toThrow(
    '"http://me:…@host" is no store. Use embedded, container, or a connection string such as esdb://host:2113?tls=false.',
  );
  expect(withoutPassword('esdb://h:1')).toBe('esdb://h:1');
});
