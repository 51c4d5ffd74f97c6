-- For people and programs that read the database. Their columns are stable: new ones are added at the end.

-- One row per copy that a workload has or should have; a workload that has none has one row all the same.
--
-- While a replacement is on its way there are two instances, but one row: that of the one which runs; if
-- neither or both do, of the replacement, unless that was told to stop. What is only staged has no row.
CREATE VIEW service_status (
  service, status, container_id, node_name, node_ip, updated_at, instance, kind, state, reason
) AS
WITH shown AS (
  SELECT * FROM instances AS i
  WHERE i.desire <> 'stage'
    AND (i.desire = 'run' OR i.state = 'running')
    AND NOT EXISTS (  -- A stand-in has taken its row.
      SELECT 1 FROM instances AS stand_in
      WHERE stand_in.replaces = i.id
        AND ((stand_in.desire = 'run' AND stand_in.state = 'running')
          OR (stand_in.desire <> 'stage' AND i.state <> 'running')))
    AND NOT EXISTS (  -- The one it stands in for keeps it.
      SELECT 1 FROM instances AS replaced
      WHERE replaced.id = i.replaces AND replaced.state = 'running'
        AND (i.state <> 'running' OR i.desire = 'stop'))
)
SELECT
  w.name,
  iif(i.state = 'running', 'ACTIVE', 'INACTIVE'),
  nullif(i.container, ''),
  i.node,
  n.address,
  strftime('%Y-%m-%dT%H:%M:%fZ', coalesce(i.changed_at, w.phase_changed_at) / 1000.0, 'unixepoch'),
  i.id,
  (SELECT kind FROM releases WHERE workload = w.name ORDER BY role DESC LIMIT 1),
  coalesce(i.state, w.phase),
  coalesce(nullif(i.reason, ''), w.reason)
FROM workloads AS w
LEFT JOIN shown AS i ON i.workload = w.name
LEFT JOIN nodes AS n ON n.name = i.node
WHERE w.phase <> 'removed';  -- Of those only the numbers are kept.

-- A suspect node still counts as ACTIVE: nothing has moved off it yet.
CREATE VIEW node_status (node_name, display_name, status, state, node_ip, evidence, updated_at) AS
SELECT
  name,
  display_name,
  iif(state IN ('live', 'suspect'), 'ACTIVE', 'INACTIVE'),
  state,
  address,
  evidence,
  strftime('%Y-%m-%dT%H:%M:%fZ', changed_at / 1000.0, 'unixepoch')
FROM nodes;
