"""Self-hosted message moderation for companies on WeCom (企业微信)."""

__version__ = "0.1.0"
