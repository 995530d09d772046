"""Pure decisions of loyalty: what is earned, which lots pay, what expires, what is taken back."""
