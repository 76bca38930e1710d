"""What may be asked of WeCom now, agreed between all processes."""
