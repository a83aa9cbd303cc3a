/** One row of two texts laid beside each other; a side that has no such line is null. */
export interface DiffRow {
  left: string | null;
  right: string | null;
  same: boolean;
}

/** Pairs the lines of two texts by their longest common subsequence: for files of some hundred lines. */
export function diffLines(left: readonly string[], right: readonly string[]): DiffRow[] {
  const common = commonLengths(left, right);
  const rows: DiffRow[] = [];
  let [l, r] = [0, 0];
  const changed: { left: string[]; right: string[] } = { left: [], right: [] };
  const flush = () => {
    for (let n = 0; n < Math.max(changed.left.length, changed.right.length); n++) {
      rows.push({ left: changed.left[n] ?? null, right: changed.right[n] ?? null, same: false });
    }
    [changed.left, changed.right] = [[], []];
  };
  while (l < left.length || r < right.length) {
    const [a, b] = [left[l], right[r]];
    if (a !== undefined && a === b) {
      flush();
      rows.push({ left: a, right: b, same: true });
      l++;
      r++;
    } else if (b === undefined || (a !== undefined && at(common, l + 1, r) >= at(common, l, r + 1))) {
      changed.left.push(a ?? '');
      l++;
    } else {
      changed.right.push(b);
      r++;
    }
  }
  flush();
  return rows;
}

const at = (table: readonly (readonly number[])[], l: number, r: number) => table[l]?.[r] ?? 0;

function commonLengths(left: readonly string[], right: readonly string[]): number[][] {
  const table = Array.from({ length: left.length + 1 }, () => new Array<number>(right.length + 1).fill(0));
  for (let l = left.length - 1; l >= 0; l--) {
    const row = table[l] as number[];
    for (let r = right.length - 1; r >= 0; r--) {
      row[r] = left[l] === right[r] ? at(table, l + 1, r + 1) + 1 : Math.max(at(table, l + 1, r), at(table, l, r + 1));
    }
  }
  return table;
}
