// On an engine of its own: the filters are SQL in PGlite, versions arrays of numbers.
import { PGlite } from '@electric-sql/pglite';
import { EVERYONE, type Passage } from '#answerdesk/knowledge.ts';
import type { CreateScopedSearch, Scope, SoftFilter } from '#answerdesk/seams/metadata-filter.ts';

// Started when the module is read, before any scene's time begins.
const db = await PGlite.create();
let tables = 0;

const refusal = (what: string) => Object.assign(new Error(`${what} can't be read`), { code: 'INVALID_SCOPE' });
const numbers = (version: string | undefined) =>
  version && /^\d+\.\d+\.\d+$/.test(version) ? version.split('.').map(Number) : null;
const instant = (time: string | null | undefined) => {
  const at = new Date(time ?? 'never');
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
};
const row = ({ id, metadata }: Passage, n: number) => ({
  n,
  id,
  tenant: metadata.tenant ?? null,
  readers: metadata.readers ?? null,
  product: metadata.product ?? null,
  version: numbers(metadata.version),
  valid_from: instant(metadata.validFrom),
  valid_until: metadata.validUntil === null ? 'infinity' : instant(metadata.validUntil),
});

/** A condition of SQL that is true, false or, where nobody knows, null. */
function conditionOn(filter: SoftFilter, scope: Scope, bind: (value: unknown) => string): string | undefined {
  const { product, version, asOf } = scope;
  if (filter === 'product') return product === undefined ? undefined : `product = ${bind(product)}::text`;
  if (filter === 'validity') {
    const at = instant(asOf);
    if (at === null) throw refusal(`as of ${asOf}`);
    // Three-valued: false AND null is false.
    const moment = bind(at);
    return `(valid_from <= ${moment}::timestamptz AND valid_until > ${moment}::timestamptz)`;
  }
  if (version === undefined) return undefined;
  if (/^\d+(\.\d+){0,2}$/.test(version)) {
    const starts = version.split('.').map(Number);
    return `version[1:${starts.length}] = ${bind(starts)}::int[]`;
  }
  const bounds = version.split(' ').map((part) => {
    const [, operator, bound] = /^([<>]=?|=)(\d+\.\d+\.\d+)$/.exec(part) ?? [];
    if (!operator) throw refusal(`version ${version}`);
    return `version ${operator} ${bind(numbers(bound))}::int[]`;
  });
  return `(${bounds.join(' AND ')})`;
}

export const createScopedSearch: CreateScopedSearch = ({ passages, search, emit }, { whenMissing, relax }) => {
  const table = `passages_${++tables}`;
  const filled = db
    .exec(
      `CREATE TEMP TABLE ${table} (n int, id text, tenant text, readers text[], product text, version int[],
         valid_from timestamptz, valid_until timestamptz)`,
    )
    .then(() =>
      db.query(`INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(NULL::${table}, $1)`, [
        JSON.stringify(passages.map(row)),
      ]),
    );

  const idsFor = async (scope: Scope, given: readonly SoftFilter[]): Promise<string[]> => {
    const values: unknown[] = [];
    const bind = (value: unknown) => `$${values.push(value)}`;
    const may = [
      `tenant IN (${bind(EVERYONE)}, ${bind(scope.tenant)})`,
      `readers && ${bind([EVERYONE, ...scope.roles])}::text[]`,
    ];
    for (const filter of ['product', 'version', 'validity'] as const) {
      const condition = conditionOn(filter, scope, bind);
      if (condition && !given.includes(filter)) {
        may.push(`COALESCE(${condition}, ${whenMissing[filter] === 'keep'})`);
      } else if (condition) may.push(`COALESCE(${condition}, true) IS NOT NULL`);
    }
    await filled;
    const { rows } = await db.query<{ id: string }>(
      `SELECT id FROM ${table} WHERE ${may.join(' AND ')} ORDER BY n`,
      values,
    );
    return rows.map(({ id }) => id);
  };

  return async (question, k, scope) => {
    const inForce = relax.filter((filter) => filter === 'validity' || scope[filter] !== undefined);
    for (let given = 0; given <= inForce.length; given++) {
      const relaxed = inForce.slice(0, given);
      const ids = await idsFor(scope, relaxed);
      if (ids.length === 0) continue;
      for (const filter of relaxed) emit({ type: 'FilterRelaxed', data: { filter } });
      return { hits: await search(question, k, new Set(ids)), relaxed };
    }
    return { hits: [], relaxed: [] };
  };
};
