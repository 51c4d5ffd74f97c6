-- What has become of workloads, of their instances and of the manager: each row holds until the next one of the
-- same subject. Bounded in age and number (adapters/sqlite/history_table.h).
CREATE TABLE history (
  seq        INTEGER PRIMARY KEY,
  workload   TEXT,  -- NULL: the manager itself.
  instance   TEXT,  -- NULL: the workload as a whole.
  at         INTEGER NOT NULL,
  state      TEXT NOT NULL,
  cause      TEXT NOT NULL,
  node       TEXT,
  container  TEXT NOT NULL,
  generation INTEGER NOT NULL
) STRICT;
CREATE INDEX history_by_workload ON history (workload, seq);

-- How things stand when the history begins.
INSERT INTO history (workload, instance, at, state, cause, node, container, generation)
SELECT i.workload, i.id, i.changed_at,
  CASE i.state
    WHEN 'running' THEN iif(i.health = 'unknown', 'running', i.health)
    WHEN 'backoff' THEN 'backing_off'
    WHEN 'lost' THEN 'unknown'
    ELSE i.state END,
  '', i.node, i.container, i.generation
FROM instances AS i;
INSERT INTO history (workload, instance, at, state, cause, node, container, generation)
SELECT name, NULL, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER),
  CASE WHEN wanted = 0 THEN 'unwanted' WHEN ready >= wanted THEN 'available' WHEN ready > 0 THEN 'reduced'
    ELSE 'unavailable' END,
  'its history begins', NULL, '', 0
FROM (
  SELECT w.name,
    iif(w.phase IN ('stopped', 'removing', 'removed'), 0, coalesce(
      (SELECT json_extract(spec, '$.instances') FROM releases WHERE workload = w.name AND role = 'current'), 0)) AS wanted,
    (SELECT count(*) FROM instances AS i WHERE i.workload = w.name
      AND (i.state = 'completed' OR i.state = 'running' AND i.health IN ('ready', 'unknown'))) AS ready
  FROM workloads AS w)
WHERE wanted > 0;
