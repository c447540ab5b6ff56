"""Set-up that must come before torch is loaded."""

import os

# Threads that spin while they wait slow each other down tenfold where cores are shared.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
