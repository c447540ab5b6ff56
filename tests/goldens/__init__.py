"""What a change of the code's structure may not change: see cases.py."""
