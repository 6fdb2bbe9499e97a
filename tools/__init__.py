"""What developers of this repository run; no part of any distribution."""
