"""A ledger as a company has it after two years, made by PostgreSQL itself.

Sixty thousand people in a thousand teams, some of them far louder than the rest; three hundred
rules, a few of which hit most; more violations every month; grave ones judged soon and slight ones
mostly not at all; warnings that mostly arrived.  The same `SEED` makes the same ledger.
"""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final

CHUNK: Final = 100_000
PEOPLE: Final = 60_000
TEAMS: Final = 1_000
SPAN: Final = timedelta(days=730)
SEED: Final = 0.25

_FILLED: Final = ("violations", "actions", "decisions", "standings", "people", "departments")

# Departments: the company 1, ten divisions, a hundred departments, a thousand teams.
_DIMENSIONS: Final = f"""
CREATE TEMP TABLE made_teams AS
SELECT n, ARRAY[112 + n, 12 + n / 10, 2 + n / 100, 1] AS line,
       format('总部/事业部%s/部门%s/小组%s', n / 100, n / 10, n) AS path
  FROM generate_series(0, {TEAMS - 1}) AS n;

CREATE TEMP TABLE made_people AS
SELECT n, 'u' || lpad(n::text, 6, '0') AS userid,
       substr('赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨', 1 + n % 16, 1)
         || substr('伟芳娜秀敏静丽强磊军洋勇艳杰娟涛明超', 1 + n / 16 % 18, 1)
         || substr('一二三四五六七八九十', 1 + n / 288 % 10, 1) AS name,
       floor({TEAMS} * power(random(), 1.7))::int AS team
  FROM generate_series(0, {PEOPLE - 1}) AS n;

CREATE TEMP TABLE made_rules AS
SELECT n, 'rule-' || lpad(n::text, 3, '0') AS rule,
       (ARRAY['advertising', 'abuse', 'gambling', 'personal_data', 'credential', 'politics',
              'pornography', 'fraud', 'leak', 'off_platform'])[1 + n % 10] AS category,
       (CASE WHEN n % 23 = 22 THEN 4 WHEN n % 7 = 6 THEN 3 WHEN n % 2 = 1 THEN 2 ELSE 1 END)::int2
         AS severity
  FROM generate_series(0, 299) AS n;

INSERT INTO departments (corp, id, name, parent)
VALUES ('made', 1, '总部', 0);
INSERT INTO departments (corp, id, name, parent)
SELECT 'made', 2 + n, '事业部' || n, 1 FROM generate_series(0, 9) AS n
UNION ALL SELECT 'made', 12 + n, '部门' || n, 2 + n / 10 FROM generate_series(0, 99) AS n
UNION ALL SELECT 'made', 112 + n, '小组' || n, 12 + n / 10 FROM generate_series(0, 999) AS n;

INSERT INTO people (corp, userid, name, departments)
SELECT 'made', userid, name, ARRAY[112 + team] FROM made_people;
"""

_VIOLATIONS: Final = """
WITH drawn AS (
  SELECT i,
         floor(60000 * power(random(), 2))::int AS person,
         floor(300 * power(random(), 2.5))::int AS rule_n,
         CASE WHEN random() < 0.12 THEN floor(300 * random())::int END AS other_n,
         CASE WHEN random() < 0.35 THEN '' ELSE
           'wrOgMadeUpChat' || lpad(floor(30000 * power(random(), 2.5))::text, 6, '0') END AS chat,
         (ARRAY['chat', 'desk', 'archive', 'kf'])[1 + floor(4 * power(random(), 2.2))::int] AS app,
         $3::timestamptz + $4::interval * power(i / $5::float8, 0.75) AS t,
         random() AS late, random() AS judging, random() AS verdict, random() AS whose,
         exp(1.4 * (random() + random() + random() - 1.5) * 2) AS hours,
         CASE WHEN random() < 0.08 THEN floor(200000 * power(random(), 3))::int END AS secret
    FROM generate_series($1::int, $2::int) AS i
  OFFSET 0
), timed AS (
  -- Between nine in the morning and seven in the evening, in China.
  SELECT drawn.*, date_trunc('day', t, 'UTC') + interval '1 hour'
                  + 10.0 / 24 * (t - date_trunc('day', t, 'UTC')) AS sent_at
    FROM drawn
), dated AS (
  SELECT timed.*,
         sent_at + CASE WHEN late < 0.002 THEN late * 3000 ELSE late * 2 / 3600 END
                   * interval '1 hour' AS recorded_at,
         extract(epoch FROM $3::timestamptz + $4::interval - sent_at) / 86400 AS age
    FROM timed
), known AS (
  SELECT dated.*, r.rule, r.category, r.severity, o.rule AS other, p.userid, p.name, s.line, s.path,
         judging < CASE WHEN r.severity >= 3 THEN least(0.97, age / 5)
                        WHEN r.severity = 2 THEN least(0.75, age / 10)
                        ELSE least(0.35, age / 20) END AS judged,
         'reviewer-' || (dated.person % 20) AS reviewer
    FROM dated
    JOIN made_rules r ON r.n = dated.rule_n
    JOIN made_people p ON p.n = dated.person
    JOIN made_teams s ON s.n = p.team
    LEFT JOIN made_rules o ON o.n = dated.other_n
)
INSERT INTO violations (
  message_key, corp, app, source, sender, sender_name, sender_department, sender_departments,
  identified_at, message_id, kind, chat, sent_at, recorded_at, category, severity, rule, rules,
  fingerprints, hits, rulebook, policy, offence, step, clauses, evidence, evidence_key,
  evidence_expires_at, status, version, judged_by, judged_at, judgement, assignee)
SELECT md5(i::text) || md5((i + 1)::text), 'made', app, 'callback', userid, name, path, line,
       recorded_at, '7000000' || i, 'text', chat, sent_at, recorded_at, category, severity, rule,
       CASE WHEN other IS NULL OR other = rule THEN ARRAY[rule] ELSE ARRAY[rule, other] END,
       CASE WHEN secret IS NULL THEN '{}' ELSE ARRAY[md5(secret::text) || md5(secret::text)] END,
       jsonb_build_array(jsonb_build_object(
         'rule', rule, 'version', substr(md5(rule), 1, 12), 'category', category,
         'severity', severity, 'field', 'Content', 'start', 4, 'end', 9,
         'layers', jsonb_build_array('traditional'), 'verified', NULL, 'masked', false)),
       md5('book'), md5('policy'), 1 + i % 4, 'ladder/' || (1 + i % 4),
       jsonb_build_array(jsonb_build_object(
         'id', 's' || (1 + rule_n % 40), 'document', '员工手册', 'version', '2024',
         'number', format('第%s条', 1 + rule_n % 40),
         'text', '员工在工作群内发布与工作无关的广告、代办、博彩等信息的，'
           || '给予书面警告一次，半年内再犯的记过一次。')),
       CASE WHEN age < 180 THEN decode(repeat(md5(i::text), 12 + i % 9), 'hex') END, 'k1',
       sent_at + interval '180 days',
       CASE WHEN NOT judged OR recorded_at + hours * interval '2 hours' > $3::timestamptz + $4
            THEN 'open'
            WHEN verdict < 0.08 + rule_n % 9 * 0.05 THEN 'dismissed' ELSE 'confirmed' END,
       CASE WHEN judged THEN 2 ELSE 1 END,
       CASE WHEN judged THEN reviewer ELSE '' END,
       CASE WHEN judged THEN recorded_at + hours * interval '2 hours' END,
       '',
       CASE WHEN judged OR whose < 0.08 THEN reviewer ELSE '' END
  FROM known ORDER BY i
"""

_ACTIONS: Final = """
INSERT INTO actions (violation_id, corp, sender, kind, state, reason, attempts, created_at,
                     queued_at, due_at, updated_at, outcome, history)
SELECT id, corp, sender, kind,
       CASE WHEN status = 'dismissed' AND draw < 0.3 THEN 'cancelled'
            WHEN kind = 'remove_from_group' THEN
              CASE WHEN status = 'open' THEN 'proposed' WHEN draw < 0.8 THEN 'accepted'
                   ELSE 'unsupported' END
            WHEN recorded_at > $3::timestamptz - interval '2 minutes' THEN 'queued'
            WHEN draw < 0.975 THEN 'accepted' WHEN draw < 0.985 THEN 'complied'
            WHEN draw < 0.995 THEN 'failed' ELSE 'expired' END,
       step, 1, recorded_at, recorded_at, recorded_at, recorded_at, '',
       jsonb_build_array(jsonb_build_object(
         'at', recorded_at, 'state', 'accepted', 'outcome', '', 'errcode', 0, 'by', ''))
  FROM (
    SELECT id, corp, sender, status, recorded_at, step, called.kind, random() AS draw
      FROM violations CROSS JOIN LATERAL unnest(
        CASE WHEN id % 5 > 0 THEN ARRAY['warn_sender'] ELSE ARRAY[]::text[] END
        || CASE WHEN severity >= 3 THEN ARRAY['notify_compliance'] ELSE ARRAY[]::text[] END
        || CASE WHEN severity = 4 AND chat <> '' THEN ARRAY['remove_from_group']
                ELSE ARRAY[]::text[] END) AS called(kind)
     WHERE id BETWEEN $1 AND $2
     ORDER BY id
  ) AS called_for
"""

_DECISIONS: Final = """
INSERT INTO decisions (violation_id, version, kind, at, actor, reason)
SELECT id, 2, status, judged_at, judged_by,
       CASE status WHEN 'dismissed'
         THEN (ARRAY['误报：内部产品名称', '误报：引用客户原话', '误报：正常业务沟通',
                     '演练', '已口头说明'])[1 + id % 5]
         ELSE (ARRAY['', '属实', '属实，本人已确认', '再犯', '请部门负责人约谈'])[1 + id % 5] END
       || CASE WHEN id % 97 = 0 THEN ' 工单' || id ELSE '' END
  FROM violations WHERE id BETWEEN $1 AND $2 AND status <> 'open' ORDER BY id
"""

_STANDINGS: Final = """
INSERT INTO standings (corp, sender, strikes, updated_at)
SELECT corp, sender,
       coalesce(jsonb_agg(jsonb_build_object('violation', id::text, 'category', category,
         'severity', severity, 'at', sent_at) ORDER BY id)
         FILTER (WHERE place <= 20 AND status <> 'dismissed'), '[]'),
       max(recorded_at)
  FROM (SELECT *, row_number() OVER (PARTITION BY sender ORDER BY id DESC) AS place
          FROM (SELECT id, corp, sender, category, severity, sent_at, recorded_at, status
                  FROM violations WHERE sent_at > $1::timestamptz - interval '60 days') AS late
       ) AS numbered
 GROUP BY corp, sender
"""

_BLAMELESS: Final = """
INSERT INTO standings (corp, sender) SELECT DISTINCT corp, sender FROM violations
ON CONFLICT DO NOTHING
"""

_INDEXES: Final = """
SELECT indexname AS name, indexdef AS definition FROM pg_indexes
 WHERE tablename = ANY($1) AND NOT EXISTS (
   SELECT FROM pg_constraint WHERE conindid = indexname::regclass)
"""


async def fill(connection: Any, count: int, until: datetime, told: Callable[[str], None]) -> None:
    """Make `count` violations, the last of them sent at `until`, and what belongs to them."""
    began = time.monotonic()
    for statement in (
        "session_replication_role = replica",
        "synchronous_commit = off",
        "jit = off",
    ):
        await connection.execute(f"SET {statement}")
    await connection.execute("SET maintenance_work_mem = '1GB'")
    await connection.execute("SET work_mem = '256MB'")
    await connection.execute(f"SELECT setseed({SEED})")
    await connection.execute(_DIMENSIONS)
    indexes = await connection.fetch(_INDEXES, list(_FILLED))
    for index in indexes:
        await connection.execute(f"DROP INDEX {index['name']}")
    for first, last in _chunks(count):
        await connection.execute(
            _VIOLATIONS, *(first, last, until - SPAN, SPAN, count), timeout=None
        )
        told(f"{time.monotonic() - began:7.0f} s  {last:9,} violations")
    for name, statement in (("actions", _ACTIONS), ("decisions", _DECISIONS)):
        for first, last in _chunks(count):
            extra = [until] if name == "actions" else []
            await connection.execute(statement, first, last, *extra, timeout=None)
        told(f"{time.monotonic() - began:7.0f} s  {name}")
    await connection.execute(_STANDINGS, until, timeout=None)
    await connection.execute(_BLAMELESS, timeout=None)
    for index in indexes:
        await connection.execute(index["definition"], timeout=None)
        told(f"{time.monotonic() - began:7.0f} s  {index['name']}")
    for table in _FILLED:
        await connection.execute(f"VACUUM (ANALYZE) {table}", timeout=None)
    told(f"{time.monotonic() - began:7.0f} s  vacuumed")


def _chunks(count: int) -> Iterator[tuple[int, int]]:
    for first in range(1, count + 1, CHUNK):
        yield first, min(first + CHUNK - 1, count)
