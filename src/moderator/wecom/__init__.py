"""WeCom as the service meets it: sealed callbacks in, API calls out (`wecom.md`)."""
