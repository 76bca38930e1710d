"""What people wrote: sealed, shown for a reason, kept and erased in time, handed out with proof."""
