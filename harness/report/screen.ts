import pc from 'picocolors';

/** Where lines go. Without `colour` a line holds no control character at all. */
export interface Screen {
  columns: number;
  colour: boolean;
}

type Dye = (text: string) => string;

/** The five inks of every report. A state is always a word or a sign too, never an ink alone. */
export interface Ink {
  good: Dye;
  bad: Dye;
  faint: Dye;
  strong: Dye;
  link: Dye;
}

export function inkOf({ colour }: Screen): Ink {
  const { green, red, dim, bold, cyan } = pc.createColors(colour);
  return { good: green, bad: red, faint: dim, strong: bold, link: cyan };
}

/** The screen behind a stream: 80 columns where the stream doesn't know, 40 at least, colour as asked and possible. */
export function screenOf(
  stream: { isTTY?: boolean | undefined; columns?: number | undefined },
  env: Record<string, string | undefined>,
): Screen {
  const asked = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '0';
  const refused = Boolean(env.NO_COLOR) || env.TERM === 'dumb' || env.FORCE_COLOR === '0';
  return { columns: Math.max(40, stream.columns || 80), colour: !refused && (asked || stream.isTTY === true) };
}
