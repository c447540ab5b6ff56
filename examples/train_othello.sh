#!/usr/bin/env bash
# The Othello models of docs/log.md: as many games, one recipe; only the share of random games among
# them changes. The ends of the 6 x 6 curve are bundled: nerode/checkpoints/othello6-strong is
# model-0, othello6-random is model-100, their weights saved as float16.
# With a folder of WTHOR files as second argument the 8 x 8 runs too, cut short for two cores.
set -euo pipefail
out=${1:-runs/othello}
wthor=${2:-}
export OMP_NUM_THREADS=1
recipe=(--batch-size 32 --learning-rate 0.003 --seed 1)

small=(nerode sequences othello:size=6 --count 900000 --seed 1)
"${small[@]}" --policy strong --out "$out/games-0"
"${small[@]}" --policy strong --synthetic 0.5 --out "$out/games-50"
"${small[@]}" --policy random --out "$out/games-100"
for share in 0 50 100; do
    nerode train "$out/games-$share" --out "$out/model-$share" --epochs 0.6 "${recipe[@]}"
    nerode evaluate othello:size=6 "$out/model-$share" --sequences "$out/games-$share" \
        --out "$out/run-$share"
done
nerode report "$out"/run-{0,50,100} --out "$out/report.html"

if [[ -n $wthor ]]; then
    played=(nerode sequences othello --policy championship --wthor "$wthor" --seed 1)
    "${played[@]}" --out "$out/tournament"
    "${played[@]}" --synthetic 0.5 --out "$out/mixed"
    nerode sequences othello --policy random --count 243794 --seed 1 --out "$out/random"
    nerode train "$out/tournament" --out "$out/model-tournament" --epochs 1.2 "${recipe[@]}"
    nerode train "$out/mixed" --out "$out/model-mixed" --epochs 0.6 "${recipe[@]}"
    nerode train "$out/random" --out "$out/model-random" --epochs 0.6 "${recipe[@]}"
fi
