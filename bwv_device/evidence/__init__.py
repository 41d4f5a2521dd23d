"""What makes footage believable: the journal, the store, the repair after a cut, the check."""
