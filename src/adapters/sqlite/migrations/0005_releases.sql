-- Releases by generation, each with its whole specification: what a user asked for, and when.
DROP VIEW service_status;
CREATE TABLE releases_by_generation (
  workload        TEXT NOT NULL REFERENCES workloads (name) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  generation      INTEGER NOT NULL,
  role            TEXT NOT NULL CHECK (role IN ('current', 'next', 'earlier')),
  spec            TEXT NOT NULL,  -- A JSON object: the document of the request that deployed it.
  image_reference TEXT,  -- NULL: not built yet.
  image_archive   TEXT CHECK (image_archive IS NULL OR image_reference IS NOT NULL),
  deployed_at     INTEGER NOT NULL,
  deployed_by     TEXT NOT NULL,
  fault           TEXT NOT NULL,  -- Why it failed; empty: it has not.
  PRIMARY KEY (workload, generation)
) STRICT, WITHOUT ROWID;
INSERT INTO releases_by_generation
SELECT
  workload, generation, role,
  json_object('kind', kind, 'instances', instances, 'bundle', bundle, 'environment', json(environment),
    'resources', json_object('memory', memory_bytes, 'cpu', cpu_millis / 1000.0, 'pids', pids_max),
    'on_node_lost', on_node_lost),
  image_reference, image_archive, 0, '', ''
FROM releases;
DROP TABLE releases;
ALTER TABLE releases_by_generation RENAME TO releases;

-- The latest incident of the node's incarnation that became an event.
ALTER TABLE nodes ADD COLUMN incidents_seen INTEGER NOT NULL DEFAULT 0;

ALTER TABLE instances DROP COLUMN environment;
ALTER TABLE instances DROP COLUMN pids_max;
ALTER TABLE instances ADD COLUMN assignment_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE instances ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;  -- Ends and restarts by its own fault.
ALTER TABLE instances ADD COLUMN cannot_start INTEGER NOT NULL DEFAULT 0;
ALTER TABLE instances ADD COLUMN health TEXT NOT NULL DEFAULT 'unknown';
ALTER TABLE instances ADD COLUMN health_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE instances ADD COLUMN must_be_replaced INTEGER NOT NULL DEFAULT 0;

-- One row per copy that a workload has or should have; a workload that has none has one row all the same.
--
-- While a replacement is on its way there are two instances, but one row: that of the one which runs; if
-- neither or both do, of the replacement, unless that was told to stop. What is only staged has no row.
CREATE VIEW service_status (
  service, status, container_id, node_name, node_ip, updated_at, instance, kind, state, reason
) AS
WITH shown AS (
  SELECT * FROM instances AS i
  WHERE i.desired_state <> 'stage'
    AND (i.desired_state = 'run' OR i.state = 'running')
    AND NOT EXISTS (  -- A stand-in has taken its row.
      SELECT 1 FROM instances AS stand_in
      WHERE stand_in.replaces = i.id
        AND ((stand_in.desired_state = 'run' AND stand_in.state = 'running')
          OR (stand_in.desired_state <> 'stage' AND i.state <> 'running')))
    AND NOT EXISTS (  -- The one it stands in for keeps it.
      SELECT 1 FROM instances AS replaced
      WHERE replaced.id = i.replaces AND replaced.state = 'running'
        AND (i.state <> 'running' OR i.desired_state = 'stop'))
)
SELECT
  w.name,
  iif(i.state = 'running', 'ACTIVE', 'INACTIVE'),
  nullif(i.container, ''),
  i.node,
  n.address,
  strftime('%Y-%m-%dT%H:%M:%fZ', coalesce(i.changed_at, w.phase_changed_at) / 1000.0, 'unixepoch'),
  i.id,
  (SELECT json_extract(spec, '$.kind') FROM releases WHERE workload = w.name ORDER BY generation DESC LIMIT 1),
  coalesce(i.state, w.phase),
  coalesce(nullif(i.reason, ''), w.reason)
FROM workloads AS w
LEFT JOIN shown AS i ON i.workload = w.name
LEFT JOIN nodes AS n ON n.name = i.node
WHERE w.phase <> 'removed';  -- Of those only the numbers are kept.
