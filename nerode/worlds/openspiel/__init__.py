"""Games of OpenSpiel as worlds: chess, tic-tac-toe, breakthrough, and many more."""
