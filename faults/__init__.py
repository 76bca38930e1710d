"""The fault suite: real processes, real PostgreSQL, a stand-in WeCom, and what must hold anyway."""
