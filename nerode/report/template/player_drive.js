// Trips on a street map, as the player shows them.
const driveScene = (stage, city) => {
  "use strict";
  const map = new PlayerMap(stage.querySelector(".player-map > svg"), stage.querySelector("canvas"), city);
  const nothing = { told: "The model names nothing that could follow.", heading: "", expected: [], detour: false };
  return {
    unforced: "No turn could be replaced",
    name: ({ drives, to }) => `${city.names[drives[0].path[0]]} → ${to}`,
    steps: (drive) => drive.steps.length,
    zoom: (times) => map.zoom(times),
    draw: (trip, number, at, wanted) => map.draw(trip, number, at, wanted),
    outcome: (drive) => playerTold.outcome(drive, city.symbols[drive.steps.at(-1)?.[0]]),
    tell: ({ drives }, number, at) => {
      const drive = drives[number];
      if (!drive.steps.length) return nothing;
      const found = playerTold.step(city, drive, at);
      const expected = found.expected.map((each) => ({ ...each, why: playerTold.whyNot(each.name) }));
      const told = playerTold.sentence(found, drive, at);
      return { told, heading: `What it expects at ${found.place}`, expected, detour: found.detour };
    },
  };
};
