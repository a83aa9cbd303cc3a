const KEYS = [
  { parameters: 'key bigint', key: 'key::text' },
  { parameters: 'a int, b int', key: "a || ',' || b" },
];

const FUNCTIONS = ['xact_lock', 'lock', 'unlock'].flatMap((name) => [
  { name: `pg_advisory_${name}`, returns: name === 'unlock' ? 'boolean' : 'void' },
  { name: `pg_advisory_${name}_shared`, returns: name === 'unlock' ? 'boolean' : 'void' },
  ...(name === 'unlock' ? [] : [`pg_try_advisory_${name}`, `pg_try_advisory_${name}_shared`]).map((name) => ({
    name,
    returns: 'boolean',
  })),
]);

/**
 * Advisory locks belong to the database, and scenes of other suites are in it too: these functions, found before
 * pg_catalog's, give a schema keys of its own.
 */
export function advisoryLocksOf(schema: string): string {
  return FUNCTIONS.flatMap(({ name, returns }) =>
    KEYS.map(
      ({ parameters, key }) =>
        `CREATE OR REPLACE FUNCTION ${schema}.${name}(${parameters}) RETURNS ${returns} LANGUAGE sql AS
         $lock$ SELECT pg_catalog.${name}(hashtextextended('${schema} ' || ${key}, 0)) $lock$`,
    ),
  ).join(';');
}
