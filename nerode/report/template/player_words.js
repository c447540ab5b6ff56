// What the steps of a trip say, in words and numbers.
const playerTold = (() => {
  "use strict";
  const END = "end";
  const TURNS = new Set(["N", "NE", "E", "SE", "S", "SW", "W", "NW"]);
  const TOP = 5; // symbols of which a step tells the probability

  const share = (p) => (p < 0.005 ? "<0.01" : p > 0.995 && p < 1 ? ">0.99" : p.toFixed(2));

  /** Step number `at` of a drive, with names for numbers. */
  const step = ({ symbols, names }, drive, at) => {
    const [played, wanted, top, legal] = drive.steps[at];
    const known = new Map();
    for (let i = 0; i < top.length; i += 2) known.set(top[i], top[i + 1]);
    // Of the legal ones that it left out is known that they are less probable than those.
    const less = known.size < TOP ? share(0) : "less";
    const expected = [...new Set([...known.keys(), ...legal])].map((symbol) => ({
      name: symbols[symbol],
      p: known.get(symbol) ?? 0,
      told: known.has(symbol) ? share(known.get(symbol)) : less,
      legal: legal.includes(symbol),
      played: symbol === played,
      wanted: symbol === wanted,
    }));
    const of = (symbol) => share(known.get(symbol) ?? 0);
    return {
      place: names[drive.path[at]] ?? "",
      played: symbols[played],
      wanted: symbols[wanted],
      shares: { played: of(played), wanted: of(wanted) },
      detour: played !== wanted,
      legal: legal.includes(played),
      expected,
    };
  };

  /** Why a symbol is not legal, in two or three words. */
  const whyNot = (name) =>
    name === END ? "not its destination" : TURNS.has(name) ? "no such street" : "no turn";

  const leaves = ({ played, place }) => {
    if (played === END) return "It stops here, and this is not its destination.";
    const why = TURNS.has(played) ? `there is no street ${played} at ${place}` : `${played} is no turn`;
    return `It leaves the map here: ${why}.`;
  };

  /** What happens at step number `at`. */
  const sentence = (found, drive, at) => {
    const { played, wanted, shares, place } = found;
    const count = drive.steps.length;
    const start = `Step ${at + 1} of ${count}, at ${place}: `;
    if (!found.legal) return `${start}${played} with probability ${shares.played}. ${leaves(found)}`;
    const turn = found.detour
      ? `it wanted ${wanted} (${shares.wanted}) and is made to go ${played} (${shares.played}), legal as well.`
      : `${played} with probability ${shares.played}; legal.`;
    if (at + 1 < count) return start + turn;
    return `${start}${turn} ${drive.arrived ? "It has arrived." : "Its time is up, and it has not arrived."}`;
  };

  /** What became of a drive whose last symbol is `last`. */
  const outcome = (drive, last) => {
    const count = drive.steps.length;
    if (drive.arrived) return `it arrives, in ${count} ${count === 1 ? "step" : "steps"}.`;
    if (drive.left === null) return `it has not arrived after ${count} ${count === 1 ? "step" : "steps"}.`;
    return last === END ? `it stops elsewhere, at step ${count}.` : `it leaves the map at step ${count}.`;
  };

  return { step, whyNot, sentence, outcome };
})();
