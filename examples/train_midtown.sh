#!/usr/bin/env bash
# The recipes of the bundled checkpoints; docs/log.md has what came out. Two trainings ran at once,
# one on each of two cores. The folders go to nerode/checkpoints without `checkpoints/`.
set -euo pipefail
out=${1:-runs/midtown}
export OMP_NUM_THREADS=1

nerode sequences midtown --policy shortest --count 270000 --seed 1 --out "$out/sequences-shortest"
nerode sequences midtown --policy random --count 500000 --seed 1 --out "$out/sequences-random"

nerode train "$out/sequences-shortest" --out "$out/midtown-shortest" \
    --minutes 42 --batch-size 128 --learning-rate 0.0015 &
nerode train "$out/sequences-random" --out "$out/midtown-random" \
    --minutes 32 --batch-size 64 --learning-rate 0.0015 &
wait

# A teacher says where it is and what may follow, and every street comes up now and then. The bundled
# model was trained in two parts, each with a schedule of its own; in the first, `wandering` took any
# street for one turn in ten, and since then for one in five.
nerode sequences midtown --policy wandering --count 500000 --seed 1 --out "$out/sequences-wandering"
wandering=(nerode train "$out/sequences-wandering" --architecture lstm --layers 1 --width 256
    --objective legal-set:policy+state --clock cpu --batch-size 64)
"${wandering[@]}" --out "$out/wandering-first" --minutes 35 --learning-rate 0.003
"${wandering[@]}" --out "$out/midtown-wandering" --minutes 60 --learning-rate 0.002 \
    --start-from "$out/wandering-first"
