"""The tables of access: users, what lets them in, and what holds back those who guess."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from moderator.ledger.schema.columns import moment, words
from moderator.ledger.schema.tables import metadata


def _digest(name: str, *, primary_key: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False, primary_key=primary_key)


# `subject` is how the source knows the person: `issuer sub`, a userid, or the name itself.
# `managed`: the source says at each login what they may do.  No `departments`: no bound.
users = Table(
    "users",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    words("display"),
    Column("source", Text, nullable=False, server_default=text("'local'")),
    Column("subject", Text, nullable=False),
    Column("managed", Boolean, nullable=False, server_default=text("false")),
    words("password"),
    Column("roles", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("departments", ARRAY(Integer)),
    moment("created_at"),
    words("created_by"),
    moment("changed_at"),
    moment("disabled_at", nullable=True),
    moment("seen_at", nullable=True),
    UniqueConstraint("source", "subject"),
    CheckConstraint("source IN ('local', 'oidc', 'wecom')", name="source"),
)

# The cookie is a key to somebody's desk: only its digest is kept, and that of the one before it
# since `rotated_at`; `followed_at` is when the one of now was first shown.
sessions = Table(
    "sessions",
    metadata,
    _digest("digest", primary_key=True),
    Column("user_id", BigInteger, ForeignKey(users.c.id), nullable=False, index=True),
    moment("began_at"),
    moment("seen_at"),
    moment("ends_at"),
    words("address"),
    words("browser"),
    Column("previous", LargeBinary),
    moment("rotated_at", nullable=True),
    moment("followed_at", nullable=True),
    Index(None, "ends_at"),
    Index(None, "previous", postgresql_where=text("previous IS NOT NULL")),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("user_id", BigInteger, ForeignKey(users.c.id), nullable=False, index=True),
    words("label"),
    Column("rights", ARRAY(Text), nullable=False),
    moment("created_at"),
    moment("expires_at"),
    moment("used_at", nullable=True),
    moment("revoked_at", nullable=True),
    words("revoked_by"),
)

# A code that makes its bearer a user, or gives a user a new password; good once.
invitations = Table(
    "invitations",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("user_id", BigInteger, ForeignKey(users.c.id), index=True),
    Column("roles", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("departments", ARRAY(Integer)),
    words("note"),
    moment("created_at"),
    words("created_by"),
    moment("expires_at"),
    moment("used_at", nullable=True),
)

# `key` is a digest: people type passwords where names are asked for.  `told_until` is the end of
# the wait of which the audit log knows.
login_attempts = Table(
    "login_attempts",
    metadata,
    _digest("key", primary_key=True),
    Column("failures", Integer, nullable=False),
    moment("last_at"),
    moment("wait_until"),
    moment("told_until", nullable=True),
    Index(None, "last_at"),
)
