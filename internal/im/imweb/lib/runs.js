// Which rows begin a run of one author and which a day, by the same rule as setRuns in row.go.

export const gap = 300_000 // ms: a longer silence ends a run

// joint says how row stands after before (null where it is the first): { first, day }. A row is
// { author, at (ms), day, system }.
export function joint(before, row) {
  const day = !before || before.day !== row.day
  const first = day || before.author !== row.author || before.system !== row.system || row.at - before.at >= gap
  return { first, day }
}
