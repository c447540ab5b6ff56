"""Games of Othello: random, of a strong player, of tournaments; games that meet."""
