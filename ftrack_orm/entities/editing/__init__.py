"""What setting, appending and clearing do: edits are checked, remembered with what they replace, and taken back."""
