// What the moves of a game say, in words and numbers.
const gameTold = (() => {
  "use strict";
  const SIDES = { b: "black", w: "white" };
  const LISTED = 8; // squares that are listed beside the board; the others are on it
  const SHOWN = 0.005; // what is less probable leaves its square plain

  const share = (p) => (p < SHOWN ? "<0.01" : p > 0.995 && p < 1 ? ">0.99" : p.toFixed(2));
  const percent = (p) => (p < SHOWN ? "<1" : p > 0.995 && p < 1 ? ">99" : String(Math.round(100 * p)));
  const moves = (count) => `${count} ${count === 1 ? "move" : "moves"}`;

  /** A move about to be played, or the end of the game, with squares for names. */
  const step = ({ squares, symbols }, drive, at) => {
    const [discs, mover] = [drive.boards[Math.min(at, drive.boards.length - 1)], drive.movers[at]];
    if (!drive.steps[at]) return { discs, mover, over: true, expected: [] };
    const [played, wanted, top, legal] = drive.steps[at];
    const known = new Map();
    for (let i = 0; i < top.length; i += 2) known.set(top[i], top[i + 1]);
    const expected = [...new Set([...known.keys(), ...legal])].map((symbol) => ({
      name: symbols[symbol],
      square: squares.indexOf(symbols[symbol]),
      p: known.get(symbol) ?? 0,
      told: share(known.get(symbol) ?? 0),
      legal: legal.includes(symbol),
      why: discs[squares.indexOf(symbols[symbol])] === "." ? "turns no disc" : "taken",
      played: symbol === played,
      wanted: symbol === wanted,
    }));
    const [own, choice] = [true, false].map((mine) => expected.find((each) => (mine ? each.played : each.wanted)));
    return { discs, mover, over: false, expected, played: own, wanted: choice ?? own, detour: played !== wanted };
  };

  /** The first of what it expects, and what is played in any case. */
  const listed = ({ expected }) => {
    const first = expected.slice(0, LISTED);
    const others = expected.slice(LISTED).filter(({ played, wanted }) => played || wanted);
    return [...first, ...others];
  };

  const score = (discs) => {
    const [black, white] = ["b", "w"].map((side) => discs.split(side).length - 1);
    return `black has ${black} discs, white ${white}`;
  };

  /** What happens at step number `at`; `given` moves come before the first. */
  const sentence = (found, drive, at, given) => {
    if (found.over) {
      return found.mover === "." ? `The game is over: ${score(found.discs)}.` : "Here it stops, and the game is not over.";
    }
    const { played, wanted, mover, detour } = found;
    const passed = at > 0 && drive.movers[at - 1] === mover ? `${mover === "b" ? "White" : "Black"} has to pass. ` : "";
    const start = `${passed}Move ${given + at + 1}, ${SIDES[mover]}: `;
    if (!played.legal) {
      const why = played.why === "taken" ? "there is a disc already" : "it would turn no disc";
      return `${start}${played.name} with probability ${played.told}. That is not legal: ${why}. The game breaks off.`;
    }
    if (!detour) return `${start}${played.name} with probability ${played.told}; legal.`;
    return `${start}it wanted ${wanted.name} (${wanted.told}) and is made to play ${played.name} (${played.told}), legal as well.`;
  };

  /** What became of a game. */
  const outcome = (drive) => {
    const count = drive.steps.length;
    if (drive.arrived) return `it plays to the end, ${moves(count)} of its own.`;
    if (drive.left === null) return `it stops before the end, after ${moves(count)}.`;
    return count === 1 ? "its first move is not legal." : `it plays ${moves(count - 1)}; the next is not legal.`;
  };

  /** The board in words. */
  const words = ({ discs, mover }, squares) => {
    const of = (side) => squares.filter((_, at) => discs[at] === side).join(", ") || "none";
    return `Board, ${mover === "." ? "the game is over" : `${SIDES[mover]} to move`}. black: ${of("b")}; white: ${of("w")}.`;
  };

  return { SHOWN, step, listed, sentence, outcome, words, percent };
})();
