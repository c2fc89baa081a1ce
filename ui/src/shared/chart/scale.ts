// Where columns stand and how high a count is. Plain arithmetic: libraries of scales put methods on
// prototypes when they load, and the window freezes those.

export type Bands = { at: (index: number) => number; step: number; width: number };
export type Counts = { y: (value: number) => number; ticks: number[] };

/** Columns of equal width between two places, `gap` of each step left free between them. */
export function bands(count: number, from: number, to: number, gap: number): Bands {
  const step = (to - from) / Math.max(1, count - gap);
  return { at: (index) => from + index * step, step, width: step * (1 - gap) };
}

/** Whole numbers from zero up to at least `most` on about `wanted` round marks. */
export function counts(most: number, wanted: number, bottom: number, top: number): Counts {
  const rough = Math.max(1, most / wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((round) => round * power >= rough) ?? 10);
  const end = Math.max(1, Math.ceil(most / step)) * step;
  const ticks = Array.from({ length: Math.round(end / step) + 1 }, (_, mark) => mark * step);
  return { y: (value) => bottom + (value / end) * (top - bottom), ticks };
}
