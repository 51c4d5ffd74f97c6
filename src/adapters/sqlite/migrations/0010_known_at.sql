-- When the manager last wrote here; it does so every minute at least.
ALTER TABLE meta ADD COLUMN alive_at INTEGER;
-- Until when the node's state and that of its instances is known. NULL: up to what the manager sees.
ALTER TABLE nodes ADD COLUMN known_at INTEGER;
UPDATE nodes SET known_at = changed_at WHERE state NOT IN ('awaited', 'live');

-- Until when the manager knows: by itself (running_ms), and over the bus (seeing_ms).
CREATE VIEW manager_sight (running_ms, seeing_ms) AS
SELECT running_ms, min(running_ms, coalesce(
  (SELECT iif(state = 'blind', at, NULL) FROM history WHERE workload IS NULL ORDER BY seq DESC LIMIT 1), running_ms))
FROM (
  SELECT iif(alive_at < now_ms - 120000, alive_at, now_ms) AS running_ms
  FROM meta, (SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) AS now_ms));

DROP VIEW node_status;
-- A suspect node still counts as ACTIVE: nothing has moved off it yet.
CREATE VIEW node_status (
  node_name, display_name, status, state, node_ip, evidence, updated_at, known_at
) AS
SELECT
  name,
  display_name,
  iif(state IN ('live', 'suspect'), 'ACTIVE', 'INACTIVE'),
  state,
  address,
  evidence,
  strftime('%Y-%m-%dT%H:%M:%fZ', changed_at / 1000.0, 'unixepoch'),
  strftime('%Y-%m-%dT%H:%M:%fZ', CASE
    WHEN state = 'awaited' THEN NULL
    WHEN known_at IS NOT NULL THEN known_at
    WHEN state = 'unreachable' THEN running_ms
    ELSE seeing_ms END / 1000.0, 'unixepoch')
FROM nodes, manager_sight;

-- One row per instance, with its state and its health in one word.
CREATE VIEW instance_status (
  instance, workload, state, generation, node_name, node_ip, container_id, restarts, reason, health_reason, changed_at,
  known_at
) AS
SELECT
  i.id,
  i.workload,
  CASE i.state
    WHEN 'running' THEN iif(i.health = 'unknown', 'running', i.health)
    WHEN 'backoff' THEN 'backing_off'
    WHEN 'lost' THEN 'unknown'
    ELSE i.state END,
  i.generation,
  i.node,
  n.node_ip,
  nullif(i.container, ''),
  i.restarts,
  i.reason,
  i.health_reason,
  strftime('%Y-%m-%dT%H:%M:%fZ', i.changed_at / 1000.0, 'unixepoch'),
  iif(i.node IS NULL, strftime('%Y-%m-%dT%H:%M:%fZ', running_ms / 1000.0, 'unixepoch'), n.known_at)
FROM instances AS i
LEFT JOIN node_status AS n ON n.node_name = i.node
CROSS JOIN manager_sight;

DROP VIEW service_status;
-- One row per instance that a workload has or should have; a workload that has none has one row all the same.
--
-- While an instance is being replaced there are two instances, but one row: that of the one which runs; if
-- neither or both do, of the replacement, unless that is to stop. What is only staged has no row.
CREATE VIEW service_status (
  service, status, container_id, node_name, node_ip, updated_at, instance, kind, state, reason, known_at
) AS
WITH shown AS (
  SELECT * FROM instances AS i
  WHERE i.desired_state <> 'stage'
    AND (i.desired_state = 'run' OR i.state = 'running')
    AND NOT EXISTS (  -- A replacement has taken its row.
      SELECT 1 FROM instances AS other
      WHERE other.replaces = i.id
        AND ((other.desired_state = 'run' AND other.state = 'running')
          OR (other.desired_state <> 'stage' AND i.state <> 'running')))
    AND NOT EXISTS (  -- The one that it replaces keeps it.
      SELECT 1 FROM instances AS replaced
      WHERE replaced.id = i.replaces AND replaced.state = 'running'
        AND (i.state <> 'running' OR i.desired_state = 'stop'))
)
SELECT
  w.name,
  iif(i.state = 'running', 'ACTIVE', 'INACTIVE'),
  nullif(i.container, ''),
  i.node,
  n.node_ip,
  strftime('%Y-%m-%dT%H:%M:%fZ', coalesce(i.changed_at, w.phase_changed_at) / 1000.0, 'unixepoch'),
  i.id,
  (SELECT json_extract(spec, '$.kind') FROM releases WHERE workload = w.name ORDER BY generation DESC LIMIT 1),
  coalesce(i.state, w.phase),
  coalesce(nullif(i.reason, ''), w.reason),
  iif(i.node IS NULL, strftime('%Y-%m-%dT%H:%M:%fZ', running_ms / 1000.0, 'unixepoch'), n.known_at)
FROM workloads AS w
LEFT JOIN shown AS i ON i.workload = w.name
LEFT JOIN node_status AS n ON n.node_name = i.node
CROSS JOIN manager_sight
WHERE w.phase <> 'removed';  -- Of those only the numbers are kept.
